// Buttons that copy: <button data-copy="id of what to copy" data-done="Copied" hidden>.

export function enableCopy(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

export function listenForCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const text = button.querySelector("span:not(.visually-hidden)");
    if (text) text.textContent = button.dataset.done;
    else button.setAttribute("aria-label", button.dataset.done);
  });
}
