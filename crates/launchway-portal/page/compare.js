// Compare: the projects of two links, answer by answer and file by file.

import { call } from "./engine.js";
import { lines, make, section } from "./dom.js";
import { shown } from "./form.js";
import { language, t } from "./words.js";

/** Draws two links and what differs between their projects. */
export function compareView(links) {
  const result = make("div", { role: "status" });
  const draw = () => result.replaceChildren(...differences(links));
  const field = (at, label) => make("p", { class: "field" }, make("label", { for: `link-${at}`, text: t(label) }),
    make("input", { id: `link-${at}`, value: links[at], autocomplete: "off", spellcheck: "false", oninput: (event) => { links[at] = event.target.value; draw(); } }));
  draw();
  return [field(0, "First link"), field(1, "Second link"), result];
}

function planOf(link, name) {
  const request = call("shared", link.split("#").pop().split("&").filter((it) => !it.startsWith(".")).join("&"));
  try {
    return call("plan", { ...request, lang: language() });
  } catch (fault) {
    fault.message = `${t(name)}: ${fault.errors?.map((it) => it.detail).join("; ") || fault.message}`;
    throw fault;
  }
}

function differences(links) {
  let plans;
  try {
    plans = [planOf(links[0], "First link"), planOf(links[1], "Second link")];
  } catch (fault) {
    return [make("p", { class: "problem", text: fault.message })];
  }
  const [first, second] = plans;
  if (first.digest === second.digest) return [make("p", { text: t("No difference") })];
  return [section(t("Answers that differ"), answers(first, second)), section(t("Files that differ"), ...files(first, second))];
}

function answers(first, second) {
  const ids = [...new Set([...Object.keys(first.answers), ...Object.keys(second.answers)])];
  const said = (plan, id) => (id in plan.answers ? shown(plan.answers[id]) : t("not answered"));
  const row = (id) => make("tr", {}, make("th", { scope: "row", text: id }), make("td", { text: said(first, id) }), make("td", { text: said(second, id) }));
  const head = make("tr", {}, make("td", {}), make("th", { scope: "col", text: t("first") }), make("th", { scope: "col", text: t("second") }));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ids.filter((id) => said(first, id) !== said(second, id)).map(row)));
}

function files(first, second) {
  const [old, now] = [first, second].map((plan) => new Map(plan.files.map((it) => [it.path, it])));
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort().filter((it) => old.get(it)?.sha256 !== now.get(it)?.sha256 || old.get(it).mode !== now.get(it).mode);
  const where = (path) => (!old.has(path) ? t("only in the second") : !now.has(path) ? t("only in the first") : t("changed"));
  const panes = [make("pre", { tabindex: "0", role: "region" }), make("pre", { tabindex: "0", role: "region" })];
  const open = (path) => {
    const texts = [old, now].map((files) => files.get(path)?.text ?? "");
    panes.forEach((pane, at) => {
      pane.setAttribute("aria-label", `${path}, ${t(at ? "second" : "first")}`);
      pane.replaceChildren(...lines(texts[at], texts[1 - at]));
    });
  };
  const list = make("select", { size: "10", "aria-label": t("Files that differ"), onchange: (event) => open(event.target.value) },
    paths.map((path) => make("option", { value: path, text: `${path} · ${where(path)}` })));
  list.value = paths[0];
  open(paths[0]);
  return [list, make("div", { class: "beside" }, panes)];
}
