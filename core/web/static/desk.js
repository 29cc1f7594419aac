// The desk works without this; it adds actions in place, live lists and the keyboard.
import { enableCopy, listenForCopy } from "./copy.js";
import { fitFrames } from "./frames.js";
import { listenForKeys } from "./keys.js";
import { listenForChanges } from "./live.js";
import { enableSegments } from "./segments.js";
import { enableUploads } from "./upload.js";

function enhance() {
  enableCopy(document);
  fitFrames(document);
  enableSegments(document);
}

enhance();
enableUploads(document);
listenForCopy();
listenForKeys();
listenForChanges(document.body.dataset.events);

document.body.addEventListener("htmx:afterSettle", (event) => {
  enhance();
  // A card that was closed took the focus with it.
  if (event.detail.target.id === "call-cards" && event.detail.requestConfig.verb === "post") {
    document.getElementById("page").focus({ preventScroll: true });
  }
  if (event.detail.target.id === "page") document.querySelector(".error-summary")?.focus();
});
