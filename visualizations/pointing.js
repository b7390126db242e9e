// What the pointer is on, and what a click, a double click and a drag do.

function nodeAt(point) {
  const slack = 4 / network.getScale();
  let best = null;
  let gap = Infinity;
  for (const node of scene.nodes) {
    const distance = Math.hypot(node.x - point.x, node.y - point.y) - Math.max(node.size, 2 / network.getScale());
    if (distance < slack && distance < gap) { best = node; gap = distance; }
  }
  return best;
}

function edgeAt(point) {
  const slack = 5 / network.getScale();
  let best = null;
  let gap = slack;
  for (const edge of scene.edges) {
    const h = handle(edge);
    // A bent edge is two straight pieces through the middle of its curve: near enough to point at.
    const middle = { x: (edge.head.x + 2 * h.x + edge.tail.x) / 4, y: (edge.head.y + 2 * h.y + edge.tail.y) / 4 };
    const pieces = edge.bend ? [[edge.head, middle], [middle, edge.tail]] : [[edge.head, edge.tail]];
    for (const [a, b] of pieces) {
      const dx = b.x - a.x, dy = b.y - a.y;
      const t = Math.max(0, Math.min(1, ((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
      const distance = Math.hypot(a.x + t * dx - point.x, a.y + t * dy - point.y);
      if (distance < gap) { best = edge; gap = distance; }
    }
  }
  return best;
}

// vis-network drags what this finds.
network.selectionHandler._getAllNodesOverlappingWith = (box) => {
  const found = nodeAt({ x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 });
  return found ? [found.i] : [];
};

network.on("click", ({ pointer }) => {
  const node = nodeAt(pointer.canvas);
  if (node) return select(node);
  const edge = edgeAt(pointer.canvas);
  if (edge) selectEdge(edge);
  else if (state.selected || state.edge) {
    if (scene.mode === "map" || state.edge || !state.focus.includes(state.selected)) goBack();
  }
});
network.on("doubleClick", ({ pointer }) => {
  const node = nodeAt(pointer.canvas);
  if (node) focusOn([node]);
});
network.on("dragEnd", ({ nodes: [i] }) => {
  if (i !== undefined && scene.mode === "map") nodes[i].home = { x: network.body.nodes[i].x, y: network.body.nodes[i].y };
});
byId("graph").addEventListener("mousemove", (event) => {
  if (event.buttons) return;
  const box = byId("graph").getBoundingClientRect();
  const point = network.DOMtoCanvas({ x: event.clientX - box.left, y: event.clientY - box.top });
  const found = nodeAt(point);
  byId("graph").style.cursor = found || edgeAt(point) ? "pointer" : "";
  if (found === hovered) return;
  hovered = found;
  network.redraw();
});
byId("graph").addEventListener("mouseleave", () => {
  if (!hovered) return;
  hovered = null;
  network.redraw();
});
