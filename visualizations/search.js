// Search: names, aliases and titles, then sentences, from the keyboard. Three fields use it: the search itself and the
// ends of a path.

const MOST_HITS = 12;

/** Return [node, alias that matched or ""], best first: the whole name, its start, the start of a word, anywhere. */
function find(text, accept = () => true) {
  const wanted = normal(text);
  if (!wanted) return [];
  const hits = [];
  for (const node of nodes) {
    if (!accept(node)) continue;
    let best = 9;
    let which = 0;
    node.forms.forEach((form, k) => {
      const rank = rankOf(form, wanted) + (k ? 0.5 : 0);
      if (rank < best) { best = rank; which = k; }
    });
    if (best < 9) hits.push([best, node, which ? node.aliases[which - 1] : ""]);
  }
  hits.sort((a, b) => a[0] - b[0] || byWeight(a[1], b[1]));
  return hits.slice(0, MOST_HITS).map(([, node, alias]) => [node, alias]);
}

function rankOf(form, wanted) {
  if (form === wanted) return 0;
  if (form.startsWith(wanted)) return 1;
  if (form.includes(" " + wanted)) return 2;
  const parts = wanted.split(" ");
  if (parts.length > 1 && parts.every((part) => (" " + form).includes(" " + part))) return 3;
  return wanted.length > 2 && form.includes(wanted) ? 4 : 9;
}

/** Return [edge, piece of its sentence] where a sentence holds the text as typed, whatever its case. */
function findSentences(text, most) {
  const wanted = text.trim().toLowerCase();
  if (wanted.length < 4) return [];
  const out = [];
  const seen = new Set();
  for (const edge of sentenceOrder()) {
    for (let k = 0; k < edge.evidence.length && out.length < most; k += 7) {
      const number = edge.evidence[k];
      const at = seen.has(number) ? -1 : DATA.sentences[number].toLowerCase().indexOf(wanted);
      if (at < 0) continue;
      seen.add(number);
      const start = at > 30 ? DATA.sentences[number].lastIndexOf(" ", at - 30) + 1 : 0;
      out.push([edge, (start ? "…" : "") + shorten(DATA.sentences[number].slice(start), 90)]);
    }
    if (out.length >= most) break;
  }
  return out;
}

/** Relations between concepts first, the surest first: they tell more than a paper's naming of a concept. */
let orderedEdges = null;
function sentenceOrder() {
  orderedEdges ??= [...edges].sort((a, b) => isRole(a) - isRole(b) || b.confidence - a.confidence || a.i - b.i);
  return orderedEdges;
}

function icon(kind) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "-8 -8 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(ns, "path");
  shape.setAttribute("d", shapePath(kind, 0, 0, 6));
  shape.setAttribute("fill", `var(--${kind.toLowerCase()})`);
  svg.append(shape);
  return svg;
}

/** The same shapes as on the canvas, as SVG path data. */
function shapePath(kind, x, y, r) {
  const n = (value) => Math.round(value * 10) / 10;
  const s = r * (kind === "Dataset" ? 0.9 : 1.15);
  if (kind === "Dataset") return `M${n(x - s)} ${n(y - s)}h${n(2 * s)}v${n(2 * s)}h${n(-2 * s)}z`;
  if (kind === "Task") return `M${n(x)} ${n(y - s)}L${n(x + s)} ${n(y + s * 0.75)}H${n(x - s)}z`;
  if (kind === "Paper") return `M${n(x)} ${n(y - s)}L${n(x + s)} ${n(y)}L${n(x)} ${n(y + s)}L${n(x - s)} ${n(y)}z`;
  return `M${n(x + r)} ${n(y)}A${n(r)} ${n(r)} 0 1 1 ${n(x - r)} ${n(y)}A${n(r)} ${n(r)} 0 1 1 ${n(x + r)} ${n(y)}z`;
}

/** Make a field offer what it finds; `pick` is called with the node chosen, `pickEdge`, where given, with a relation. */
function combobox(field, list, pick, { accept, pickEdge } = {}) {
  let hits = []; // [node, alias] or [edge, sentence]
  let at = 0;
  const close = () => { list.hidden = true; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
  const choose = (k) => {
    if (!hits[k]) return;
    const [found] = hits[k];
    close();
    if (found.head) pickEdge(found);
    else pick(found);
  };
  const paint = () => {
    const text = field.value.trim();
    list.hidden = !text;
    field.setAttribute("aria-expanded", String(Boolean(text)));
    list.replaceChildren(...hits.map(([found, more], k) =>
      make("li", { role: "option", id: `${list.id}-${k}`, "aria-selected": String(k === at), on: { mousedown: (event) => { event.preventDefault(); choose(k); } } },
        ...(found.head ? edgeHit(found, more) : nodeHit(found, more)))));
    if (text && !hits.length) list.append(make("li", { className: "none" }, "Nothing found"));
    if (hits.length) field.setAttribute("aria-activedescendant", `${list.id}-${at}`);
  };
  field.addEventListener("input", () => {
    hits = find(field.value, accept);
    if (pickEdge) hits.push(...findSentences(field.value, Math.min(MOST_HITS - hits.length, 5)));
    at = 0;
    paint();
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % (hits.length || 1);
      paint();
      list.children[at]?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      if (!list.hidden) { event.preventDefault(); choose(at); }
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (list.hidden) field.blur();
      close();
    }
  });
}

const nodeHit = (node, alias) => [
  icon(node.kind),
  make("span", { className: "name" }, node.label, alias ? make("span", { className: "also" }, `also: ${alias}`) : null),
  make("span", { className: "number" }, isConcept(node) ? plural(node.papers, "paper") : "paper"),
];

const edgeHit = (edge, sentence) => [
  make("span", { className: "quote", "aria-hidden": "true" }, "“"),
  make("span", { className: "name" }, sentence, make("span", { className: "also" }, `${shorten(edge.head.label, 40)} ${words(edge.kind)} ${shorten(edge.tail.label, 40)}`)),
  make("span", { className: "number" }, "sentence"),
];

function goFromSearch(node, edge = null) {
  byId("search").value = "";
  state.view = "graph";
  focusOn([node]);
  if (edge) selectEdge(edge);
  panelHeading()?.focus({ preventScroll: true });
}

combobox(byId("search"), byId("search-hits"), (node) => goFromSearch(node), {
  pickEdge: (edge) => goFromSearch(isRole(edge) ? edge.tail : edge.head, edge),
});
