// What the reader has chosen, and the scene that follows from it: the nodes and edges that are on the stage now.
//
// A scene is one of four: the whole map, the focus on some concepts, the paths between two, the comparison of two.

const YEARS = [...new Set(edges.flatMap((edge) => edge.years))].sort((a, b) => a - b);
const MOST_IN_FOCUS = 60; // a neighbourhood with more nodes cannot be read; the strongest are shown
const conceptCount = nodes.filter(isConcept).length;

/** A page on a few concepts shows all it has; a map of hundreds starts with what two papers agree on. */
function startingFilters() {
  const busy = !DATA.opening.focus.length && !DATA.opening.paths && conceptCount > 250;
  // Papers are in the panel too; in the picture they say little and cover much, unless there are few nodes in all.
  const agreed = nodes.filter((node) => isConcept(node) && node.papers > 1).length;
  return {
    kinds: new Set(KINDS.filter((kind) => kind !== "Paper" || nodes.length <= 60)),
    relations: new Set(DATA.relations.map(([name]) => name)),
    minPapers: busy && agreed >= 20 ? 2 : 1,
    minConfidence: 0,
    years: [YEARS[0] ?? 0, YEARS[YEARS.length - 1] ?? 0],
  };
}

const state = {
  filters: startingFilters(),
  selected: null, // a node
  edge: null, // a selected edge
  focus: [], // nodes
  hops: 1,
  path: null, // { from, to, found, chosen }
  compare: null, // [node, node]
  view: "graph",
};

const scene = { mode: "map", nodes: [], edges: [], shown: new Set(), hidden: 0, note: "" };

function inYears(years) {
  const [from, to] = state.filters.years;
  return !years.length || years.some((year) => year >= from && year <= to);
}

function passes(node) {
  const { kinds, minPapers } = state.filters;
  return kinds.has(node.kind) && (!isConcept(node) || node.papers >= minPapers) && inYears(node.years);
}

function edgePasses(edge) {
  const { relations, minConfidence } = state.filters;
  return relations.has(edge.kind) && edge.confidence >= minConfidence && inYears(edge.years);
}

/** How strongly an edge ties its ends: several papers and a sure relation first, a mention in passing last. */
const strength = (edge) => edge.confidence * Math.sqrt(edge.papers) * (edge.kind === "MENTIONS" ? 0.2 : isRole(edge) ? 0.5 : 1);

/** Return the nodes within `hops` of the centres, strongest links first, at most `most`, and how many more there are. */
function neighbourhood(centres, hops, most) {
  const found = new Map(centres.map((node) => [node, 0]));
  let ring = centres;
  let hidden = 0;
  for (let hop = 1; hop <= hops; hop += 1) {
    const scores = new Map();
    for (const node of ring) {
      for (const edge of node.edges) {
        const next = other(edge, node);
        // Through a paper everything is near everything: papers are ends, unless they are in the middle themselves.
        if (found.has(next) || !edgePasses(edge) || !passes(next) || (!isConcept(node) && hop > 1)) continue;
        scores.set(next, (scores.get(next) ?? 0) + strength(edge));
      }
    }
    const ranked = [...scores].sort((a, b) => b[1] - a[1] || byWeight(a[0], b[0])).map(([node]) => node);
    const taken = ranked.slice(0, Math.max(most - found.size, 0));
    hidden += ranked.length - taken.length;
    taken.forEach((node) => found.set(node, hop));
    ring = taken;
  }
  return { found, hidden };
}

/** Work out the scene again after a change of choice, place it, draw it and tell everyone. */
function refresh({ fit = false } = {}) {
  scene.note = "";
  scene.hidden = 0;
  if (state.path) pathScene();
  else if (state.compare) compareScene();
  else if (state.focus.length) focusScene();
  else mapScene();
  scene.shown = new Set(scene.nodes);
  placeScene();
  drawScene({ fit });
  listeners.forEach((call) => call());
  writeHash();
}
const listeners = [];

function edgesAmong(shown) {
  return edges.filter((edge) => shown.has(edge.head) && shown.has(edge.tail) && edgePasses(edge));
}

function mapScene() {
  scene.mode = "map";
  scene.nodes = nodes.filter((node) => passes(node) || node === state.selected);
  scene.edges = edgesAmong(new Set(scene.nodes));
}

function focusScene() {
  scene.mode = "focus";
  const { found, hidden } = neighbourhood(state.focus, state.hops, MOST_IN_FOCUS);
  if (state.selected && !found.has(state.selected)) state.selected = null;
  scene.nodes = [...found.keys()];
  scene.hopOf = found;
  scene.hidden = hidden;
  scene.edges = edgesAmong(new Set(scene.nodes));
}

// --- going somewhere -------------------------------------------------------------------------------------------

function goTo(change, options) {
  Object.assign(state, { edge: null, path: null, compare: null }, change);
  refresh(options);
}

/** Select a node where it is; in a diagram that does not hold it, go to its neighbourhood. */
function select(node, { follow = false } = {}) {
  if (scene.mode !== "map" && !scene.shown.has(node)) return focusOn([node]);
  state.selected = node;
  state.edge = null;
  if (scene.mode === "map") refresh();
  else listeners.forEach((call) => call());
  if (follow) moveTo(node);
  drawScene();
  writeHash();
  announce(`${node.label}, ${node.kind}, ${plural(node.edges.filter(edgePasses).length, "relation")}`);
}

function selectEdge(edge) {
  state.edge = edge;
  state.selected = null;
  drawScene();
  listeners.forEach((call) => call());
  announce(`${edge.head.label} ${words(edge.kind)} ${edge.tail.label}`);
}

function focusOn(centres, hops = 1) {
  goTo({ focus: centres, hops, selected: centres[0] ?? null }, { fit: true });
  if (centres.length) announce(`${centres.map((n) => n.label).join(", ")}: ${plural(scene.nodes.length - 1, "neighbour")}`);
}

function wholeMap() {
  goTo({ focus: [], selected: null }, { fit: true });
  announce(`All: ${plural(scene.nodes.length, "node")}`);
}

/** One step back: from a selection to none, from a diagram to the map. */
function goBack() {
  if (scene.mode === "map" || ((state.edge || state.selected) && !state.focus.includes(state.selected))) {
    state.selected = state.focus[0] ?? null;
    state.edge = null;
    refresh();
  } else wholeMap();
}

// --- the address of a view -------------------------------------------------------------------------------------

let reading = false;

function writeHash() {
  if (reading) return;
  const { filters } = state;
  const start = startingFilters();
  const out = new URLSearchParams();
  if (state.path) out.set("path", `${state.path.from.key}..${state.path.to.key}`);
  else if (state.compare) out.set("compare", state.compare.map((node) => node.key).join(".."));
  else if (state.focus.length) {
    out.set("focus", state.focus.map((node) => node.key).join(".."));
    if (state.hops !== 1) out.set("hops", state.hops);
  } else if (state.selected) out.set("node", state.selected.key);
  const off = KINDS.filter((kind) => !filters.kinds.has(kind));
  if (off.join() !== KINDS.filter((kind) => !start.kinds.has(kind)).join()) out.set("hide", off.join(",") || "none");
  const without = DATA.relations.map(([name]) => name).filter((name) => !filters.relations.has(name));
  if (without.length) out.set("without", without.join(","));
  if (filters.minPapers !== start.minPapers) out.set("papers", filters.minPapers);
  if (filters.minConfidence) out.set("confidence", filters.minConfidence);
  if (filters.years.join() !== start.years.join()) out.set("years", filters.years.join("-"));
  if (state.view === "table") out.set("view", "table");
  // Slashes and dots are harmless in a fragment, and a link is read by people too.
  const text = out.toString().replaceAll("%2F", "/");
  history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
}

function readHash() {
  const given = new URLSearchParams(location.hash.slice(1));
  const pair = (name) => (given.get(name) ?? "").split("..").map((key) => nodeOf.get(key)).filter(Boolean);
  const number = (name, fallback) => (Number.isFinite(Number.parseFloat(given.get(name))) ? Number.parseFloat(given.get(name)) : fallback);
  reading = true;
  const filters = startingFilters();
  if (given.has("hide")) filters.kinds = new Set(KINDS.filter((kind) => !given.get("hide").split(",").includes(kind)));
  for (const name of (given.get("without") ?? "").split(",")) filters.relations.delete(name);
  filters.minPapers = number("papers", filters.minPapers);
  filters.minConfidence = number("confidence", 0);
  const years = (given.get("years") ?? "").split("-").map(Number);
  if (years.length === 2 && years.every(Number.isFinite)) filters.years = years;
  state.filters = filters;
  state.view = given.get("view") === "table" ? "table" : "graph";
  const [path, compare, focus, selected] = ["path", "compare", "focus", "node"].map(pair);
  if (path.length === 2) findPaths(...path);
  else if (compare.length === 2) compareNow(...compare);
  else if (focus.length) focusOn(focus, Math.min(Math.max(number("hops", 1), 1), 3));
  else if (selected.length) {
    goTo({ focus: [], selected: selected[0] }, { fit: true });
    showAround(selected[0]);
  } else return (reading = false);
  reading = false;
  return true;
}
