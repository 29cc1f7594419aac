// How long an SMS is while it is written: the same count as core/sms.py.
const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED = "\f^{}\\[~]|€";

const PLAIN = { "\u00a0": " ", "\u202f": " ", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..." };
PLAIN["«"] = PLAIN["»"] = '"';

function asSent(text) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/«[ \u00a0\u202f]/g, "«").replace(/[ \u00a0\u202f]»/g, "»");
  return lines.replace(/[\u00a0\u202f‘’“”«»–—…]/g, (mark) => PLAIN[mark]);
}

export function lengthOf(text) {
  const letters = [...asSent(text)];
  const plain = letters.every((one) => BASIC.includes(one) || EXTENDED.includes(one));
  const widths = letters.map((one) => (plain ? (EXTENDED.includes(one) ? 2 : 1) : one.length));
  const [single, part] = plain ? [160, 153] : [70, 67];
  const units = widths.reduce((sum, width) => sum + width, 0);
  if (units <= single) return { units, single, segments: units ? 1 : 0 };
  let segments = 0;
  let room = 0;
  for (const width of widths) {
    if (width > room) {
      segments += 1;
      room = part;
    }
    room -= width;
  }
  return { units, single, segments };
}

export function enableSegments(root) {
  for (const area of root.querySelectorAll("[data-segments]")) {
    const shown = document.getElementById(area.dataset.segments);
    if (!shown || area.dataset.counted) continue;
    area.dataset.counted = "yes";
    const empty = shown.textContent;
    const count = () => {
      // What is sent along with every text, such as the address of a page.
      const added = area.dataset.added ?? "";
      const { units, single, segments } = lengthOf(area.value && area.value + added);
      const text = segments > 1 ? shown.dataset.many : shown.dataset.one;
      const values = { "{units}": units, "{most}": single, "{segments}": segments };
      shown.textContent = units
        ? text.replace(/\{(units|most|segments)\}/g, (name) => values[name])
        : empty;
    };
    area.addEventListener("input", count);
    count();
  }
}
