// A citizen's HTML runs no script, so its frame cannot say how high it is: we look.

export function fitFrames(root) {
  for (const frame of root.querySelectorAll(".mail-frame:not([data-fits])")) {
    frame.dataset.fits = "";
    frame.addEventListener("load", () => fit(frame));
    frame.closest("details")?.addEventListener("toggle", () => fit(frame));
    fit(frame);
  }
}

function fit(frame) {
  const body = frame.contentDocument?.body;
  const height = body?.getBoundingClientRect().height;
  if (!height) return;
  const margins = parseFloat(getComputedStyle(body).marginTop) * 2;
  frame.style.height = `${Math.min(height + margins + 4, 1600)}px`;
}
