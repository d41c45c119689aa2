// The form: one field for each question that is asked, drawn from what the generator says of it.

import { arrange, button, make } from "./dom.js";
import { language, t } from "./words.js";

/** So many choices stand beside one another; more are a list. */
const MOST_RADIOS = 7;

export const shown = (value) => (Array.isArray(value) ? value.join(",") : String(value ?? ""));

let drawn = new Map();

/** Draws the fields into two groups: the questions of the wizard, and those that it leaves at their default. */
export function drawForm(usual, advanced, form, answers, on) {
  const seen = new Map();
  for (const field of form.fields) {
    const kind = JSON.stringify([form.template, language(), field.kind, field.choices, field.prompt, field.decided]);
    const before = drawn.get(field.id);
    const entry = before?.kind === kind ? before : { kind, ...build(field, on) };
    if (before && before !== entry) swap(before.element, entry.element);
    entry.update(field, answers[field.id]);
    seen.set(field.id, entry);
  }
  drawn = seen;
  const of = (isAdvanced) => form.fields.filter((it) => it.advanced === isAdvanced).map((it) => seen.get(it.id).element);
  arrange(usual, of(false));
  arrange(advanced, of(true));
}

/** Puts a field where another one was, with the focus on the same choice. */
function swap(before, after) {
  const focused = before.contains(document.activeElement) ? document.activeElement : undefined;
  before.replaceWith(after);
  if (focused) [...after.querySelectorAll("input, select")].find((it) => it.value === focused.value)?.focus();
}

function build(field, on) {
  const id = `field-${field.id}`;
  const help = make("p", { id: `${id}-help`, class: "help", text: field.help });
  const problem = make("p", { id: `${id}-problem`, class: "problem" });
  const previews = make("p", { class: "previews" });
  const reset = button(t("Use the default"), () => on.set(field.id, undefined), { "aria-label": `${t("Use the default")}: ${field.prompt}` });
  const described = { "aria-describedby": `${help.id} ${problem.id}` };
  const { element, set, isGroup } = control(field)(field, id, described, on);
  const advice = field.advice && button(t("Help me choose"), () => on.advise(field.advice), { "aria-label": `${t("Help me choose")}: ${field.prompt}` });
  const needed = make("span", { class: "needed", text: ` ${t("needed")}` });
  const title = isGroup ? make("legend", {}, field.prompt, needed) : make("label", { for: id }, field.prompt, needed);
  const inside = [title, help, element, previews, problem, make("p", { class: "actions" }, advice, reset)];
  const whole = make(isGroup ? "fieldset" : "div", { class: "field", ...(isGroup ? described : {}) }, inside);
  const update = (now, answer) => {
    needed.hidden = !now.missing;
    problem.textContent = now.problem ? `${now.problem.detail}; ${now.problem.hint}` : "";
    whole.classList.toggle("wrong", Boolean(now.problem));
    previews.textContent = now.decided ?? now.previews.map((it) => `${it.label} ${it.text}`).join(" · ");
    reset.hidden = answer === undefined || now.default === null;
    set(answer ?? now.value, now, answer);
  };
  return { element: whole, update };
}

function control(field) {
  if (field.kind === "choices") return checks;
  if (field.kind === "secret") return secret;
  if (field.kind === "bool") return radios;
  if (field.kind === "choice") return field.choices.length > MOST_RADIOS ? list : radios;
  return text;
}

function text(field, id, described, on) {
  const mode = field.kind === "int" ? "numeric" : undefined;
  const typed = (event) => on.set(field.id, event.target.value === "" && !field.optional ? undefined : event.target.value);
  const input = make("input", { id, inputmode: mode, autocomplete: "off", spellcheck: "false", disabled: Boolean(field.decided), oninput: typed, ...described });
  const set = (value, now, answer) => {
    input.placeholder = shown(now.default ?? now.example);
    input.setAttribute("aria-invalid", String(Boolean(now.problem)));
    // What is being typed stays as it is.
    if (document.activeElement !== input) input.value = answer === undefined ? "" : shown(answer);
  };
  return { element: input, set };
}

function list(field, id, described, on) {
  const option = (it) => make("option", { value: it.value, disabled: Boolean(it.refused), text: it.refused ? `${it.label}: ${it.refused}` : it.label });
  const select = make("select", { id, disabled: Boolean(field.decided), onchange: (event) => on.set(field.id, event.target.value), ...described }, field.choices.map(option));
  return { element: select, set: (value) => { select.value = shown(value); } };
}

function radios(field, id, _, on) {
  const isBool = field.kind === "bool";
  const choices = isBool ? [{ value: "true", label: t("Yes") }, { value: "false", label: t("No") }] : field.choices;
  const all = choices.map((it) => option(field, id, it, "radio", (event) => on.set(field.id, isBool ? event.target.value === "true" : event.target.value)));
  const set = (value) => all.forEach(({ input }) => { input.checked = input.value === shown(value); });
  return { element: make("div", { class: "choices" }, all.map((it) => it.element)), set, isGroup: true };
}

function checks(field, id, _, on) {
  const chosen = () => on.set(field.id, all.filter(({ input }) => input.checked).map(({ input }) => input.value));
  const all = field.choices.map((it) => option(field, id, it, "checkbox", chosen));
  const set = (value) => all.forEach(({ input }) => { input.checked = (value ?? []).includes(input.value); });
  return { element: make("div", { class: "choices" }, all.map((it) => it.element)), set, isGroup: true };
}

/** What is secret is never typed here: the answer only says that it is given elsewhere. */
function secret(field, id, _, on) {
  const given = { value: "true", label: t("It is given elsewhere") };
  const { element, input } = option(field, id, given, "checkbox", (event) => on.set(field.id, event.target.checked || undefined));
  return { element: make("div", { class: "choices" }, element), set: (value) => { input.checked = value === true; }, isGroup: true };
}

function option(field, id, choice, type, onchange) {
  const note = choice.refused ?? choice.consequence;
  const input = make("input", { type, name: id, value: choice.value, disabled: Boolean(choice.refused || field.decided), onchange });
  const label = make("span", {}, choice.label, note && make("small", { text: note }));
  return { input, element: make("label", { class: "choice" }, input, label) };
}
