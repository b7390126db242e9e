// Small tools that everything else uses. Text reaches the page only as text: nothing here or elsewhere parses HTML.

const byId = (id) => document.getElementById(id);

/** Return a new element. `props` are set as properties where they exist, else as attributes; `on` holds listeners. */
function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, call] of Object.entries(value)) node.addEventListener(event, call);
    else if (name in node) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Return a span for a text from outside, kept from turning the direction of what stands around it. */
const named = (text) => make("span", { className: "name" }, text);

const button = (text, call, props = {}) => make("button", { type: "button", on: { click: call }, ...props }, text);

/** A confidence with two digits, cut and not rounded: nothing below certainty reads as 1.00. */
const sureness = (c) => (Math.floor(c * 100 + 1e-9) / 100).toFixed(2);
const plural = (n, one, many = one + "s") => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

const shorten = (text, most) => (text.length > most ? text.slice(0, most - 1).trimEnd() + "…" : text);

/** Only web links leave the page; anything else (javascript:, data:, file:) is no link. */
function webLink(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** Tell screen readers, and whoever looks at the status line, what happened. */
function announce(text) {
  byId("live").textContent = text;
}

// Colours come from the style sheet, so that both themes are defined in one place.
let colorCache = new Map();
function color(name) {
  if (!colorCache.has(name)) {
    colorCache.set(name, getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
  }
  return colorCache.get(name);
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");
