// The same scene as a table: for reading, for screen readers, for who prefers rows to a picture.

const ROWS_AT_ONCE = 300;
const tables = {
  nodes: {
    title: "Concepts and papers",
    rows: () => scene.nodes,
    columns: [
      ["Name", (n) => n.label, (n) => button(n.label, () => { state.view = "graph"; focusOn([n]); }, { className: "link name" })],
      ["Kind", (n) => n.kind],
      ["Papers", (n) => (isConcept(n) ? n.papers : ""), null, true],
      ["Relations", (n) => n.edges.filter(edgePasses).length, null, true],
      ["Since", (n) => n.first],
    ],
    sort: { column: 2, down: true },
  },
  relations: {
    title: "Relations",
    rows: () => scene.edges,
    columns: [
      ["From", (e) => e.head.label],
      ["Relation", (e) => words(e.kind), (e) => button(words(e.kind), () => selectEdge(e), { className: "link" })],
      ["To", (e) => e.tail.label],
      ["Confidence", (e) => e.confidence, (e) => sureness(e.confidence), true],
      ["Papers", (e) => e.papers, null, true],
    ],
    sort: { column: 3, down: true },
  },
};
let tableShown = "nodes";
let rowsShown = ROWS_AT_ONCE;

function refreshTable() {
  const here = state.view === "table";
  byId("table").hidden = !here;
  byId("graph").hidden = byId("tools").hidden = here;
  byId("show-table").setAttribute("aria-pressed", String(here));
  byId("show-graph").setAttribute("aria-pressed", String(!here));
  if (!here) return;
  const table = tables[tableShown];
  const { column, down } = table.sort;
  const value = table.columns[column][1];
  const compare = (a, b) => {
    const x = value(a), y = value(b);
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en");
    return (down ? -order : order) || a.i - b.i;
  };
  const list = [...table.rows()].sort(compare);
  const head = table.columns.map(([name, , , numeric], k) =>
    make("th", { scope: "col", className: numeric ? "number" : "", "aria-sort": k === column ? (down ? "descending" : "ascending") : null },
      button(name + (k === column ? (down ? " ↓" : " ↑") : ""), () => { table.sort = { column: k, down: k === column ? !down : Boolean(numeric) }; refreshTable(); })));
  const body = list.slice(0, rowsShown).map((item) =>
    make("tr", {}, ...table.columns.map(([, get, show, numeric], k) =>
      make(k ? "td" : "th", { scope: k ? null : "row", className: numeric ? "number" : "name" }, show ? show(item) : String(get(item))))));
  byId("table").replaceChildren(
    make("div", { className: "buttons" },
      make("div", { className: "group", role: "group", "aria-label": "Rows" }, ...Object.entries(tables).map(([name, t]) =>
        button(t.title, () => { tableShown = name; rowsShown = ROWS_AT_ONCE; refreshTable(); }, { "aria-pressed": String(name === tableShown) })))),
    make("table", {}, make("caption", {}, `${where()}${plural(list.length, "row")} that the filters let through`), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)),
    ...(list.length > rowsShown ? [make("div", { className: "buttons" }, button(`Show ${Math.min(ROWS_AT_ONCE, list.length - rowsShown)} more`, () => { rowsShown += ROWS_AT_ONCE; refreshTable(); }))] : []),
  );
}

function where() {
  if (scene.mode === "focus") return `Neighbourhood of ${state.focus.map((n) => n.label).join(", ")}: `;
  if (scene.mode === "path") return `Paths from ${state.path.from.label} to ${state.path.to.label}: `;
  if (scene.mode === "compare") return `${state.compare.map((n) => n.label).join(" and ")}: `;
  return "";
}

function showView(view) {
  state.view = view;
  refresh({ fit: view === "graph" });
  announce(view === "table" ? `Table with ${plural(tables[tableShown].rows().length, "row")}` : "Graph");
}
byId("show-graph").addEventListener("click", () => showView("graph"));
byId("show-table").addEventListener("click", () => showView("table"));
listeners.push(refreshTable);
