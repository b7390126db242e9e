// The picture: vis-network keeps the view, panning, zooming and dragging; nodes, edges and labels are drawn here, in
// batches, as its own drawing is too slow from a thousand nodes on. The version is pinned by its hash, so that what is
// replaced of its renderer is known to be there. Edges stay out of vis-network: filters are then plain flags.

const SHAPES = {
  Method: (c, x, y, r) => { c.moveTo(x + r, y); c.arc(x, y, r, 0, 2 * Math.PI); },
  Dataset: (c, x, y, r) => { const s = r * 0.9; c.rect(x - s, y - s, 2 * s, 2 * s); },
  Task: (c, x, y, r) => { const s = r * 1.15; c.moveTo(x, y - s); c.lineTo(x + s, y + s * 0.75); c.lineTo(x - s, y + s * 0.75); c.closePath(); },
  Paper: (c, x, y, r) => { const s = r * 1.15; c.moveTo(x, y - s); c.lineTo(x + s, y); c.lineTo(x, y + s); c.lineTo(x - s, y); c.closePath(); },
};
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const ARROWS_UP_TO = 1200; // edges on the stage

const network = new vis.Network(
  byId("graph"),
  { nodes: new vis.DataSet(nodes.map((node) => ({ id: node.i, x: node.x, y: node.y, size: node.size, shape: "dot" }))), edges: new vis.DataSet([]) },
  {
    physics: { enabled: false },
    layout: { improvedLayout: false },
    nodes: { chosen: false },
    interaction: { hover: false, selectConnectedEdges: false, tooltipDelay: 1e9, keyboard: false, zoomSpeed: 0.7 },
  },
);
const renderer = network.renderer;
let hovered = null;

const measuring = document.createElement("canvas").getContext("2d");
const widths = new Map();
function textWidth(text, size, weight = 400) {
  const key = `${weight} ${size} ${text}`;
  if (!widths.has(key)) {
    measuring.font = `${weight} ${size}px ${FONT}`;
    widths.set(key, measuring.measureText(text).width);
  }
  return widths.get(key);
}

/** Break a label into at most two lines of about 24 characters. */
const lineCache = new Map();
function labelLines(label) {
  if (!lineCache.has(label)) {
    const text = shorten(label.replace(/\s+/g, " "), 46);
    let cut = -1;
    if (text.length > 24) {
      const middle = text.length / 2;
      for (let i = 0; i < text.length; i += 1) {
        if (text[i] === " " && (cut < 0 || Math.abs(i - middle) < Math.abs(cut - middle))) cut = i;
      }
    }
    lineCache.set(label, cut > 0 ? [text.slice(0, cut), text.slice(cut + 1)] : [shorten(text, 30)]);
  }
  return lineCache.get(label);
}

// --- what stands out -------------------------------------------------------------------------------------------

/** Return the nodes and edges that stand out now, or null when all are alike. */
function highlighted() {
  if (state.edge) return { nodes: new Set([state.edge.head, state.edge.tail]), edges: new Set([state.edge]) };
  const node = state.selected;
  if (scene.mode === "path") {
    const path = state.path.found[state.path.chosen];
    return path ? { nodes: new Set(path.nodes), edges: new Set(path.edges) } : null;
  }
  if (!node || !scene.shown.has(node)) return null;
  if (scene.mode === "focus" && state.focus.includes(node)) return null;
  const own = scene.edges.filter((edge) => edge.head === node || edge.tail === node);
  return { nodes: new Set([node, ...own.map((edge) => other(edge, node))]), edges: new Set(own) };
}
let standing = null;

function drawScene({ fit = false } = {}) {
  standing = highlighted();
  byId("nothing").hidden = scene.nodes.length > 0;
  prepareTopics();
  labelOrder = [...scene.nodes].sort(byWeight);
  if (fit) fitScene();
  network.redraw();
}

function fitScene() {
  if (!scene.nodes.length) return;
  const xs = scene.nodes.map((n) => n.x), ys = scene.nodes.map((n) => n.y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  // Room for labels at the sides and below, in pixels, and for the buttons over the stage.
  const box = byId("graph");
  const sides = { map: 0.2, focus: 0.24, path: 0.26, compare: 0.52 }[scene.mode];
  const room = { x: box.clientWidth * (1 - sides), y: box.clientHeight - Math.min(130, box.clientHeight * 0.3) };
  const scale = Math.min(room.x / (right - left || 1), room.y / (bottom - top || 1), 1.4);
  // A diagram stands a little lower, clear of the buttons above it.
  const lower = scene.mode === "map" ? 0 : 16 / scale;
  network.moveTo({ position: { x: (left + right) / 2, y: (top + bottom) / 2 - lower }, scale: Math.max(scale, 0.02), animation: false });
}

/** Show a node with those that it is linked with, as far as they fit with readable labels. */
function showAround(node) {
  const near = [node, ...scene.edges.filter((e) => e.head === node || e.tail === node).map((e) => other(e, node))];
  const reach = (axis) => Math.max(...near.map((n) => Math.abs(n[axis] - node[axis])), 60) * 2;
  const box = byId("graph");
  const scale = Math.min((box.clientWidth * 0.8) / reach("x"), (box.clientHeight * 0.8) / reach("y"), 0.9);
  network.moveTo({ position: { x: node.x, y: node.y }, scale: Math.max(scale, 0.3), animation: false });
}

function moveTo(node) {
  const scale = Math.max(network.getScale(), 0.5);
  const animation = calm.matches ? false : { duration: 250, easingFunction: "easeInOutQuad" };
  network.moveTo({ position: { x: node.x, y: node.y }, scale, animation });
}

function zoom(factor) {
  network.moveTo({ scale: Math.min(Math.max(network.getScale() * factor, 0.02), 6) });
}

// --- drawing ---------------------------------------------------------------------------------------------------

function view() {
  const box = byId("graph");
  const a = network.DOMtoCanvas({ x: 0, y: 0 });
  const b = network.DOMtoCanvas({ x: box.clientWidth, y: box.clientHeight });
  return { left: a.x, top: a.y, right: b.x, bottom: b.y, scale: network.getScale() };
}

const topicsNow = [];
/** Each topic's disc covers what is shown of it. */
function prepareTopics() {
  topicsNow.length = 0;
  if (scene.mode !== "map" || !DATA.topics.length) return;
  const members = new Map();
  for (const node of scene.nodes) {
    if (!members.has(node.topic)) members.set(node.topic, []);
    members.get(node.topic).push(node);
  }
  for (const [topic, list] of members) {
    if (topic < 0 || list.length < 4) continue;
    const x = list.reduce((sum, n) => sum + n.x, 0) / list.length;
    const y = list.reduce((sum, n) => sum + n.y, 0) / list.length;
    const radius = Math.max(...list.map((n) => Math.hypot(n.x - x, n.y - y) + n.size)) + 16;
    topicsNow.push({ name: DATA.topics[topic][0], x, y, radius, size: list.length });
  }
  topicsNow.sort((a, b) => b.size - a.size);
}

function drawTopics(c) {
  c.fillStyle = color("disc");
  c.beginPath();
  for (const topic of topicsNow) {
    c.moveTo(topic.x + topic.radius, topic.y);
    c.arc(topic.x, topic.y, topic.radius, 0, 2 * Math.PI);
  }
  c.fill();
}

/** The middle of a bent edge's curve handle; the ends themselves when it is straight. */
function handle(edge) {
  const { head: a, tail: b, bend } = edge;
  const x = (a.x + b.x) / 2, y = (a.y + b.y) / 2;
  if (!bend) return { x, y };
  const dx = b.x - a.x, dy = b.y - a.y, length = Math.hypot(dx, dy) || 1;
  const away = bend * Math.min(46, length * 0.3);
  return { x: x - (dy / length) * away, y: y + (dx / length) * away };
}

function trace(c, edge) {
  c.moveTo(edge.head.x, edge.head.y);
  if (edge.bend) {
    const { x, y } = handle(edge);
    c.quadraticCurveTo(x, y, edge.tail.x, edge.tail.y);
  } else c.lineTo(edge.tail.x, edge.tail.y);
}

function arrow(c, edge, length) {
  if (SYMMETRIC.has(edge.kind)) return;
  const { tail: b } = edge;
  const from = edge.bend ? handle(edge) : edge.head;
  const dx = b.x - from.x, dy = b.y - from.y, gap = Math.hypot(dx, dy) || 1;
  const ux = dx / gap, uy = dy / gap, r = b.size + 2;
  const x = b.x - ux * r, y = b.y - uy * r;
  c.moveTo(x, y);
  c.lineTo(x - ux * length - uy * length * 0.42, y - uy * length + ux * length * 0.42);
  c.lineTo(x - ux * length + uy * length * 0.42, y - uy * length - ux * length * 0.42);
  c.closePath();
}

function outside(edge, v) {
  const { head: a, tail: b } = edge;
  const slack = edge.bend ? 50 : 0;
  return (
    Math.max(a.x, b.x) + slack < v.left || Math.min(a.x, b.x) - slack > v.right ||
    Math.max(a.y, b.y) + slack < v.top || Math.min(a.y, b.y) - slack > v.bottom
  );
}

function strokeEdges(c, list, { tone, alpha, width, arrows, dash = [] }) {
  c.strokeStyle = c.fillStyle = tone;
  c.globalAlpha = alpha;
  c.lineWidth = width;
  c.setLineDash(dash);
  c.beginPath();
  list.forEach((edge, k) => {
    trace(c, edge);
    // Many short strokes are faster than one long.
    if (k % 100 === 99) { c.stroke(); c.beginPath(); }
  });
  c.stroke();
  c.setLineDash([]);
  if (arrows) {
    c.beginPath();
    for (const edge of list) arrow(c, edge, arrows);
    c.fill();
  }
  c.globalAlpha = 1;
}

const weakestEdge = () => (scene.mode === "path" ? state.path.found[state.path.chosen]?.weakestEdge : null);

renderer._drawEdges = (c) => {
  for (const node of scene.nodes) {
    const body = network.body.nodes[node.i];
    node.x = body.x;
    node.y = body.y;
  }
  const v = view();
  if (topicsNow.length) drawTopics(c);
  const visible = scene.edges.filter((edge) => !outside(edge, v));
  const dim = standing !== null;
  const calmEdges = dim ? visible.filter((edge) => !standing.edges.has(edge)) : visible;
  const crowded = visible.length > 600;
  const arrows = visible.length < ARROWS_UP_TO && v.scale > 0.45 ? 8 : 0;
  const width = Math.max(1, 0.8 / v.scale);
  const alpha = scene.mode === "path" ? 0.55 : dim ? 0.13 : crowded ? 0.22 : scene.mode === "map" ? 0.4 : 0.75;
  // What leads to the centres of a neighbourhood is told apart from what its nodes have among each other.
  const central = (edge) => scene.mode !== "focus" || state.focus.includes(edge.head) || state.focus.includes(edge.tail);
  const between = calmEdges.filter((edge) => !isRole(edge));
  strokeEdges(c, calmEdges.filter(isRole), { tone: color("edge"), alpha: alpha * 0.5, width: width * 0.8, arrows: 0 });
  strokeEdges(c, between.filter((edge) => !central(edge)), { tone: color("edge"), alpha: alpha * 0.45, width, arrows });
  strokeEdges(c, between.filter(central), { tone: color("edge"), alpha, width: scene.mode === "focus" ? width * 1.6 : width, arrows: scene.mode === "focus" ? arrows * 1.2 : arrows });
  if (!dim) return;
  const weak = weakestEdge();
  const bright = visible.filter((edge) => standing.edges.has(edge) && edge !== weak);
  const strong = { tone: color("accent"), alpha: 0.95, width: Math.max(2, 1.8 / v.scale), arrows: Math.max(11, 8 / v.scale) };
  strokeEdges(c, bright, strong);
  if (weak) strokeEdges(c, [weak], { ...strong, tone: color("warn"), dash: [8, 5] });
};
renderer._drawArrows = () => {};

function paintNodes(c, list, alpha, v) {
  c.globalAlpha = alpha;
  for (const kind of KINDS) {
    c.fillStyle = color(kind.toLowerCase());
    c.beginPath();
    for (const node of list) {
      if (node.kind !== kind) continue;
      const r = Math.max(node.size, 2 / v.scale);
      SHAPES[kind](c, node.x, node.y, r);
    }
    c.fill();
  }
  c.globalAlpha = 1;
}

renderer._drawNodes = (c) => {
  const v = view();
  const seen = scene.nodes.filter((n) => n.x > v.left - 30 && n.x < v.right + 30 && n.y > v.top - 30 && n.y < v.bottom + 30);
  const dim = standing !== null;
  paintNodes(c, dim ? seen.filter((n) => !standing.nodes.has(n)) : seen, dim && scene.mode !== "path" ? 0.22 : 1, v);
  if (dim) paintNodes(c, seen.filter((n) => standing.nodes.has(n)), 1, v);
  const marked = new Set(scene.mode === "path" ? [state.path.from, state.path.to] : state.compare ?? state.focus);
  if (state.selected && scene.shown.has(state.selected)) marked.add(state.selected);
  if (hovered) marked.add(hovered);
  c.strokeStyle = color("accent");
  c.lineWidth = Math.max(2.5, 2 / v.scale);
  for (const node of marked) {
    c.beginPath();
    c.arc(node.x, node.y, Math.max(node.size, 2 / v.scale) * 1.15 + 5, 0, 2 * Math.PI);
    c.stroke();
  }
  return { drawExternalLabels: null };
};
