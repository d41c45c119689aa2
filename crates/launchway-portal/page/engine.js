// The generator: WebAssembly beside this page, or the server that the page came from, where that was not built.

let wasm;
const encoder = new TextEncoder(), decoder = new TextDecoder();

/** What the generator says is wrong: problem details as RFC 9457 has them. */
export class Fault extends Error {
  constructor(problem) {
    super(problem.detail);
    Object.assign(this, { title: problem.title, hints: problem.hints ?? [], errors: problem.errors ?? [] });
  }
}

export async function load() {
  const response = await fetch("launchway.wasm");
  if (!response.ok) throw new Error(`launchway.wasm: ${response.status}`);
  wasm = (await WebAssembly.instantiate(await response.arrayBuffer(), {})).instance.exports;
  const more = await fetch("templates.json");
  for (const template of more.ok ? await more.json() : []) call("offer", template);
}

/** Calls the generator; an archive comes as bytes, and all else as an object. */
export function call(name, argument) {
  const input = encoder.encode(JSON.stringify({ call: name, with: argument }));
  const at = wasm.input(input.length);
  new Uint8Array(wasm.memory.buffer, at, input.length).set(input);
  const isResult = wasm.call();
  const output = new Uint8Array(wasm.memory.buffer, wasm.output(), wasm.length());
  if (!isResult) throw new Fault(JSON.parse(decoder.decode(output)));
  return name === "zip" || name === "tar-gz" ? output.slice() : JSON.parse(decoder.decode(output));
}
