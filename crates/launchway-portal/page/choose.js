// Help me choose: the questions of a topic, and the advice that follows from the answers.

import { call } from "./engine.js";
import { button, make, section } from "./dom.js";
import { t } from "./words.js";

const given = {};

/** Draws the questions of a topic and its advice. `known` has answers of the form, with which some choices do not go. */
export function chooseView(topic, known, on) {
  const { topics } = call("topics", { known });
  const chosen = topics.find((it) => it.id === topic) ?? topics[0];
  const answers = (given[chosen.id] ??= {});
  const select = make("select", { id: "topic", onchange: (event) => on.advise(event.target.value) },
    topics.map((it) => make("option", { value: it.id, text: t(it.title) })));
  select.value = chosen.id;
  const advice = make("div", { role: "status" });
  const draw = () => advice.replaceChildren(...adviceOf(chosen, answers, known, on));
  const fields = chosen.questions.map((it) => question(it, answers, draw));
  draw();
  return [make("p", { class: "field" }, make("label", { for: "topic", text: t("What do you want to decide?") }), select), make("form", {}, fields), advice];
}

function question(asked, answers, draw) {
  const choose = (event) => { answers[asked.id] = event.target.value; draw(); };
  const choice = (it) => make("label", { class: "choice" },
    make("input", { type: "radio", name: `advice-${asked.id}`, value: it.value, checked: answers[asked.id] === it.value, onchange: choose }), make("span", { text: t(it.label) }));
  return make("fieldset", { class: "field" }, make("legend", { text: t(asked.prompt) }), make("p", { class: "help", text: t(asked.help) }), make("div", { class: "choices" }, asked.choices.map(choice)));
}

function adviceOf(topic, answers, known, on) {
  const isOpen = (it) => it.choices.length > 1 && !it.choices.some((choice) => choice.value === answers[it.id]);
  if (topic.questions.some(isOpen)) return [];
  const fitting = topic.questions.filter((it) => it.choices.some((choice) => choice.value === answers[it.id]));
  const advice = call("advise", { topic: topic.id, known, answers: Object.fromEntries(fitting.map((it) => [it.id, answers[it.id]])) });
  const reasons = (title, list) => list.length > 0 && [make("h3", { text: t(title) }), make("ul", {}, list.map((it) => make("li", { text: t(it.because) })))];
  const query = advice.command.split(" ").slice(2).map((flag) => flag.replace(/^--/, "")).join("&");
  const parts = [
    make("p", { class: "advice", text: `${t(advice.label)} (${t(advice.confidence)})` }),
    reasons("What speaks for it", advice.reasons_for),
    reasons("What speaks against it", [...advice.reasons_against, { because: advice.price }]),
    reasons("What is ruled out", advice.ruled_out),
    reasons("What it does not meet", advice.unmet),
    reasons("What Launchway writes no files for", advice.alternatives),
    make("pre", { tabindex: "0", role: "region", "aria-label": t("The same on the command line"), text: advice.command }),
    make("p", { class: "actions" }, button(t("Use these answers"), () => on.use(query), { class: "main" })),
  ];
  return [section(t("Advice"), parts.flat().filter(Boolean))];
}
