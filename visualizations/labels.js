// Labels of nodes, relations and topics: in screen pixels, in order of weight, none over another.

let labelOrder = [];

/** A set of taken rectangles, in cells of 64 pixels. */
function crowd() {
  const cells = new Map();
  return (left, top, right, bottom) => {
    const touched = [];
    for (let x = Math.floor(left / 64); x <= Math.floor(right / 64); x += 1) {
      for (let y = Math.floor(top / 64); y <= Math.floor(bottom / 64); y += 1) {
        const list = cells.get(x * 4096 + y) ?? [];
        if (list.some((r) => left < r[2] && right > r[0] && top < r[3] && bottom > r[1])) return false;
        touched.push([x * 4096 + y, list]);
      }
    }
    for (const [key, list] of touched) { list.push([left, top, right, bottom]); cells.set(key, list); }
    return true;
  };
}

function haloText(c, text, x, y) {
  c.strokeText(text, x, y);
  c.fillText(text, x, y);
}

function drawLabels(c, v, screen, free) {
  const diagram = scene.mode !== "map";
  const first = [hovered, state.selected, ...(standing ? standing.nodes : [])].filter((n) => n && scene.shown.has(n));
  const bright = new Set(first);
  let left = 160;
  for (const node of new Set([...first, ...labelOrder])) {
    if (left <= 0) break;
    if (standing && scene.mode === "map" && !bright.has(node)) continue;
    const { x, y } = screen(node);
    if (x < -60 || y < -30 || x > v.width + 60 || y > v.height + 30) continue;
    const size = diagram ? 13 : Math.min(10.5 + node.size * 0.24, 15);
    const weight = node === state.selected || state.focus.includes(node) ? 650 : 400;
    const lines = labelLines(node.label);
    const wide = Math.max(...lines.map((line) => textWidth(line, size, weight)));
    const radius = Math.max(node.size * v.scale, 2) * 1.1 + 3;
    const high = lines.length * size * 1.2;
    // In a comparison the outer columns are lists: their labels stand beside the nodes.
    const side = scene.mode === "compare" ? Math.sign(node.x) * Number(Math.abs(node.x) > 300) : 0;
    const top = side ? y - high / 2 : y + radius;
    const middle = x + side * (radius + wide / 2 + 3);
    const must = node === hovered || node === state.selected || state.focus.includes(node);
    if (!free(middle - wide / 2 - 2, top, middle + wide / 2 + 2, top + high) && !must) continue;
    c.globalAlpha = standing && !bright.has(node) ? 0.75 : 1;
    c.font = `${weight} ${size}px ${FONT}`;
    c.fillStyle = color("text");
    lines.forEach((line, i) => haloText(c, line, middle, top + i * size * 1.2));
    left -= 1;
  }
  c.globalAlpha = 1;
}

/** Topic names: placed before the nodes' labels, so that they are never the ones to give way. */
function drawTopicNames(c, v, screen, free) {
  if (v.scale > 1.3 || standing) return;
  c.fillStyle = color("muted");
  for (const topic of topicsNow) {
    if (topic.radius * v.scale < 34 || !topic.name) continue;
    const at = screen({ x: topic.x, y: topic.y - topic.radius });
    const size = Math.min(11 + Math.sqrt(topic.size) * 0.45, 16);
    c.font = `650 ${size}px ${FONT}`;
    const text = shorten(topic.name, 40);
    const wide = textWidth(text, size, 650);
    // Whole at the edge of the stage too, while its topic is on it.
    if (at.x < 0 || at.x > v.width || at.y < -2 * topic.radius * v.scale || at.y > v.height) continue;
    const x = Math.min(Math.max(at.x, wide / 2 + 8), v.width - wide / 2 - 8);
    const y = Math.max(at.y, size + 8);
    if (free(x - wide / 2 - 4, y - size - 2, x + wide / 2 + 4, y + 4)) haloText(c, text, x, y - size);
  }
}

/** The relation's words along its edge, where there is room. */
function drawEdgeLabels(c, v, screen, free) {
  const list = scene.mode === "path" ? scene.edges : standing ? [...standing.edges] : scene.edges.length < 90 && scene.mode !== "map" ? scene.edges : [];
  const weak = weakestEdge();
  c.font = `12px ${FONT}`;
  c.textBaseline = "middle";
  for (const edge of list) {
    const a = screen(edge.head), b = screen(edge.tail);
    const text = words(edge.kind);
    const wide = textWidth(text, 12);
    const room = Math.hypot(b.x - a.x, b.y - a.y) - (edge.head.size + edge.tail.size) * v.scale;
    if (room < wide + 24) continue;
    const h = handle(edge);
    const middle = screen(edge.bend ? { x: (h.x + (edge.head.x + edge.tail.x) / 2) / 2, y: (h.y + (edge.head.y + edge.tail.y) / 2) / 2 } : h);
    let angle = Math.atan2(b.y - a.y, b.x - a.x);
    if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
    const halfX = (Math.abs(Math.cos(angle)) * wide) / 2 + 3, halfY = (Math.abs(Math.sin(angle)) * wide) / 2 + 7;
    if (!free(middle.x - halfX, middle.y - halfY, middle.x + halfX, middle.y + halfY) && scene.mode !== "path") continue;
    const bright = !standing || standing.edges.has(edge);
    c.save();
    c.translate(middle.x, middle.y);
    c.rotate(angle);
    c.globalAlpha = bright ? 1 : 0.7;
    c.fillStyle = edge === weak ? color("warn") : standing && bright ? color("accent") : color("muted");
    const ink = c.fillStyle;
    c.fillStyle = color("back");
    c.fillRect(-wide / 2 - 4, -8, wide + 8, 16);
    c.fillStyle = ink;
    c.fillText(text, 0, 0);
    c.restore();
  }
}

network.on("afterDrawing", (c) => {
  const ratio = c.canvas.width / c.canvas.clientWidth || 1;
  const v = { ...view(), width: c.canvas.clientWidth, height: c.canvas.clientHeight };
  const screen = ({ x, y }) => ({ x: (x - v.left) * v.scale, y: (y - v.top) * v.scale });
  const free = crowd();
  c.save();
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.textAlign = "center";
  c.textBaseline = "top";
  c.lineJoin = "round";
  c.lineWidth = 3.5;
  c.strokeStyle = color("back");
  // The shapes themselves are taken room, so that no label lies across another node.
  if (scene.mode !== "map") for (const n of scene.nodes) { const p = screen(n), r = n.size * v.scale; free(p.x - r, p.y - r, p.x + r, p.y + r); }
  drawTopicNames(c, v, screen, free);
  drawLabels(c, v, screen, free);
  drawEdgeLabels(c, v, screen, free);
  c.restore();
});
