// The project that the answers make: what to do with it, its files, and what follows from it.

import { button, lines, make, section, size } from "./dom.js";
import { t } from "./words.js";

const list = make("select", { size: "16" });
const file = make("pre", { tabindex: "0", role: "region" });
const parts = make("div", {});
let plan, before, opened;

list.addEventListener("change", () => open(list.value));

/** Makes the pane; `actions` are what a person can do with the project. */
export function projectPane(actions) {
  return [actions, make("div", { class: "tree" }, list, file), parts];
}

/** Shows a plan, and marks what it has that the one before did not have. */
export function drawProject(next, name) {
  if (plan?.digest !== next.digest) before = plan;
  plan = next;
  list.setAttribute("aria-label", t("Files"));
  const old = new Map(before?.files.map((it) => [it.path, it]));
  const mark = (it) => (!before ? "" : !old.has(it.path) ? t("new") : old.get(it.path).sha256 === it.sha256 ? "" : t("changed"));
  const now = new Set(plan.files.map((it) => it.path));
  const gone = (before?.files ?? []).filter((it) => !now.has(it.path));
  const label = (it, word) => `${it.path}  ${size(it.size)}${word && ` · ${word}`}`;
  const option = (it, word) => make("option", { value: it.path, class: word && "marked", text: label(it, word) });
  list.replaceChildren(
    ...plan.files.map((it) => option(it, mark(it))),
    ...gone.map((it) => make("option", { disabled: true, text: label(it, t("removed")) })),
  );
  const changed = plan.files.filter((it) => mark(it)).length;
  open(now.has(opened ?? name) ? opened ?? name : plan.files.find((it) => it.path === "README.md")?.path ?? plan.files[0].path);
  parts.replaceChildren(...follows());
  return `${plan.files.length} ${t("files")}, ${size(plan.files.reduce((sum, it) => sum + it.size, 0))}`
    + (before ? `; ${changed} ${t("changed")}, ${gone.length} ${t("removed")}` : "");
}

export const openedFile = () => opened;

function open(path) {
  opened = path;
  list.value = path;
  const shown = plan.files.find((it) => it.path === path);
  const old = before?.files.find((it) => it.path === path);
  file.setAttribute("aria-label", path);
  file.replaceChildren(...(shown.text === null ? [t("This file is no text, or larger than 256 KiB")] : lines(shown.text, before ? (old?.text ?? "") : undefined)));
}

function follows() {
  const terms = (rows) => make("dl", {}, rows.flatMap(([term, text]) => [make("dt", { text: term }), make("dd", { text })]));
  const steps = plan.next_steps.map((it) => make("li", {}, make("code", { text: it.command }), make("p", { text: it.purpose })));
  const warnings = plan.warnings.map((it) => make("li", { text: it }));
  return [
    warnings.length > 0 && section(t("Warnings"), make("ul", {}, warnings)),
    section(t("The same on the command line"), make("pre", { id: "command", tabindex: "0", role: "region", "aria-label": t("The same on the command line"), text: plan.command })),
    plan.objects.length > 0 && section(t("Objects it creates once you deploy"), terms(plan.objects.map((it) => [it.kind, it.purpose]))),
    section(t("Next steps"), make("ol", {}, steps)),
  ].filter(Boolean);
}

/** Gives what a person can do with the project. */
export function actions(on) {
  return make("p", { class: "actions" },
    button(t("Download .zip"), () => on.download("zip", ".zip"), { class: "main" }),
    button(t("Download .tar.gz"), () => on.download("tar-gz", ".tar.gz")),
    button(t("Copy command"), () => on.copy(plan?.command)),
    button(t("Copy link"), () => on.copy(location.href)),
  );
}
