// Sends a file piece by piece, and goes on where a broken connection left it (https://tus.io, 1.0).
const PIECE = 512 * 1024; // bytes
const PATIENCE = 20; // tries without any progress
const PAUSE = 1000; // ms after the first failure, growing to thirty times that
const VERSION = { "Tus-Resumable": "1.0.0" };

export class Refused extends Error {}

// `told` hears the share that has arrived, from 0 to 1. Raises Refused with the server's words.
export async function sendFile(file, { address, field, told, signal }) {
  const mark = `upload ${address} ${field} ${file.name} ${file.size} ${file.lastModified}`;
  let place = localStorage.getItem(mark);
  let offset = place ? await offsetOf(place) : -1;
  for (let failures = 0; failures < PATIENCE; ) {
    try {
      if (offset < 0) {
        place = await create(file, address, field, signal);
        localStorage.setItem(mark, place);
        offset = 0;
      }
      told(file.size ? offset / file.size : 1);
      if (offset < file.size) {
        offset = await piece(file, place, offset, signal);
        failures = 0;
        continue;
      }
      localStorage.removeItem(mark);
      return;
    } catch (problem) {
      if (problem instanceof Refused) localStorage.removeItem(mark);
      if (problem instanceof Refused || signal.aborted) {
        if (signal.aborted && place) give(place, mark);
        throw problem;
      }
      failures += 1;
      await pause(Math.min(30, 2 ** (failures - 1)) * PAUSE, signal);
      if (place) offset = await offsetOf(place).catch(() => offset);
    }
  }
  throw new Error("the connection is gone");
}

async function create(file, address, field, signal) {
  const base64 = (words) => btoa(String.fromCharCode(...new TextEncoder().encode(words)));
  const headers = {
    ...VERSION,
    "Upload-Length": String(file.size),
    "Upload-Metadata": `field ${base64(field)},filename ${base64(file.name)}`,
  };
  const answer = await fetch(address, { method: "POST", headers, signal });
  await check(answer);
  return answer.headers.get("Location");
}

async function piece(file, place, offset, signal) {
  const headers = { ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
  const body = file.slice(offset, offset + PIECE);
  const answer = await fetch(place, { method: "PATCH", headers, body, signal });
  await check(answer);
  return Number(answer.headers.get("Upload-Offset"));
}

// -1 when the server has forgotten it.
async function offsetOf(place) {
  const answer = await fetch(place, { method: "HEAD", headers: VERSION });
  if (answer.status === 404 || answer.status === 410) return -1;
  if (!answer.ok) throw new Error(answer.status);
  return Number(answer.headers.get("Upload-Offset"));
}

async function check(answer) {
  if (answer.ok) return;
  if (answer.status === 413 || answer.status === 422) throw new Refused(await answer.text());
  throw new Error(answer.status);
}

function give(place, mark) {
  localStorage.removeItem(mark);
  fetch(place, { method: "DELETE", headers: VERSION, keepalive: true }).catch(() => {});
}

// Until the time is over, or the connection is back.
function pause(time, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, time);
    for (const [where, what] of [[window, "online"], [signal, "abort"]])
      where.addEventListener(what, () => { clearTimeout(timer); done(); }, { once: true });
  });
}
