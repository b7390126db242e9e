// Start: keys, theme, buttons, and the first scene.

// --- keys on the graph -----------------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Select the neighbour that lies most in the direction of the arrow; without a selection, the heaviest node. */
function step([dx, dy]) {
  const from = state.selected;
  if (!from || !scene.shown.has(from)) {
    const [first] = labelOrder;
    if (first) select(first, { follow: true });
    return;
  }
  let best = null;
  let score = 0.2;
  for (const edge of scene.edges) {
    if (edge.head !== from && edge.tail !== from) continue;
    const to = other(edge, from);
    const gap = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const along = ((to.x - from.x) * dx + (to.y - from.y) * dy) / gap;
    // In the direction first, near second.
    const value = along - gap / 20_000;
    if (to !== from && value > score) { best = to; score = value; }
  }
  if (best) select(best, { follow: scene.mode === "map" });
  else announce(`No neighbour of ${from.label} in that direction`);
}

byId("graph").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (ARROWS[event.key]) step(ARROWS[event.key]);
  else if (event.key === "Enter" && state.selected) focusOn([state.selected]);
  else if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "f" || event.key === "F") drawScene({ fit: true });
  else return;
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox" && event.target.type !== "range";
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "Escape" && !typing) {
    if (byId("download").open) byId("download").open = false;
    else if (byId("filters").classList.contains("open")) showFilters(false);
    else goBack();
  }
});
document.addEventListener("click", (event) => {
  if (!byId("download").contains(event.target)) byId("download").open = false;
});

// --- buttons ---------------------------------------------------------------------------------------------------

// The address holds the view, so the link to the panel must not change it.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("panel").focus();
});
byId("zoom-in").addEventListener("click", () => zoom(1.3));
byId("zoom-out").addEventListener("click", () => zoom(1 / 1.3));
byId("fit").addEventListener("click", () => drawScene({ fit: true }));

function showFilters(open) {
  byId("filters").classList.toggle("open", open);
  byId("show-filters").setAttribute("aria-expanded", String(open));
}
byId("show-filters").addEventListener("click", () => showFilters(!byId("filters").classList.contains("open")));
byId("stage").addEventListener("pointerdown", () => showFilters(false));

byId("copy-link").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    announce("Link copied");
    byId("copy-link").textContent = "Copied";
  } catch {
    announce("The browser does not allow copying here; the link is in the address bar");
    byId("copy-link").textContent = "In the address bar";
  }
  setTimeout(() => { byId("copy-link").textContent = "Copy link"; }, 2000);
});

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = dark ? "Light" : "Dark";
  colorCache = new Map();
  network.redraw();
}
byId("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme !== "dark"));
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
prefersDark.addEventListener("change", (event) => setTheme(event.matches));

// --- start -----------------------------------------------------------------------------------------------------

function start() {
  setTheme(prefersDark.matches);
  buildFilters();
  if (readHash()) return;
  const { focus, paths } = DATA.opening;
  if (paths) openingPaths();
  else if (focus.length) focusOn(focus.map((i) => nodes[i]));
  else wholeMap();
}

window.addEventListener("hashchange", () => { if (!readHash()) wholeMap(); });
window.addEventListener("resize", () => { if (scene.nodes.length && state.view === "graph") drawScene({ fit: scene.mode !== "map" }); });

start();
// For tests and for whoever scripts the page: what is shown, and the texts of the downloads.
window.explorer = { state, scene, nodes, edges, network, svgText, csvText, jsonText, findPaths, focusOn, ready: performance.now() };
