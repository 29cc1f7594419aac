// A place on a form: from the device, from a map when the town has one, else shown on a plain plate.
let leaflet = null;
const form = document.querySelector("[data-draft]");
const part = (place, name) => place.querySelector(`[name$='-${name}']`);
const degrees = (text) => (text.trim() ? Number(text.replace(",", ".")) : NaN);

function positionOf(place) {
  const [lat, lon] = ["lat", "lon"].map((name) => degrees(part(place, name).value));
  return Number.isFinite(lat) && Number.isFinite(lon) ? [lat, lon] : null;
}

function put(place, lat, lon, said) {
  part(place, "lat").value = lat.toFixed(6);
  part(place, "lon").value = lon.toFixed(6);
  place.querySelector("[data-here-said]").textContent = said;
  // As if it had been typed: whoever saves the form hears it, and so does the map.
  part(place, "lon").dispatchEvent(new Event("input", { bubbles: true }));
  name(place, lat, lon);
}

// The address there, if nothing is written yet.
async function name(place, lat, lon) {
  const address = part(place, "address");
  if (!form.dataset.addresses || address.value.trim()) return;
  const answer = await fetch(`${form.dataset.addresses}?lat=${lat}&lon=${lon}`).catch(() => null);
  const [found] = answer?.ok ? await answer.json() : [];
  if (!found || address.value.trim()) return;
  address.value = found.label;
  address.dispatchEvent(new Event("input", { bubbles: true }));
}

function locate(place) {
  const tell = place.querySelector("[data-here-said]");
  tell.textContent = tell.dataset.asking;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => put(place, coords.latitude, coords.longitude, tell.dataset.found),
    () => (tell.textContent = tell.dataset.failed),
    { enableHighAccuracy: true, timeout: 15000 },
  );
}

// Without tiles: where it is, in figures.
function plate(place, box) {
  const at = positionOf(place);
  box.hidden = !at;
  box.classList.add("map-plate");
  if (at) box.querySelector("[data-map-said]").textContent = at.map((one) => one.toFixed(5)).join(" · ");
}

async function map(place, box) {
  const { tiles, attribution, centre } = form.dataset;
  box.hidden = false;
  box.replaceChildren();
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  await (leaflet ??= import("./vendor/leaflet.js"));
  const [lat, lon, zoom] = centre.split(",").map(Number);
  const at = positionOf(place);
  const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const options = { zoomControl: false, zoomAnimation: moves, fadeAnimation: moves, inertia: moves };
  const shown = window.L.map(box, options).setView(at ?? [lat, lon], at ? 17 : zoom);
  shown.attributionControl.setPrefix(false);
  window.L.tileLayer(tiles, { attribution: text(attribution), maxZoom: 19 }).addTo(shown);
  window.L.control.zoom({ zoomInTitle: box.dataset.closer, zoomOutTitle: box.dataset.farther }).addTo(shown);
  const icon = window.L.divIcon({ className: "map-pin", iconSize: [36, 36], iconAnchor: [18, 34] });
  let pin = null;
  const stick = (where) => {
    pin ??= window.L.marker(where, { icon, keyboard: false, interactive: false }).addTo(shown);
    pin.setLatLng(where);
  };
  const choose = ({ lat: north, lng: east }) =>
    put(place, north, window.L.Util.wrapNum(east, [-180, 180], true), place.querySelector("[data-here-said]").dataset.chosen);
  if (at) stick(at);
  shown.on("click", (event) => choose(event.latlng));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== box) return;
    event.preventDefault();
    choose(shown.getCenter());
  });
  place.addEventListener("input", () => {
    const now = positionOf(place);
    if (!now) return;
    stick(now);
    if (!shown.getBounds().contains(now) || shown.getZoom() < 15) shown.setView(now, 17);
  });
}

const text = (words) => words.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);

export function preparePlaces(root) {
  for (const place of root.querySelectorAll("[data-position]")) {
    if (place.dataset.ready) continue;
    place.dataset.ready = "yes";
    const box = place.querySelector("[data-map]");
    if (navigator.geolocation) {
      place.querySelector(".position-here").hidden = false;
      place.querySelector("[data-here]").addEventListener("click", () => locate(place));
    }
    if (form.dataset.tiles) map(place, box);
    else {
      plate(place, box);
      place.addEventListener("input", () => plate(place, box));
    }
  }
}
