// A form that saves itself, asks the server what to show next, and shows how far a file is.
// Without this every page is saved when it is sent, by the same address.
import { prepareAddresses } from "./addresses.js";
import { preparePlaces } from "./places.js";
import { Refused, sendFile } from "./resumable.js";

const TYPING = 1200; // ms of rest before what was typed is saved
const form = document.querySelector("[data-draft]");
const controls = form.querySelector("[data-controls]");
const said = document.getElementById("saved");
const address = form.getAttribute("action"); // its buttons are called "action", too
let timer = 0;
let dirty = false;
let turn = Promise.resolve();
let uploading = Promise.resolve();
let busy = 0; // uploads under way

const field = (root, name) => root.querySelector(`[data-field="${CSS.escape(name)}"]`);
const nameOf = (element) => element.closest("[data-field]")?.dataset.field;

function texts(action) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  data.set("action", action);
  return data;
}

function save(action = "refresh", keepalive = false) {
  clearTimeout(timer);
  dirty = false;
  const before = said.textContent;
  turn = turn.then(async () => {
    said.textContent = said.dataset.saving;
    try {
      const answer = await fetch(address, { method: "POST", body: texts(action), keepalive });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      return merge(await answer.text());
    } catch {
      dirty = true;
      said.textContent = said.dataset.failed || before;
      return null;
    }
  });
  return turn;
}

// The server says which fields there are; what is on the page already is left as it is.
function merge(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const wanted = [...page.querySelectorAll("[data-controls] > [data-field]")];
  const names = new Set(wanted.map((one) => one.dataset.field));
  for (const one of [...controls.children]) if (!names.has(one.dataset.field)) one.remove();
  let last = null;
  for (const one of wanted) {
    let here = field(controls, one.dataset.field);
    if (!here) {
      here = document.importNode(one, true);
      here.classList.add("pf-new");
      last ? last.after(here) : controls.prepend(here);
    } else if (one.matches(".pf-computed, .pf-explanation, .pf-heading")) {
      if (here.innerHTML !== one.innerHTML) here.replaceChildren(...one.childNodes);
    }
    last = here;
  }
  form.elements.shown.value = page.querySelector("[name=shown]")?.value ?? form.elements.shown.value;
  said.textContent = page.getElementById("saved")?.textContent ?? said.textContent;
  const steps = page.querySelector(".form-steps");
  if (steps) document.querySelector(".form-steps")?.replaceWith(steps);
  prepare(controls);
  return page;
}

function renew(page, name) {
  const fresh = page && field(page, name);
  if (!fresh) return null;
  const here = document.importNode(fresh, true);
  field(controls, name).replaceWith(here);
  prepare(here);
  return here;
}

async function change(button) {
  const name = nameOf(button);
  const here = renew(await save(button.value), name);
  if (!here) return;
  const rows = here.querySelectorAll(".row");
  const target = button.value.startsWith("more:") ? rows[rows.length - 1] : here;
  target?.querySelector("input, select, textarea, button")?.focus();
}

async function upload(input, files) {
  const name = nameOf(input);
  const shown = field(controls, name).querySelector(".upload-progress");
  const stop = new AbortController();
  const problems = [];
  shown.hidden = false;
  input.hidden = true;
  shown.querySelector("button").onclick = () => stop.abort();
  for (const file of files) {
    shown.querySelector("[data-name]").textContent = file.name;
    const told = (share) => (shown.querySelector("progress").value = 100 * share);
    try {
      await sendFile(file, { address: form.dataset.uploads, field: name, told, signal: stop.signal });
    } catch (problem) {
      if (stop.signal.aborted) break;
      if (!(problem instanceof Refused)) {
        shown.hidden = true;
        input.hidden = false; // the file stays chosen, and goes with the page
        said.textContent = said.dataset.failed;
        return;
      }
      problems.push(problem.message);
    }
  }
  const here = renew(await save(), name);
  complain(here, name, problems);
  here?.querySelector("input[type=file], .files button")?.focus();
}

function complain(here, name, problems) {
  for (const words of problems) {
    const told = document.createElement("p");
    told.className = "error";
    told.setAttribute("role", "alert");
    told.textContent = words;
    here?.querySelector("input[type=file], .files")?.before(told);
  }
}

function prepare(root) {
  preparePlaces(root);
  prepareAddresses(root);
  // A desktop's browser would open the same dialogue twice.
  if (matchMedia("(pointer: coarse)").matches)
    for (const one of root.querySelectorAll("[data-camera]")) one.hidden = false;
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(save, TYPING);
});
form.addEventListener("change", (event) => {
  if (event.target.type === "file") {
    const { into } = event.target.dataset; // the camera puts its photo where files go
    uploading = uploading.then(() => upload(into ? document.getElementById(into) : event.target, [...event.target.files]));
    busy += 1;
    uploading.finally(() => (busy -= 1));
    return;
  }
  if (event.target.matches("input:not([type=radio], [type=checkbox], [type=date]), textarea")) return;
  clearTimeout(timer);
  timer = setTimeout(save, 50);
});
form.addEventListener("submit", (event) => {
  clearTimeout(timer);
  dirty = false; // it goes along
  if (busy) { // what is on its way arrives first
    event.preventDefault();
    const { submitter } = event;
    uploading.then(() => (submitter?.isConnected ? form.requestSubmit(submitter) : form.requestSubmit()));
    return;
  }
  if (/^(more|less|remove|share|revoke):/.test(event.submitter?.value ?? "")) {
    event.preventDefault();
    change(event.submitter);
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && dirty) save("refresh", true);
});
prepare(controls);

// What was answered before this was loaded.
const isNew = (one) =>
  one.matches("[type=radio], [type=checkbox]") ? one.checked !== one.defaultChecked
  : one.matches("select") ? one.value !== ([...one.options].find((option) => option.defaultSelected) ?? one.options[0]).value
  : one.matches("[type=file]") ? false
  : one.matches("input, textarea") && one.value !== one.defaultValue;
if ([...form.elements].some(isNew)) save();
for (const one of controls.querySelectorAll("[type=file]")) if (one.files.length) one.dispatchEvent(new Event("change", { bubbles: true }));
