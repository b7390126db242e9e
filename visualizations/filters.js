// The filters, which are the legend too: kinds with their shape and colour, relations, papers, confidence and years.

function counted(list, key) {
  const out = new Map();
  for (const item of list) out.set(key(item), (out.get(key(item)) ?? 0) + 1);
  return out;
}

function filtersChanged() {
  if (state.path) findPaths(state.path.from, state.path.to);
  else refresh({ fit: scene.mode !== "map" });
  announce(`${plural(scene.nodes.length, "node")} and ${plural(scene.edges.length, "relation")} shown`);
}

function toggle(set, name, text, mark, title) {
  const box = make("input", { type: "checkbox", checked: set().has(name), "data-name": name, on: { change: () => {
    if (box.checked) set().add(name);
    else set().delete(name);
    filtersChanged();
  } } });
  return make("label", { className: "row", title: title || null }, box, mark, make("span", {}, text), make("span", { className: "number" }));
}

function buildFilters() {
  const kinds = KINDS.filter((kind) => nodes.some((node) => node.kind === kind));
  byId("kinds").append(...kinds.map((kind) => toggle(() => state.filters.kinds, kind, PLURALS[kind], icon(kind))));
  byId("relations").append(...DATA.relations.map(([name, meaning]) => toggle(() => state.filters.relations, name, words(name), null, meaning)));
  const most = Math.max(1, ...nodes.filter(isConcept).map((node) => node.papers));
  byId("min-papers").max = Math.min(most, 20);
  byId("min-papers").closest("label").hidden = most < 2;
  byId("min-papers").addEventListener("input", (event) => { state.filters.minPapers = Number(event.target.value); filtersChanged(); });
  byId("min-confidence").addEventListener("input", (event) => { state.filters.minConfidence = Number(event.target.value); filtersChanged(); });
  byId("years").hidden = YEARS.length < 2;
  for (const [id, end] of [["year-from", 0], ["year-to", 1]]) {
    const slider = byId(id);
    slider.min = YEARS[0] ?? 0;
    slider.max = YEARS[YEARS.length - 1] ?? 0;
    slider.addEventListener("input", () => {
      state.filters.years[end] = Number(slider.value);
      // The two never cross: the other one gives way.
      const [from, to] = state.filters.years;
      if (from > to) state.filters.years[1 - end] = Number(slider.value);
      filtersChanged();
    });
  }
  for (const id of ["reset", "reset-too"]) byId(id).addEventListener("click", () => { state.filters = startingFilters(); filtersChanged(); });
}

/** Show the present filters and the counts of what is on the stage. */
function refreshFilters() {
  const { filters } = state;
  const shownKinds = counted(scene.nodes, (node) => node.kind);
  const shownRelations = counted(scene.edges, (edge) => edge.kind);
  for (const [id, set, shown] of [["kinds", filters.kinds, shownKinds], ["relations", filters.relations, shownRelations]]) {
    for (const row of byId(id).querySelectorAll("label.row")) {
      const box = row.querySelector("input");
      const name = box.dataset.name;
      box.checked = set.has(name);
      row.classList.toggle("off", !set.has(name));
      row.querySelector(".number").textContent = (shown.get(name) ?? 0).toLocaleString("en");
    }
  }
  byId("min-papers").value = filters.minPapers;
  byId("min-papers-value").textContent = filters.minPapers;
  byId("min-confidence").value = filters.minConfidence;
  byId("min-confidence-value").textContent = filters.minConfidence.toFixed(2);
  [byId("year-from").value, byId("year-to").value] = filters.years;
  byId("years-value").textContent = filters.years.join("–");
  byId("count").textContent = `${scene.nodes.length.toLocaleString("en")} of ${plural(nodes.length, "node")} and ${scene.edges.length.toLocaleString("en")} of ${plural(edges.length, "relation")} shown`;
  byId("left-out").textContent = DATA.leftOut ? `Left out of this page: ${DATA.leftOut}` : "";
}
listeners.push(refreshFilters);
