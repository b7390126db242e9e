// Where nodes stand. The whole map comes laid out; a neighbourhood, paths and a comparison are laid out here, always the
// same way for the same nodes: stress majorization (Gansner, Koren and North 2005), then labels are pushed apart.

const HOP = 150; // canvas units; a unit is a pixel at zoom 1

function placeScene() {
  if (scene.mode === "map") scene.nodes.forEach((node) => put(node, node.home));
  else if (scene.mode === "focus") placeFocus();
  else scene.places.forEach((place, node) => put(node, place));
}

function put(node, { x, y }) {
  const body = network.body.nodes[node.i];
  body.x = node.x = x;
  body.y = node.y = y;
}

/** The centres stand in the middle; neighbours around them, those that are linked with each other side by side. */
function placeFocus() {
  const list = scene.nodes;
  if (list.length === 1) return put(list[0], { x: 0, y: 0 });
  const points = startOnRings(list);
  const hops = hopCounts(list);
  // A crowded ring needs a longer radius.
  const length = HOP * Math.max(1, Math.sqrt(list.length / 36));
  majorize(points, hops.map((row) => row.map((d) => d * length)), 160);
  keepMiddle(points, list);
  separateBoxes(points, list.map(boxOf));
  list.forEach((node, i) => put(node, points[i]));
}

function startOnRings(list) {
  const order = [...list].sort((a, b) => scene.hopOf.get(a) - scene.hopOf.get(b) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.i - b.i);
  const at = new Map();
  const perRing = new Map();
  for (const node of order) perRing.set(scene.hopOf.get(node), (perRing.get(scene.hopOf.get(node)) ?? 0) + 1);
  const seen = new Map();
  for (const node of order) {
    const hop = scene.hopOf.get(node);
    const k = seen.get(hop) ?? 0;
    seen.set(hop, k + 1);
    const angle = (2 * Math.PI * k) / perRing.get(hop) - Math.PI / 2;
    const radius = hop * HOP + (hop === 0 && state.focus.length > 1 ? HOP / 2 : 0);
    at.set(node, { x: radius * Math.cos(angle), y: radius * Math.sin(angle) });
  }
  return list.map((node) => at.get(node));
}

/** Hop counts within the scene; nodes that nothing joins count as 3 apart. */
function hopCounts(list) {
  const place = new Map(list.map((node, i) => [node, i]));
  const near = list.map(() => new Set());
  for (const edge of scene.edges) {
    near[place.get(edge.head)].add(place.get(edge.tail));
    near[place.get(edge.tail)].add(place.get(edge.head));
  }
  return list.map((_, source) => {
    const row = new Array(list.length).fill(3);
    row[source] = 0;
    let ring = [source];
    const seen = new Set(ring);
    for (let hop = 1; ring.length; hop += 1) {
      const next = [];
      for (const u of ring) for (const v of near[u]) if (!seen.has(v)) { seen.add(v); row[v] = hop; next.push(v); }
      ring = next;
    }
    return row;
  });
}

function majorize(points, wanted, rounds) {
  const n = points.length;
  for (let round = 0; round < rounds; round += 1) {
    const moved = points.map((p, i) => {
      let x = 0, y = 0, total = 0;
      for (let j = 0; j < n; j += 1) {
        if (i === j) continue;
        const dx = p.x - points[j].x, dy = p.y - points[j].y;
        const weight = 1 / (wanted[i][j] * wanted[i][j]);
        const pull = wanted[i][j] / (Math.hypot(dx, dy) + 1e-6);
        x += weight * (points[j].x + dx * pull);
        y += weight * (points[j].y + dy * pull);
        total += weight;
      }
      // Half steps: moved all at once, whole ones could swing.
      return { x: (p.x + x / total) / 2, y: (p.y + y / total) / 2 };
    });
    moved.forEach((p, i) => { points[i].x = p.x; points[i].y = p.y; });
  }
}

/** Shift everything so that the centres' middle is at (0, 0): what is asked for is in the middle of the stage. */
function keepMiddle(points, list) {
  const centres = points.filter((_, i) => scene.hopOf.get(list[i]) === 0);
  const x = centres.reduce((sum, p) => sum + p.x, 0) / centres.length;
  const y = centres.reduce((sum, p) => sum + p.y, 0) / centres.length;
  points.forEach((p) => { p.x -= x; p.y -= y; });
}

/** The room that a node and the label under it need, in canvas units at zoom 1. */
function boxOf(node) {
  const lines = labelLines(node.label);
  const width = Math.max(2 * node.size, ...lines.map((line) => textWidth(line, 13)));
  return { width: width + 16, height: 2 * node.size + 16 * lines.length + 16 };
}

function separateBoxes(points, boxes) {
  for (let round = 0; round < 300; round += 1) {
    let moved = false;
    for (let i = 0; i < points.length; i += 1) {
      for (let j = i + 1; j < points.length; j += 1) {
        const dx = points[j].x - points[i].x, dy = points[j].y - points[i].y;
        const overX = (boxes[i].width + boxes[j].width) / 2 - Math.abs(dx);
        const overY = (boxes[i].height + boxes[j].height) / 2 - Math.abs(dy);
        if (overX <= 0 || overY <= 0) continue;
        moved = true;
        // Along the shorter way out, half each; labels are wide, so this is mostly up and down.
        if (overX < overY) {
          const step = (overX / 2 + 0.5) * (dx < 0 ? -1 : 1);
          points[i].x -= step; points[j].x += step;
        } else {
          const step = (overY / 2 + 0.5) * (dy < 0 ? -1 : 1);
          points[i].y -= step; points[j].y += step;
        }
      }
    }
    if (!moved) break;
  }
}

/**
 * Paths as lanes from left to right: the chosen one straight, the others above and below it. A path that shares a stop
 * with one that has its lane goes to the same side, further out, so that their lines do not cross the chosen path.
 */
function placeLanes(found, chosen) {
  const places = new Map();
  const width = Math.max(...found.map((path) => path.nodes.length - 1)) * 250;
  const used = { 1: 0, "-1": 0 };
  for (const path of [found[chosen], ...found.filter((_, k) => k !== chosen)]) {
    const stops = path.nodes;
    const known = stops.slice(1, -1).map((node) => places.get(node)?.y ?? 0).find((y) => y !== 0);
    let lane = 0;
    if (path !== found[chosen]) {
      const side = known ? Math.sign(known) : used[1] <= used[-1] ? 1 : -1;
      used[side] += 1;
      lane = side * used[side] * 150;
    }
    stops.forEach((node, i) => {
      const end = i === 0 || i === stops.length - 1;
      if (!places.has(node)) places.set(node, { x: (width * i) / (stops.length - 1), y: end ? 0 : lane });
    });
  }
  return places;
}

/** Two concepts side by side: what both are linked with stands between them, the rest outside. */
function placeColumns([a, b], shared, onlyA, onlyB) {
  const places = new Map([[a, { x: -200, y: 0 }], [b, { x: 200, y: 0 }]]);
  const column = (list, x, gap) => list.forEach((node, i) => places.set(node, { x, y: (i - (list.length - 1) / 2) * gap }));
  column(shared, 0, 76); // labels stand below
  column(onlyA, -345, 58); // labels stand beside
  column(onlyB, 345, 58);
  return places;
}
