// Walks through the portal in Chromium by keyboard alone, and prints what it found as JSON:
// node portal.mjs CHROMIUM AXE.MIN.JS FOLDER-OF-THE-PORTAL CASES.JSON FOLDER-FOR-PICTURES
// CASES.JSON has calls; the digest of what the generator answers to each comes back, from node and from Chromium.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const [chromium, axe, folder, cases, pictures] = process.argv.slice(2);
const calls = JSON.parse(readFileSync(cases, "utf8"));
const bytes = readFileSync(join(folder, "launchway.wasm"));
const digest = (output) => createHash("sha256").update(output).digest("hex");

// In node, without a page.
const { exports: wasm } = (await WebAssembly.instantiate(bytes, {})).instance;
const inNode = calls.map((call) => {
  const input = Buffer.from(JSON.stringify(call));
  const at = wasm.input(input.length);
  new Uint8Array(wasm.memory.buffer, at, input.length).set(input);
  const result = wasm.call();
  return [result, digest(Buffer.from(wasm.memory.buffer, wasm.output(), wasm.length()))];
});

// In Chromium, from a server of files alone.
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json", ".wasm": "application/wasm" };
const files = new Set(readdirSync(folder));
const server = createServer((request, response) => {
  const name = request.url === "/" ? "index.html" : request.url.slice(1);
  if (!files.has(name)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(name)] }).end(readFileSync(join(folder, name)));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;
const profile = mkdtempSync(join(tmpdir(), "portal-"));
const browser = spawn(
  chromium,
  ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--lang=en", "--remote-debugging-pipe", `--user-data-dir=${profile}`],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
const [requests, answers] = [browser.stdio[3], browser.stdio[4]];
const waiting = new Map();
const heard = [];
let [last, rest, sessionId] = [0, "", undefined];
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

async function until(expression) {
  while (!(await evaluate(expression))) await new Promise((again) => setTimeout(again, 20));
}

async function press(key, code, text) {
  await send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", key, code: key, windowsVirtualKeyCode: code, text });
  await send("Input.dispatchKeyEvent", { type: "keyUp", key, code: key, windowsVirtualKeyCode: code });
}

// Presses Tab until something has the focus; a person who sees nothing gets there no other way.
async function tabTo(condition) {
  for (let turn = 0; turn < 400; turn += 1) {
    if (await evaluate(`(() => { const it = document.activeElement; return Boolean(${condition}); })()`)) return;
    await press("Tab", 9);
  }
  throw new Error(`Tab never comes to ${condition}`);
}

const READY = `document.querySelectorAll("#views button").length === 3 && document.querySelector("main h2")?.textContent`;

async function open(hash) {
  await send("Page.navigate", { url: "about:blank" });
  await send("Page.navigate", { url: `${origin}/${hash}` });
  await until(`location.protocol === "http:" && ${READY}`);
}

async function look(name, width, theme) {
  await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
  const { data } = await send("Page.captureScreenshot", {});
  writeFileSync(join(pictures, `${name}-${width}-${theme}.png`), Buffer.from(data, "base64"));
  if (!(await evaluate("'axe' in window"))) await evaluate(`${readFileSync(axe, "utf8")}; undefined`);
  return evaluate(`axe.run().then(({ violations }) => ({ of: ${JSON.stringify(`${name} ${width} ${theme}`)},
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth, lang: document.documentElement.lang,
    violations: violations.map(({ id, nodes }) => id + ": " + nodes.map((node) => node.html).join(" ")) }))`);
}

const VIEWS = { create: "", started: "service=orders&target=ecs", wrong: "service=Orders&target=ecs&colour=red", choose: ".view=choose", compare: "service=orders&target=ecs&.view=compare" };

try {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await send(`${domain}.enable`);
  const views = [];
  for (const lang of ["en", "ko"]) {
    for (const [name, hash] of Object.entries(VIEWS)) {
      await open(`#lang=${lang}${hash && `&${hash}`}`);
      for (const width of [1280, 390]) {
        for (const theme of ["light", "dark"]) views.push(await look(`${name}-${lang}`, width, theme));
      }
    }
  }
  // By keyboard alone, from nothing to a zip.
  await open("#lang=en");
  const downloads = mkdtempSync(join(tmpdir(), "downloads-"));
  await send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
  await tabTo(`it.id === "field-service"`);
  for (const letter of "orders") await press(letter, letter.toUpperCase().charCodeAt(0), letter);
  await tabTo(`it.name === "field-target"`);
  await press(" ", 32, " ");
  const target = await evaluate(`document.activeElement.value`);
  await until(`!document.querySelector(".two > section:last-child").hidden`);
  await tabTo(`it.textContent === "Download .zip"`);
  await press("Enter", 13, "\r");
  let downloaded = [];
  while (downloaded.length === 0) {
    await new Promise((again) => setTimeout(again, 50));
    downloaded = readdirSync(downloads).filter((name) => name.endsWith(".zip"));
  }
  const zip = digest(readFileSync(join(downloads, downloaded[0])));
  const address = await evaluate("location.hash");
  // A template that somebody brought along, with a question that this page has never heard of.
  await open("#template=team");
  const fields = await evaluate(`[...document.querySelectorAll(".field")].map((it) => it.querySelector("label, legend").textContent)`);
  // The same calls as in node, of the module that the page itself has loaded.
  const inChromium = await evaluate(`import("./engine.js").then(async ({ call, Fault }) => Promise.all(${JSON.stringify(calls)}.map(async (it) => {
    let [result, output] = [1];
    try { output = call(it.call, it.with); } catch (fault) { if (!(fault instanceof Fault)) throw fault; result = 0; output = new Uint8Array(); }
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", output instanceof Uint8Array ? output : new Uint8Array()));
    return [result, [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")];
  })))`);
  // What stands in a link is text.
  await open(`#service=${encodeURIComponent("<img src=x onerror=window.hit=1>")}&target=ecs`);
  const hit = await evaluate("window.hit === 1 || document.querySelector('main img') !== null");
  await send("Emulation.setScriptExecutionDisabled", { value: true });
  await send("Page.navigate", { url: `${origin}/index.html` });
  await new Promise((again) => setTimeout(again, 500));
  const { root } = await send("DOM.getDocument");
  const { nodeId } = await send("DOM.querySelector", { nodeId: root.nodeId, selector: "main noscript pre" });
  const { outerHTML } = nodeId ? await send("DOM.getOuterHTML", { nodeId }) : {};
  const asked = [...new Set(heard.filter(({ method }) => method === "Network.requestWillBeSent").map(({ params }) => params.request.url))];
  const errors = heard.filter(({ method, params }) => method === "Runtime.exceptionThrown" || (method === "Log.entryAdded" && params.entry.level === "error"));
  console.log(JSON.stringify({
    inNode, inChromium, views, target, zip, downloaded: downloaded[0], address, fields, hit, withoutScript: outerHTML ?? null, origin,
    asked: asked.filter((url) => !url.startsWith(origin) && !url.startsWith("blob:") && url !== "about:blank"),
    errors: errors.map(({ params }) => params.entry?.text ?? params.exceptionDetails.exception?.description),
    compressed: brotliCompressSync(bytes).length,
  }));
  rmSync(downloads, { recursive: true, force: true });
} finally {
  const ended = new Promise((end) => browser.on("exit", end));
  browser.kill();
  await ended;
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
