// The portal works without this; it adds copying, printing and one sending of each form.
import { enableCopy, listenForCopy } from "./copy.js";

enableCopy(document);
listenForCopy();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const form of document.querySelectorAll("form[data-once]")) {
  const buttons = form.querySelectorAll("button:not([type=button])");
  const disable = (is) => buttons.forEach((button) => (button.disabled = is));
  form.addEventListener("submit", () => setTimeout(() => disable(true)));
  // A page that comes back from the browser's memory may be sent again.
  window.addEventListener("pageshow", () => disable(false));
}

document.querySelector(".error-summary")?.focus();
