// A form with files shows how far it is; without this it is sent as any other.
export function enableUploads(root) {
  for (const form of root.querySelectorAll("form[data-upload]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
}

function send(form) {
  const shown = form.querySelector(".upload-progress");
  const failed = form.querySelector(".upload-failed");
  const button = form.querySelector("button:not([type=button])");
  const request = new XMLHttpRequest();
  const waits = (is) => {
    shown.hidden = !is;
    button.disabled = is;
  };
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (sent) => {
    if (sent.lengthComputable) shown.querySelector("progress").value = (100 * sent.loaded) / sent.total;
  });
  request.addEventListener("load", () => {
    // The answer is the whole page: what was taken, and what was not.
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = answer.querySelector("main");
    document.querySelector("main").replaceWith(main);
    enableUploads(main);
    const told = main.querySelector(".error-summary, .notice");
    told?.setAttribute("tabindex", "-1");
    told?.focus();
  });
  request.addEventListener("error", () => {
    waits(false);
    failed.hidden = false;
  });
  failed.hidden = true;
  waits(true);
  request.send(new FormData(form));
}
