// Passkeys: the browser is asked, and its answer goes with the form. Without this the form is hidden.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

function decoded(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials])
    for (const one of list ?? []) one.id = bytes(one.id);
  return options;
}

function encoded(credential) {
  const { response } = credential;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name]) told[name] = text(response[name]);
  if (response.getTransports) told.transports = response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: told,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function ask(form) {
  const token = form.querySelector("[name=csrf]").value;
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { "x-csrf-token": token, accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  const publicKey = decoded(await answer.json());
  form.elements.answer.value = encoded(await navigator.credentials[form.dataset.passkey]({ publicKey }));
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const failed = form.querySelector("[data-failed]");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      failed.hidden = true;
      // What went wrong is the person's own affair: they closed the window, or have no passkey here.
      ask(form).catch(() => (failed.hidden = false));
    });
  }
  for (const hint of document.querySelectorAll("[data-no-passkeys]")) hint.hidden = true;
}
