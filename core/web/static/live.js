// Live updates (server-sent events): the list fetches itself again, a case says that it changed.
// A browser allows few connections to one host, so a hidden tab lets its own go.

const PAUSE = 300; // milliseconds between two refreshes of the list
const RECONNECT = 5000; // milliseconds, when the server has hung up for good

const AFTERWARDS = 185_000; // milliseconds

let source = null;
let due = null;
let last = 0;
let known = new Set();

export function listenForChanges(url) {
  if (!url || !window.EventSource) return;
  known = references();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) disconnect();
    else connect(url);
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "cases") known = references();
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig.elt.id === "cases") announce();
  });
  if (!document.hidden) connect(url);
}

function connect(url) {
  if (source) return;
  source = new EventSource(url);
  source.addEventListener("case.changed", (event) => changed(event.data));
  source.addEventListener("call.changed", (event) => called(event.data));
  source.addEventListener("campaign.counted", () => tell("campaign", "guichet:counted"));
  source.addEventListener("open", () => {
    offline(false);
    // What changed since the page was made, or while the line was cut, nobody tells.
    refresh();
    showCalls();
    tell("campaign", "guichet:counted");
  });
  source.addEventListener("error", () => {
    offline(true);
    if (source?.readyState !== EventSource.CLOSED) return;
    disconnect();
    setTimeout(() => document.hidden || connect(url), RECONNECT);
  });
}

function disconnect() {
  source?.close();
  source = null;
}

function offline(yes) {
  document.getElementById("offline").hidden = !yes;
}

function changed(data) {
  refresh();
  const shown = document.querySelector("[data-case]");
  if (!shown) return;
  const { reference, sequence } = JSON.parse(data);
  if (reference === shown.dataset.case && sequence > Number(shown.dataset.sequence)) {
    // Our own action brings a new page by itself in a moment.
    setTimeout(() => {
      const now = document.querySelector(`[data-case="${CSS.escape(reference)}"]`);
      if (now && sequence > Number(now.dataset.sequence)) {
        document.getElementById("changed").hidden = false;
      }
    }, 1000);
  }
}

// The card of a call that has ended stays a little while, to open a case.
function called(data) {
  const { mine, state } = JSON.parse(data);
  if (!mine) tell("call-list", "guichet:called");
  else showCalls();
  if (mine && state === "ended") setTimeout(showCalls, AFTERWARDS);
}

function showCalls() {
  tell("call-cards", "guichet:called");
  tell("call-list", "guichet:called");
}

function tell(id, what) {
  const place = document.getElementById(id);
  if (place) window.htmx?.trigger(place, what);
}

// At once, then at most one in each pause; the last change is never left out.
function refresh() {
  if (due) return;
  const wait = Math.max(0, last + PAUSE - Date.now());
  due = setTimeout(() => {
    due = null;
    last = Date.now();
    tell("cases", "guichet:changed");
  }, wait);
}

function references() {
  return new Set([...document.querySelectorAll(".case")].map((row) => row.dataset.reference));
}

function announce() {
  const rows = [...document.querySelectorAll(".case")];
  const arrived = rows.filter((row) => !known.has(row.dataset.reference));
  known = references();
  if (!arrived.length) return;
  for (const row of arrived) row.classList.add("case-arrived");
  const place = document.getElementById("announcer");
  const text = arrived.length === 1 ? place.dataset.one : place.dataset.many;
  place.textContent = text.replace("{count}", arrived.length);
}
