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
  const height = frame.contentDocument?.documentElement?.scrollHeight;
  if (height) frame.height = Math.min(height + 2, 1600);
}
