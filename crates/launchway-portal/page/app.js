// The portal: answers are the state; the form, the project and the address follow from them.

import { Fault, call, load } from "./engine.js";
import { button, make, section } from "./dom.js";
import { drawForm, shown } from "./form.js";
import { actions, drawProject, openedFile, projectPane } from "./project.js";
import { chooseView } from "./choose.js";
import { compareView } from "./compare.js";
import { language, speak, t } from "./words.js";

const VIEWS = { create: "Create", choose: "Help me choose", compare: "Compare" };
const main = document.getElementById("main"), state = document.getElementById("state"), body = make("div", {});
let template = "service", answers = {}, view = "create", topic, file, templates = [], form, panes, links;

const request = (own = answers) => ({ template, answers: own, lang: language() });
const say = (text) => { state.textContent = text; };

/** What a person does. */
const on = {
  set(id, value) {
    if (value === undefined) delete answers[id];
    else answers[id] = value;
    form = call("validate", request());
    const field = form.fields.find((it) => it.id === id);
    // As in the wizard, an answer that is the default follows it when other answers change that.
    if (field?.default !== undefined && field.default !== null && value !== undefined && shown(field.default) === shown(value) && !field.problem) {
      delete answers[id];
      form = call("validate", request());
    }
    refresh();
  },
  advise(id) { topic = id; show("choose"); },
  use(query) { Object.assign(answers, call("shared", query).answers); show("create"); },
  download(kind, ending) {
    const bytes = call(kind, request(used()));
    const link = make("a", { download: answers[form.name] + ending, href: URL.createObjectURL(new Blob([bytes])) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  },
  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say(t("Copied"));
    } catch {
      say(t("Cannot copy: select the text and copy it"));
    }
  },
};

/** Wraps what a person does, so that what fails is said. */
function guarded(action) {
  const failed = (error) => say(error instanceof Fault ? [error.message, ...error.hints].join("; ") : `${t("The generator has stopped. Reload the page; the link keeps your answers.")} ${error}`);
  return (...given) => {
    try {
      const result = action(...given);
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  };
}
for (const name of Object.keys(on)) on[name] = guarded(on[name]);

/** Returns the answers to questions that are asked; the page lists the others. */
function used() {
  return Object.fromEntries(form.fields.filter((it) => it.id in answers).map((it) => [it.id, answers[it.id]]));
}

const refresh = guarded(() => {
  form ??= call("validate", request());
  drawForm(panes.usual, panes.advanced, form, answers, on);
  panes.unknown.replaceChildren(...unknown());
  panes.project.hidden = !form.complete;
  if (form.complete) say(drawProject(call("plan", request(used())), file));
  else say(`${t("Answer the questions that are marked")}: ${form.fields.filter((it) => it.problem || it.missing).map((it) => it.prompt).join(" · ")}`);
  remember();
});

/** Lists what a link said and nothing could use, and what counts again once other answers let it. */
function unknown() {
  const leave = (id) => guarded(() => { delete answers[id]; form = undefined; refresh(); });
  const item = (it) => make("li", {}, [it.detail, it.hint].filter(Boolean).join("; "), " ",
    button(t("Leave out"), leave(it.question), { "aria-label": `${t("Leave out")}: ${it.question}` }));
  const lists = [["In the link, and not used", form.unknown], ["Kept, and without effect now", form.unused]];
  return lists.filter(([, all]) => all.length > 0).map(([title, all]) => section(t(title), make("ul", {}, all.map(item))));
}

/** Keeps the answers in the address, so that a link to the page is a link to the project. */
function remember() {
  const { query } = call("share", request(used()));
  const rest = [language() !== "en" && `lang=${language()}`, view !== "create" && `.view=${view}`, openedFile() && `.file=${encodeURIComponent(openedFile())}`];
  history.replaceState(null, "", `#${[query, ...rest].filter(Boolean).join("&")}`);
}

function readAddress() {
  const pairs = location.hash.slice(1).split("&").filter(Boolean);
  const own = Object.fromEntries(pairs.filter((it) => it.startsWith(".")).map((it) => it.slice(1).split("=").map(decodeURIComponent)));
  view = own.view in VIEWS ? own.view : "create";
  file = own.file;
  const read = call("shared", pairs.filter((it) => !it.startsWith(".")).join("&"));
  ({ template, answers } = read);
  return read.lang;
}

function create() {
  const offered = templates.map((it) => make("option", { value: it.id, text: `${it.title} (${it.id} ${it.version})` }));
  const select = make("select", { id: "template", onchange: guarded((event) => { template = event.target.value; form = undefined; refresh(); }) }, offered);
  select.value = template;
  const [usual, advanced, missing] = [make("div", {}), make("div", {}), make("div", {})];
  const project = section(t("Project"), ...projectPane(actions(on)));
  panes = { usual, advanced, unknown: missing, project };
  const questions = section(t("Questions"),
    templates.length > 1 && make("p", { class: "field" }, make("label", { for: "template", text: t("Template") }), select),
    missing, usual, make("details", {}, make("summary", { text: t("More questions") }), advanced));
  body.replaceChildren(make("div", { class: "two" }, questions, project));
  form = undefined;
  refresh();
}

const show = guarded((next) => {
  view = next;
  document.querySelectorAll("#views button").forEach((it) => it.setAttribute("aria-current", String(it.value === view)));
  if (view === "create") return create();
  const answered = call("validate", request()).fields.filter((it) => it.value !== null);
  const known = Object.fromEntries(answered.map((it) => [it.id, shown(it.value)]));
  links ??= Array(2).fill(call("share", request()).query);
  say("");
  const parts = view === "choose" ? chooseView(topic, known, on) : compareView(links);
  body.replaceChildren(make("h2", { text: t(VIEWS[view]) }), ...parts);
  if (form) remember();
});

async function draw() {
  await speak(document.getElementById("lang").value);
  const nav = (id) => button(t(VIEWS[id]), () => show(id), { value: id });
  document.getElementById("views").replaceChildren(...Object.keys(VIEWS).map(nav));
  show(view);
}

const start = guarded(async () => {
  main.append(body);
  say(t("Loading the generator…"));
  await load();
  ({ templates } = call("templates"));
  const select = document.getElementById("lang");
  let lang = "en", fault;
  try {
    lang = location.hash ? readAddress() : navigator.language.startsWith("ko") ? "ko" : "en";
  } catch (error) {
    fault = error;
  }
  select.value = lang;
  select.addEventListener("change", guarded(draw));
  window.addEventListener("hashchange", guarded(() => { select.value = readAddress(); return draw(); }));
  await draw();
  if (fault) throw fault;
});
start();
