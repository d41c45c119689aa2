// Walks through the portal in Chromium by keyboard alone, and prints what it found as JSON:
// node portal.mjs CHROMIUM AXE.MIN.JS FOLDER-OF-THE-PORTAL CASES.JSON FOLDER-FOR-PICTURES
// CASES.JSON has calls, of which the digest of each answer comes back, from node and from Chromium; pairs of links to compare; and how
// many walks to take through the form, of how many steps; and the widths and themes to look at each view in.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [chromium, axe, folder, cases, pictures] = process.argv.slice(2);
const { calls, pairs, walks, steps, themes, isReleased } = JSON.parse(readFileSync(cases, "utf8"));
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
  ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--lang=en", "--remote-debugging-pipe", `--user-data-dir=${profile}`],
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

async function look(name, width, theme, colors = "none") {
  await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }, { name: "forced-colors", value: colors }] });
  await evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  const { data } = await send("Page.captureScreenshot", {});
  writeFileSync(join(pictures, `${name}-${width}-${theme}.png`), Buffer.from(data, "base64"));
  if (!(await evaluate("'axe' in window"))) await evaluate(`${readFileSync(axe, "utf8")}; undefined`);
  return evaluate(`axe.run().then(({ violations }) => ({ of: ${JSON.stringify(`${name} ${width} ${theme}`)},
    wide: document.documentElement.scrollWidth > document.documentElement.clientWidth, lang: document.documentElement.lang,
    violations: violations.map(({ id, nodes }) => id + ": " + nodes.map((node) => node.html).join(" ")) }))`);
}

/** Walks back and forth through the form, inside the page: each step is an event of a control, and what is seen then. */
function walk(seed, steps) {
  const below = (most) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let dice = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    dice = (dice + Math.imul(dice ^ (dice >>> 7), 61 | dice)) ^ dice;
    return ((dice ^ (dice >>> 14)) >>> 0) % most;
  };
  const fields = () => [...document.querySelectorAll(".field:has(> .help)")];
  const id = (field) => field.querySelector(":scope > .help").id.slice("field-".length, -"-help".length);
  const controls = (field) => [...field.querySelectorAll("input, select")];
  const reset = (field) => [...field.querySelectorAll(".actions button")].at(-1);
  const value = (field) => {
    const [first, ...others] = controls(field);
    if (first.type === "radio") return [first, ...others].find((it) => it.checked)?.value ?? null;
    if (first.type === "checkbox") return [first, ...others].filter((it) => it.checked).map((it) => it.value);
    return first.value;
  };
  const refused = (field) => controls(field).flatMap((it) => [it, ...(it.options ?? [])]).filter((it) => it.disabled && it.value).map((it) => it.value);
  const seen = () => Object.fromEntries(fields().map((it) => [id(it), { value: value(it), refused: refused(it), problem: it.querySelector(".problem").textContent }]));
  const put = (field, wanted) => {
    const [first, ...others] = controls(field);
    if (first.type === "radio") [first, ...others].find((it) => it.value === wanted).click();
    else if (first.type === "checkbox") [first, ...others].filter((it) => it.checked !== wanted.includes(it.value)).forEach((it) => it.click());
    else {
      first.value = wanted;
      first.dispatchEvent(new Event(first.tagName === "SELECT" ? "change" : "input"));
    }
  };
  const choose = (field) => {
    const open = controls(field).filter((it) => !it.disabled);
    if (open.length === 0) return undefined;
    const one = open[below(open.length)];
    if (one.type === "radio") return one.value;
    if (one.type === "checkbox") return [...(one.checked ? value(field).filter((it) => it !== one.value) : [...value(field), one.value])];
    if (one.tagName === "SELECT") return [...one.options].filter((it) => !it.disabled)[below([...one.options].filter((it) => !it.disabled).length)].value;
    return ["", one.placeholder, "orders", "a-b", "9000", "No Name", "eu-west-1,us-east-1"][below(7)];
  };
  const taken = [{ seen: seen() }];
  const before = [];
  for (let turn = 0; turn < steps; turn += 1) {
    const last = before.at(-1);
    const field = fields().find((it) => id(it) === last?.id);
    if (last && below(3) === 0 && field && (last.given || !reset(field).hidden || controls(field)[0].matches("input:not([type])"))) {
      before.pop();
      if (last.given || reset(field).hidden) put(field, last.given ? last.value : "");
      else reset(field).click();
      taken.push({ id: last.id, value: last.given ? last.value : null, to: last.at, seen: seen() });
      continue;
    }
    const all = fields();
    const other = all[below(all.length)];
    const wanted = choose(other);
    if (wanted === undefined) continue;
    const text = controls(other)[0].matches("input:not([type])");
    const given = text ? value(other) !== "" : !reset(other).hidden;
    before.push({ id: id(other), value: value(other), given, at: taken.length - 1 });
    put(other, wanted);
    taken.push({ id: id(other), value: wanted, seen: seen() });
  }
  return { taken, link: location.hash };
}

/** What the comparison of two links shows. */
function compared() {
  const rows = [...document.querySelectorAll("main tbody tr")].map((row) => [...row.children].map((it) => it.textContent));
  const files = [...document.querySelectorAll("main select[size] option")].map((it) => it.textContent);
  return { rows, files, problem: document.querySelector("main .problem")?.textContent ?? null };
}

const VIEWS = { create: "", started: "service=orders&target=ecs", wrong: "service=Orders&target=ecs&colour=red", choose: ".view=choose", compare: "service=orders&target=ecs&.view=compare" };

try {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await send(`${domain}.enable`);
  const [views, said] = [[], {}];
  for (const lang of ["en", "ko"]) {
    for (const [name, hash] of Object.entries(VIEWS)) {
      await open(`#lang=${lang}${hash && `&${hash}`}`);
      for (const [width, theme] of themes) views.push(await look(`${name}-${lang}`, width, theme));
      if (name === "wrong") said[lang] = await evaluate(`[...document.querySelectorAll(".problem, main li")].map((it) => it.firstChild?.textContent ?? "")`);
    }
  }
  // A wide window at 400 %, with the colours of the system; last, since Chromium keeps their background in later pictures.
  for (const [name, hash] of Object.entries(VIEWS)) {
    await open(`#lang=en${hash && `&${hash}`}`);
    views.push(await look(`${name}-en-forced`, 320, "light", "active"));
  }
  // Back and forth, and what a link to the end of it shows.
  const walked = [];
  for (let seed = 1; seed <= walks; seed += 1) {
    await open("#lang=en");
    const one = await evaluate(`(${walk})(${seed}, ${steps})`);
    await open(one.link);
    walked.push({ ...one, again: await evaluate(`(${walk})(0, 0).taken[0].seen`) });
  }
  const comparisons = [];
  for (const pair of pairs) {
    await open("#.view=compare");
    await evaluate(`${JSON.stringify(pair)}.forEach((link, at) => {
      const input = document.getElementById("link-" + at);
      input.value = link;
      input.dispatchEvent(new Event("input"));
    })`);
    comparisons.push(await evaluate(`(${compared})()`));
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
  const loaded = () => heard.filter(({ method }) => method === "Page.loadEventFired").length;
  const before = loaded();
  await send("Page.navigate", { url: `${origin}/index.html` });
  while (loaded() === before) await new Promise((again) => setTimeout(again, 20));
  const { root } = await send("DOM.getDocument");
  const { nodeId } = await send("DOM.querySelector", { nodeId: root.nodeId, selector: "main noscript pre" });
  const { outerHTML } = await send("DOM.getOuterHTML", { nodeId });
  const asked = [...new Set(heard.filter(({ method }) => method === "Network.requestWillBeSent").map(({ params }) => params.request.url))];
  const errors = heard.filter(({ method, params }) => method === "Runtime.exceptionThrown" || (method === "Log.entryAdded" && params.entry.level === "error"));
  console.log(JSON.stringify({
    inNode, inChromium, views, said, walked, comparisons, target, zip, downloaded: downloaded[0], address, fields, hit, withoutScript: outerHTML,
    asked: asked.filter((url) => !url.startsWith(origin) && !url.startsWith("blob:") && url !== "about:blank"),
    errors: errors.map(({ params }) => params.entry?.text ?? params.exceptionDetails.exception?.description),
    // What nobody releases is large, and takes long to compress.
    compressed: isReleased ? brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length : null,
  }));
  rmSync(downloads, { recursive: true, force: true });
} finally {
  const ended = new Promise((end) => browser.on("exit", end));
  browser.kill();
  await ended;
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
