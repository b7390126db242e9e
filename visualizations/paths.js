// Paths between two concepts, and the comparison of two.

// The search is that of `kg path` (kg/pathfinding.py): the same costs, the same order, so both give the same chains.
const MOST_HOPS = 4;
const MOST_PATHS = 3;
const HOP_COST = 0.5;
const AGAINST_COST = 0.5;
const AGAIN_COST = 0.7;
const HUB_COST = 0.6;
const POOL = 60 * MOST_PATHS;
const MOST_STEPS = 200_000;
const TYPE_COSTS = { SUBCLASS_OF: 0, PART_OF: 0, SUBTASK_OF: 0, USED_FOR: 0, VARIANT_OF: 0.1, BENCHMARK_FOR: 0.2, TRAINED_WITH: 0.3, EVALUATED_WITH: 0.5, COMPARED_WITH: 1 };
// Papers are hops only where relations between concepts give no chain.
const PAPER_COSTS = { INTRODUCES: 0.2, USES: 0.3, ADDRESSES: 0.3, EVALUATES_ON: 0.5, STUDIES: 0.3, COMPARES: 0.8, MENTIONS: 1.2 };
const ends = { from: null, to: null };

/** Return for each node a Map from neighbour to the cheapest hop there, over relations that pass the filters. */
function cheapestHops(from, to, costs) {
  // Degrees are those of the page; in a page that holds a part of the graph, hubs may weigh a little less.
  const bound = Math.max(10, Math.sqrt(nodes.length));
  const hub = (node) => (node === from || node === to || node.degree <= bound ? 0 : HUB_COST * Math.log(node.degree / bound));
  const hops = nodes.map(() => new Map());
  const offer = (start, end, edge, cost) => {
    const known = hops[start.i].get(end);
    const total = cost + hub(end);
    if (!known || total < known.cost) hops[start.i].set(end, { edge, cost: total });
  };
  for (const edge of edges) {
    if (!Object.hasOwn(costs, edge.kind) || !edgePasses(edge)) continue;
    const cost = HOP_COST + costs[edge.kind] - Math.log(Math.max(edge.confidence, 1e-4));
    offer(edge.head, edge.tail, edge, cost);
    offer(edge.tail, edge.head, edge, cost + (SYMMETRIC.has(edge.kind) ? 0 : AGAINST_COST));
  }
  return hops;
}

/** Return, for 0 to four hops left, the least cost from each node to the goal: the exact estimate of the search. */
function costsTo(hops, goal) {
  const layers = [new Map([[goal, 0]])];
  for (let k = 0; k < MOST_HOPS; k += 1) {
    const before = layers[k];
    const best = new Map(before);
    for (const [node, rest] of before) {
      for (const start of hops[node.i].keys()) {
        const cost = hops[start.i].get(node).cost + rest;
        if (cost < (best.get(start) ?? Infinity)) best.set(start, cost);
      }
    }
    layers.push(best);
  }
  return layers;
}

/** A queue that gives the least first. */
function queue(less) {
  const heap = [];
  const swap = (i, j) => { [heap[i], heap[j]] = [heap[j], heap[i]]; };
  return {
    get size() { return heap.length; },
    push(item) {
      let i = heap.push(item) - 1;
      for (; i && less(heap[i], heap[(i - 1) >> 1]); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
    },
    pop() {
      swap(0, heap.length - 1);
      const top = heap.pop();
      for (let i = 0, least = 0; ; i = least) {
        for (const k of [2 * i + 1, 2 * i + 2]) if (k < heap.length && less(heap[k], heap[least])) least = k;
        if (least === i) return top;
        swap(i, least);
      }
    },
  };
}

function compareChains(a, b) {
  for (let k = 0; k < Math.min(a.length, b.length); k += 1) if (a[k].i !== b[k].i) return a[k].i - b[k].i;
  return a.length - b.length;
}

/** Return the best chains from one concept to another, unlike each other, best first. */
function bestPaths(from, to) {
  const found = chains(from, to, TYPE_COSTS);
  return found.length ? found : chains(from, to, { ...TYPE_COSTS, ...PAPER_COSTS });
}

function chains(from, to, costs) {
  const hops = cheapestHops(from, to, costs);
  const remaining = costsTo(hops, to);
  const pool = [];
  const open = queue((a, b) => (a.estimate - b.estimate || a.nodes.length - b.nodes.length || compareChains(a.nodes, b.nodes)) < 0);
  if (remaining[MOST_HOPS].has(from)) open.push({ estimate: remaining[MOST_HOPS].get(from), nodes: [from], cost: 0 });
  for (let steps = 0; open.size && pool.length < POOL && steps < MOST_STEPS; steps += 1) {
    const { estimate, nodes: chain, cost } = open.pop();
    const last = chain[chain.length - 1];
    if (last === to) { pool.push({ cost: estimate, nodes: chain }); continue; }
    for (const [next, hop] of hops[last.i]) {
      const rest = remaining[MOST_HOPS - chain.length].get(next);
      if (rest === undefined || chain.includes(next)) continue;
      const total = cost + hop.cost;
      open.push({ estimate: Math.round((total + rest) * 1e9) / 1e9, nodes: [...chain, next], cost: total });
    }
  }
  return chooseUnlike(pool).map((path) => finished(path, path.nodes.slice(1).map((node, k) => hops[path.nodes[k].i].get(node).edge)));
}

/** Take the cheapest, then again and again the cheapest with a fee for each concept that a taken chain has already. */
function chooseUnlike(pool) {
  const seen = new Map();
  const chosen = [];
  while (pool.length && chosen.length < MOST_PATHS) {
    const fee = (path) => path.cost + AGAIN_COST * path.nodes.slice(1, -1).reduce((sum, n) => sum + (seen.get(n) ?? 0), 0);
    const best = pool.reduce((a, b) => (fee(b) - fee(a) || b.nodes.length - a.nodes.length || compareChains(b.nodes, a.nodes)) < 0 ? b : a);
    pool.splice(pool.indexOf(best), 1);
    chosen.push(best);
    best.nodes.slice(1, -1).forEach((n) => seen.set(n, (seen.get(n) ?? 0) + 1));
  }
  return chosen.sort((a, b) => a.cost - b.cost || compareChains(a.nodes, b.nodes));
}

function finished(path, hops) {
  const weakest = hops.reduce((weak, edge) => (edge.confidence < weak.confidence ? edge : weak));
  return { nodes: path.nodes, edges: hops, score: Math.exp(-path.cost), weakestEdge: hops.length > 1 ? weakest : null };
}

function showPaths(from, to, found) {
  setEnds(from, to);
  goTo({ path: { from, to, found, chosen: 0 }, selected: null, focus: [] }, { fit: true });
  announce(found.length ? `${plural(found.length, "path")}. The best: ${sayPath(found[0])}` : `No path from ${from.label} to ${to.label}`);
}

const findPaths = (from, to) => showPaths(from, to, from === to ? [] : bestPaths(from, to));

const sayPath = (path) => path.nodes.map((node) => node.label).join(" → ");

function openingPaths() {
  const found = DATA.opening.paths.map((path) => ({
    nodes: path.nodes.map((i) => nodes[i]),
    edges: path.edges.map((i) => edges[i]),
    score: path.score,
    weakestEdge: path.edges.length > 1 ? edges[path.edges[path.weakest]] : null,
  }));
  showPaths(...DATA.opening.ends.map((i) => nodes[i]), found);
}

function pathScene() {
  scene.mode = "path";
  const { from, to, found, chosen } = state.path;
  scene.places = found.length ? placeLanes(found, chosen) : new Map([[from, { x: -150, y: 0 }], [to, { x: 150, y: 0 }]]);
  scene.nodes = [...scene.places.keys()];
  const drawn = new Map();
  // One edge a hop; the chosen path's come first where two paths differ in the relation only.
  for (const path of [found[chosen], ...found].filter(Boolean)) {
    path.edges.forEach((edge, k) => {
      const key = [path.nodes[k].i, path.nodes[k + 1].i].sort((a, b) => a - b).join();
      if (!drawn.has(key)) drawn.set(key, edge);
    });
  }
  scene.edges = [...drawn.values()];
}

function pathPanel() {
  const { from, to, found, chosen } = state.path;
  if (!found.length) {
    const why = from === to ? "Both ends are the same concept." : `Nothing joins them within ${MOST_HOPS} hops${edges.some((e) => !edgePasses(e)) ? " under these filters" : ""}.`;
    return showPanel(heading(`${from.label} → ${to.label}`), make("p", { className: "note" }, why), make("div", { className: "chips" }, chip(from), chip(to)));
  }
  const path = found[chosen];
  const tabs = found.length > 1 ? make("div", { className: "tabs", role: "group", "aria-label": "Paths" },
    ...found.map((p, k) => button(`Path ${k + 1}`, () => choosePath(k), { "aria-pressed": String(k === chosen), title: sayPath(p) }))) : null;
  showPanel(
    make("p", { className: "kind" }, `Path · ${plural(path.edges.length, "hop")}`),
    heading(sayPath(path)),
    make("p", { className: "facts" }, `score ${path.score.toFixed(2)}${path.weakestEdge ? ` · weakest hop: ${path.weakestEdge.head.label} ${words(path.weakestEdge.kind)} ${path.weakestEdge.tail.label}` : ""}`),
    tabs,
    make("ol", { className: "chain" }, ...path.edges.flatMap((edge, k) => [stop(path.nodes[k]), hop(edge, path, k)]), stop(path.nodes[path.nodes.length - 1])),
  );
}

function hop(edge, path, k) {
  const weak = edge === path.weakestEdge;
  return make("li", { className: weak ? "step weakest" : "step" },
    make("p", { className: "said" }, words(edge.kind, edge.head === path.nodes[k]), weak ? make("span", { className: "weak" }, "weakest hop") : null,
      make("span", { className: "measure" }, measure(edge))),
    ...statementBlocks(edge));
}

function choosePath(k) {
  state.path.chosen = k;
  refresh({ fit: true });
  announce(sayPath(state.path.found[k]));
}

// --- comparison ------------------------------------------------------------------------------------------------

const MOST_IN_COLUMN = 12;

function neighboursOf(node) {
  const scores = new Map();
  for (const edge of node.edges) {
    const next = other(edge, node);
    if (edgePasses(edge) && passes(next)) scores.set(next, (scores.get(next) ?? 0) + strength(edge));
  }
  return scores;
}

/** Return what both concepts are linked with, and what only one is, strongest first. */
function compared([a, b]) {
  const ofA = neighboursOf(a), ofB = neighboursOf(b);
  const ranked = (list, score) => list.filter((n) => n !== a && n !== b).sort((x, y) => score(y) - score(x) || byWeight(x, y));
  return {
    shared: ranked([...ofA.keys()].filter((n) => ofB.has(n)), (n) => Math.min(ofA.get(n), ofB.get(n))),
    onlyA: ranked([...ofA.keys()].filter((n) => !ofB.has(n)), (n) => ofA.get(n)),
    onlyB: ranked([...ofB.keys()].filter((n) => !ofA.has(n)), (n) => ofB.get(n)),
    direct: a.edges.filter((edge) => other(edge, a) === b && edgePasses(edge)),
  };
}

function compareScene() {
  scene.mode = "compare";
  const [a, b] = state.compare;
  const { shared, onlyA, onlyB } = compared(state.compare);
  scene.places = placeColumns([a, b], shared.slice(0, MOST_IN_COLUMN), onlyA.slice(0, MOST_IN_COLUMN), onlyB.slice(0, MOST_IN_COLUMN));
  scene.nodes = [...scene.places.keys()];
  const shown = new Set(scene.nodes);
  scene.edges = edgesAmong(shown).filter((edge) => [edge.head, edge.tail].some((n) => n === a || n === b));
}

function comparePanel() {
  const [a, b] = state.compare;
  const { shared, onlyA, onlyB, direct } = compared(state.compare);
  const list = (title, found) => [make("h2", {}, `${title} (${found.length})`), make("div", { className: "chips" }, ...found.slice(0, 40).map((n) => chip(n)))];
  const both = shared.map((node) =>
    make("details", { className: "relation" }, make("summary", {}, icon(node.kind), named(shorten(node.label, 90))),
      ...[a, b].flatMap((end) => node.edges.filter((e) => other(e, node) === end && edgePasses(e)).map((e) =>
        make("div", { className: "statement" }, make("p", { className: "facts" }, named(e.head.label), ` ${words(e.kind)} `, named(e.tail.label)), ...statementBlocks(e).slice(0, 1))))));
  showPanel(
    make("p", { className: "kind" }, "Comparison"),
    heading(`${a.label} and ${b.label}`),
    make("div", { className: "buttons" }, button("Find path", () => findPaths(a, b))),
    direct.length ? [make("h2", {}, "Stated of the two"), ...direct.map((edge, k) => make("div", {}, make("p", { className: "facts" }, named(edge.head.label), ` ${words(edge.kind)} `, named(edge.tail.label), ` · ${measure(edge)}`), ...statementBlocks(edge).slice(0, k ? 1 : 3)))] : null,
    make("h2", {}, `Both are linked with (${shared.length})`), ...both.slice(0, 40),
    list(`Only ${shorten(a.label, 30)}`, onlyA), list(`Only ${shorten(b.label, 30)}`, onlyB),
  );
}

function compareNow(a, b) {
  setEnds(a, b);
  goTo({ compare: [a, b], selected: null, focus: [] }, { fit: true });
  announce(`${a.label} and ${b.label}: ${plural(compared([a, b]).shared.length, "shared neighbour")}`);
}

// --- the two fields --------------------------------------------------------------------------------------------

function setEnds(from, to) {
  ends.from = from;
  ends.to = to;
  byId("path-from").value = from ? from.label : "";
  byId("path-to").value = to ? to.label : "";
}

function startPath(node, compare = false) {
  setEnds(node, null);
  byId("filters").classList.add("open");
  byId("path-to").focus();
  announce(`Choose a concept to ${compare ? "compare with" : "reach from"} ${node.label}`);
}

/** Return the node that a field names: the one picked, else the best that its text finds. */
function endOf(which) {
  const field = byId(`path-${which}`);
  if (ends[which] && field.value === ends[which].label) return ends[which];
  const [best] = find(field.value, isConcept);
  if (best) { ends[which] = best[0]; field.value = best[0].label; return best[0]; }
  field.focus();
  announce(field.value ? `No concept “${field.value}”` : "Name two concepts");
  return null;
}

function withEnds(call) {
  const from = endOf("from");
  const to = from && endOf("to");
  if (!to) return;
  byId("filters").classList.remove("open");
  call(from, to);
  panelHeading()?.focus({ preventScroll: true });
}

for (const which of ["from", "to"]) {
  combobox(byId(`path-${which}`), byId(`${which}-hits`), (node) => {
    ends[which] = node;
    byId(`path-${which}`).value = node.label;
    byId(which === "from" ? "path-to" : "find-path").focus();
  }, { accept: isConcept });
}
byId("find-path").addEventListener("click", () => withEnds(findPaths));
byId("compare").addEventListener("click", () => withEnds(compareNow));
byId("swap").addEventListener("click", () => setEnds(ends.to, ends.from));
