// Single-key shortcuts, which can be turned off (WCAG 2.1, 2.1.4) in the help that "?" opens.

const OFF = "guichet.keys-off";

export function listenForKeys() {
  const help = document.getElementById("keys");
  const opener = document.getElementById("open-keys");
  const enabled = document.getElementById("keys-on");
  if (!help) return;
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
  enabled.checked = !localStorage.getItem(OFF);
  enabled.addEventListener("change", () => {
    if (enabled.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
  const actions = {
    j: () => step(1),
    k: () => step(-1),
    r: () => focus("reply-text"),
    n: () => focus("note-text"),
    u: () => document.getElementById("back")?.click(),
    "/": () => focus("q"),
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (!enabled.checked || help.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function focus(id) {
  document.getElementById(id)?.focus();
}

function step(by) {
  const links = [...document.querySelectorAll(".case-link")];
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by;
  links[next]?.focus();
}
