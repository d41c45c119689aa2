// Opens a page in Chromium as a person would, in two widths and both themes, and prints what it found as JSON:
// node page.mjs CHROMIUM AXE.MIN.JS PAGE FOLDER-FOR-PICTURES
// It speaks Chromium's own protocol over two pipes, so that no client of it is needed.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [chromium, axe, page, pictures] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "page-"));
const browser = spawn(
  chromium,
  ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe", `--user-data-dir=${profile}`],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
const [requests, answers] = [browser.stdio[3], browser.stdio[4]];
const waiting = new Map();
const heard = [];
let [last, rest] = [0, ""];
answers.setEncoding("utf8");
answers.on("data", (text) => {
  const messages = (rest + text).split("\0");
  rest = messages.pop();
  for (const message of messages.map((message) => JSON.parse(message))) {
    if (message.id === undefined) heard.push(message);
    else if (message.error) waiting.get(message.id)[1](new Error(message.error.message));
    else waiting.get(message.id)[0](message.result);
  }
});
browser.on("exit", () => waiting.forEach(([, refuse]) => refuse(new Error("Chromium has ended"))));

let sessionId;
function send(method, params = {}) {
  last += 1;
  requests.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
  return new Promise((answer, refuse) => waiting.set(last, [answer, refuse]));
}

async function evaluate(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}

async function press(key, code) {
  for (const type of ["rawKeyDown", "keyUp"]) {
    await send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: code });
  }
}

const FOCUSED = `(() => {
  const it = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(it);
  return { name: it.name || it.getAttribute("href") || it.getAttribute("aria-labelledby"), tag: it.tagName,
    shown: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
})()`;

// The names in the first column of the rows that are shown, of the table of projects.
const ROWS = `[...[...document.querySelectorAll("section")].find((it) => it.querySelector("fieldset .by-4"))
  .querySelectorAll("tbody")].filter((it) => getComputedStyle(it).display !== "none")
  .flatMap((it) => [...it.querySelectorAll("th")].map((cell) => cell.textContent))`;

// Goes through the page with the key Tab, until it begins anew.
async function focused() {
  const found = [];
  while (found.length < 200) {
    await press("Tab", 9);
    const next = await evaluate(FOCUSED);
    if (next.tag === "BODY") return found;
    found.push(next);
  }
  throw new Error("the focus never leaves the page");
}

// Chooses another order of the projects with an arrow key.
async function sorted() {
  const before = await evaluate(ROWS);
  await evaluate(`[...document.querySelectorAll("fieldset")].find((it) => it.querySelector(".by-4")).querySelector("input").focus()`);
  const orders = [before];
  for (let turn = 0; turn < 5; turn += 1) {
    await press("ArrowRight", 39);
    orders.push(await evaluate(ROWS));
  }
  return orders;
}

async function looked(width, theme) {
  await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
  const { loaderId } = await send("Page.navigate", { url: pathToFileURL(page).href });
  while (!heard.some(({ method, params }) => method === "Page.lifecycleEvent" && params.loaderId === loaderId && params.name === "load")) {
    await new Promise((again) => setTimeout(again, 20));
  }
  const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
  writeFileSync(join(pictures, `${width}-${theme}.png`), Buffer.from(data, "base64"));
  await evaluate(`${readFileSync(axe, "utf8")}; undefined`);
  const violations = await evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map((node) => node.html).join(" ")))`,
  );
  return {
    width,
    theme,
    back: await evaluate("getComputedStyle(document.body).backgroundColor"),
    wide: await evaluate("document.documentElement.scrollWidth"),
    scripts: await evaluate("document.scripts.length"),
    violations,
    focused: await focused(),
    sorted: await sorted(),
  };
}

try {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Network", "Runtime"]) await send(`${domain}.enable`);
  await send("Page.setLifecycleEventsEnabled", { enabled: true });
  const views = [];
  for (const width of [1280, 390]) {
    for (const theme of ["light", "dark"]) views.push(await looked(width, theme));
  }
  const asked = heard.filter(({ method }) => method === "Network.requestWillBeSent").map(({ params }) => params.request.url);
  console.log(JSON.stringify({ views, asked: [...new Set(asked)] }));
} finally {
  const ended = new Promise((end) => browser.on("exit", end));
  browser.kill();
  await ended;
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
