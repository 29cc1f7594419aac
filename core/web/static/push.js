// "Tell me on this device": the browser is asked for an address at its push service, which goes with the form.
const WORKER = "/push-worker.js";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

async function digest(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function subscribe(form) {
  // Asked first, while the click still counts as the person's own act.
  if ((await Notification.requestPermission()) !== "granted") throw new Error("not permitted");
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  const key = bytes(form.dataset.push);
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const told = await pushManager.subscribe(options).catch(async () => {
    // The town had another key once.
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(options);
  });
  const { endpoint, keys } = told.toJSON();
  form.elements.endpoint.value = endpoint;
  form.elements.p256dh.value = keys.p256dh;
  form.elements.auth.value = keys.auth;
  form.submit();
}

// The line of this very browser in the list, when it is one of those that are told.
async function here(list) {
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  const subscription = await registration?.pushManager.getSubscription();
  if (!subscription) return null;
  const line = list?.querySelector(`[data-device="${await digest(subscription.endpoint)}"]`);
  line?.querySelector("form").addEventListener("submit", () => subscription.unsubscribe());
  return line;
}

if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
  for (const form of document.querySelectorAll("form[data-push]")) {
    const failed = form.querySelector("[data-failed]");
    const button = form.querySelector("button");
    const mine = await here(document.querySelector("[data-devices]"));
    form.hidden = Boolean(mine);
    if (mine) mine.querySelector("[data-this]").hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      failed.hidden = true;
      button.disabled = true;
      subscribe(form).catch(() => {
        button.disabled = false;
        failed.hidden = false;
      });
    });
  }
}
