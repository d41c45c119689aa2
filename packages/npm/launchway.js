#!/usr/bin/env node
// Starts the program of this machine's platform, which is in a package of its own, and ends as it ends.
const { spawn } = require("node:child_process");

const package = `@launchway/${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${package}/bin/launchway`);
} catch {
  console.error(`error: there is no ${package}: Launchway runs on Linux and macOS, on x64 and arm64`);
  console.error("  hint: npm leaves the package out with `--omit=optional`; install it again without that");
  process.exit(1);
}

// The terminal sends its signals to the program, too, and the program decides what they mean.
for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
