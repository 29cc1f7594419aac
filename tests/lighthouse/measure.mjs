// Lighthouse (https://github.com/GoogleChrome/lighthouse) on the pages that standard input names,
// as JSON: {"chromium": …, "pages": [{"name", "url", "cookie"}]}. Prints the scores as JSON.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import lighthouse from "lighthouse";

const CATEGORIES = ["performance", "accessibility"];
const QUIET = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
  "--disable-background-networking", "--remote-debugging-port=0"];

const { chromium, pages } = JSON.parse(await text(process.stdin));
const profile = await mkdtemp(join(tmpdir(), "lighthouse-"));
const browser = spawn(chromium, [...QUIET, `--user-data-dir=${profile}`, "about:blank"],
  { stdio: ["ignore", "ignore", "pipe"] });
try {
  const port = await portOf(browser);
  const results = [];
  for (const { name, url, cookie } of pages) {
    results.push({ name, ...(await measured(port, url, cookie)) });
  }
  process.stdout.write(`${JSON.stringify(results)}\n`);
} finally {
  const ended = new Promise((resolve) => browser.once("exit", resolve));
  browser.kill();
  await ended;
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

/** Chromium chooses a free port, and tells it. */
async function portOf({ stderr }) {
  let told = "";
  for await (const piece of stderr) {
    told += piece;
    const found = told.match(/DevTools listening on ws:\/\/[^:]+:(\d+)\//);
    if (found) return Number(found[1]);
  }
  throw new Error(`Chromium did not start: ${told}`);
}

/** Scores of 0 to 100, the bytes that came over the wire, and the audits that cost points. */
async function measured(port, url, cookie) {
  const { lhr } = await lighthouse(url, {
    port,
    logLevel: "silent",
    onlyCategories: CATEGORIES,
    extraHeaders: cookie ? { Cookie: cookie } : {},
  });
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  const scores = CATEGORIES.map((one) => [one, Math.round(lhr.categories[one].score * 100)]);
  const lost = Object.values(lhr.audits)
    .filter((audit) => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode !== "informative")
    .map((audit) => audit.id);
  return { ...Object.fromEntries(scores), bytes: lhr.audits["total-byte-weight"].numericValue, lost };
}
