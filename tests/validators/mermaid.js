// Parses Mermaid diagrams with Mermaid itself: node mermaid.js MERMAID.MIN.JS DIAGRAM...
// It is made for browsers. To parse, it only has to find that there is a document; nothing is drawn.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const names = ["Element", "DocumentFragment", "HTMLTemplateElement", "Node", "NamedNodeMap", "HTMLFormElement", "DOMParser"];
for (const name of names) globalThis[name] = class {};
Object.assign(globalThis, {
  window: globalThis,
  NodeFilter: {},
  addEventListener() {},
  document: { nodeType: 9, implementation: {}, createElement: () => ({}), addEventListener() {} },
});

const [mermaid, ...diagrams] = process.argv.slice(2);
vm.runInThisContext(fs.readFileSync(mermaid, "utf8"));

(async () => {
  for (const file of diagrams) {
    try {
      const { diagramType } = await globalThis.mermaid.parse(fs.readFileSync(file, "utf8"));
      console.log(`${file}: ${diagramType}`);
    } catch (error) {
      console.error(`${file}: ${error.message}`);
      process.exitCode = 1;
    }
  }
})();
