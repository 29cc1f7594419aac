// Addresses that complete while they are typed, where the town has a geocoder.
const REST = 300; // ms of rest before it is asked
const address = document.querySelector("[data-draft]").dataset.addresses;

function suggest(input) {
  const box = input.parentElement.querySelector("[data-suggested]");
  const list = box.querySelector("ul");
  const said = box.querySelector("[data-said]");
  let timer = 0;
  let asked = 0;

  const close = () => {
    box.hidden = true;
    list.replaceChildren();
  };
  const choose = (found) => {
    fill(input, found);
    close();
    input.focus();
  };
  const ask = async () => {
    const mine = ++asked;
    const answer = await fetch(`${address}?q=${encodeURIComponent(input.value)}`).catch(() => null);
    const all = answer?.ok ? await answer.json() : null;
    if (mine !== asked || !all || document.activeElement !== input) return;
    list.replaceChildren(...all.map((found) => line(found, choose)));
    said.textContent = all.length ? said.dataset.said.replace("#", all.length) : said.dataset.none;
    box.hidden = false;
  };
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isTrusted) return; // what was chosen is not looked for again
    if (input.value.trim().length < 3) return close();
    timer = setTimeout(ask, REST);
  });
  input.parentElement.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !box.hidden) {
      close();
      input.focus();
    }
  });
  input.parentElement.addEventListener("focusout", (event) => {
    if (!input.parentElement.contains(event.relatedTarget)) close();
  });
}

function line(found, choose) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = found.label;
  button.addEventListener("click", () => choose(found));
  item.append(button);
  return item;
}

// Of an address its parts, of a position where it is.
function fill(input, found) {
  const stem = input.name.slice(0, input.name.lastIndexOf("-"));
  const parts = input.name.endsWith("-street")
    ? { street: found.street || found.label, postcode: found.postcode, city: found.city }
    : { address: found.label, lat: String(found.lat), lon: String(found.lon) };
  for (const [name, words] of Object.entries(parts)) {
    const one = document.getElementsByName(`${stem}-${name}`)[0];
    one.value = words;
    one.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

export function prepareAddresses(root) {
  if (!address) return;
  for (const input of root.querySelectorAll("[data-suggests]")) {
    if (input.dataset.ready) continue;
    input.dataset.ready = "yes";
    input.setAttribute("autocomplete", "off"); // the browser's own list would lie over ours
    suggest(input);
  }
}
