// Elements. What a person or a template says is text, never markup.

/** Makes an element; `on…` listens, `text` is its text, and what is false or missing is left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "text") element.textContent = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "checked" || key === "value") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export const button = (text, onclick, more = {}) => make("button", { type: "button", text, onclick, ...more });

/** Gives a parent these children in this order, and moves no child that stays, so that the focus stays. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
}

export function section(title, ...children) {
  return make("section", {}, make("h2", { text: title }), ...children);
}

/** A text with the lines marked that another text does not have. */
export function lines(text, before) {
  const known = before === undefined ? undefined : new Set(before.split("\n"));
  const line = (it) => (known && !known.has(it) && it.trim() ? make("mark", { text: it }) : it);
  return text.split("\n").flatMap((it) => [line(it), "\n"]).slice(0, -1);
}

export function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}
