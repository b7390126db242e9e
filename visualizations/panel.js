// The panel at the side: what is selected, told in words and sentences.

const MOST_LINES = 40; // relations of one kind that are listed at once

const panelHeading = () => byId("panel").querySelector("h3");

function showPanel(...content) {
  const panel = byId("panel");
  // Whoever came here by a link inside the panel goes on from its new heading, not from the top of the page.
  const inside = panel.contains(document.activeElement);
  panel.replaceChildren(...content.flat().filter(Boolean));
  panel.scrollTop = 0;
  if (inside) panelHeading()?.focus({ preventScroll: true });
}

const heading = (text) => make("h3", { tabIndex: -1, className: "name" }, text);

function refreshPanel() {
  if (state.edge) edgePanel(state.edge);
  else if (scene.mode === "path") pathPanel();
  else if (scene.mode === "compare") comparePanel();
  else if (state.selected) nodePanel(state.selected);
  else startPanel();
}

function nodePanel(node) {
  const paper = node.kind === "Paper" ? paperOf.get(node.key) : null;
  showPanel(
    make("p", { className: "kind" }, icon(node.kind), node.kind),
    heading(node.label),
    paper ? paperFacts(paper) : conceptFacts(node),
    node.note ? make("p", { className: "note" }, node.note) : null,
    make("div", { className: "buttons" },
      state.focus.includes(node) && state.focus.length === 1 ? null : button("Focus", () => focusOn([node]), { className: "primary" }),
      paper ? null : button("Path from here", () => startPath(node)),
      paper ? null : button("Compare with …", () => startPath(node, true))),
    relationSections(node),
  );
}

function conceptFacts(node) {
  const facts = [`named in ${plural(node.papers, "paper")}`];
  if (node.first) facts.push(`first seen ${node.first}`);
  const out = [make("p", { className: "facts" }, facts.join(" · "))];
  if (node.aliases.length) {
    const most = 8;
    const shown = node.aliases.slice(0, most).map((alias, k) => (node.counts[k] > 1 ? `${alias} (${node.counts[k]})` : alias));
    const rest = node.aliases.length - shown.length;
    out.push(make("p", { className: "facts" }, "also ", named(shown.join(", ")), rest > 0 ? ` and ${rest} more` : ""));
  }
  return out;
}

function paperFacts(paper) {
  const link = webLink(paper.url);
  const authors = paper.authors.join(", ") + (paper.n_authors > paper.authors.length ? ` and ${paper.n_authors - paper.authors.length} more` : "");
  return [
    authors ? make("p", { className: "facts" }, named(authors)) : null,
    make("p", { className: "facts" }, [paper.date, paper.venue].filter(Boolean).join(" · ")),
    link ? make("p", {}, make("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Read the paper")) : null,
  ];
}

/** The relations of a node by type and direction, surest and most often stated first; the very first one open. */
function relationSections(node) {
  const groups = new Map();
  for (const edge of node.edges) {
    if (!edgePasses(edge)) continue;
    const forward = SYMMETRIC.has(edge.kind) || edge.head === node;
    const key = `${edge.kind} ${forward}`;
    if (!groups.has(key)) groups.set(key, { edge, forward, list: [] });
    groups.get(key).list.push(edge);
  }
  // What the node is and serves first, then what others are to it, comparisons, and last what papers do with it.
  const order = ({ edge, forward }) =>
    (isRole(edge) ? 400 : SYMMETRIC.has(edge.kind) ? 300 : forward ? 0 : 200) + DATA.relations.findIndex(([name]) => name === edge.kind);
  const sections = [...groups.values()].sort((a, b) => order(a) - order(b));
  if (!sections.length) return [make("p", { className: "note" }, "No relation passes the filters.")];
  return sections.flatMap(({ edge, forward, list }, s) => {
    list.sort((a, b) => strength(b) - strength(a) || a.i - b.i);
    const lines = list.slice(0, MOST_LINES).map((e, k) => relationLine(e, node, { open: s === 0 && k === 0 }));
    const rest = list.slice(MOST_LINES);
    const more = rest.length ? button(`Show ${rest.length} more`, (event) => event.target.replaceWith(...rest.map((e) => relationLine(e, node)))) : null;
    return [make("h2", {}, `${words(edge.kind, forward)} (${list.length})`), ...lines, more];
  });
}

function edgePanel(edge) {
  const meaning = DATA.relations.find(([name]) => name === edge.kind)?.[1];
  showPanel(
    make("p", { className: "kind" }, "Relation"),
    heading(words(edge.kind)),
    make("p", { className: "facts", title: meaning || null }, `confidence ${sureness(edge.confidence)} · stated in ${plural(edge.papers, "paper")}`),
    make("ol", { className: "chain" },
      stop(edge.head), make("li", { className: "step" }, make("p", { className: "said" }, words(edge.kind)), ...statementBlocks(edge)), stop(edge.tail)),
  );
}

const stop = (node) => make("li", { className: "stop" }, icon(node.kind), button(node.label, () => focusOn([node]), { className: "link name" }));

const chip = (node, call = () => focusOn([node])) =>
  make("button", { type: "button", on: { click: call } }, icon(node.kind), named(shorten(node.label, 48)), isConcept(node) ? make("small", {}, String(node.papers)) : null);

function startPanel() {
  const sections = KINDS.filter((kind) => kind !== "Paper").flatMap((kind) => {
    const top = nodes.filter((node) => node.kind === kind).sort(byWeight).slice(0, 8);
    return top.length ? [make("h2", {}, `${PLURALS[kind]} that most papers name`), make("div", { className: "chips" }, ...top.map((n) => chip(n)))] : [];
  });
  const topics = topicsNow.filter((topic) => topic.name).slice(0, 14);
  showPanel(
    heading(DATA.title),
    make("p", { className: "facts" }, `${KINDS.map((kind) => [kind, nodes.filter((n) => n.kind === kind).length]).filter(([, n]) => n).map(([kind, n]) => plural(n, kind.toLowerCase())).join(", ")} and ${plural(edges.length, "relation")}, each with the sentences that state it.`),
    DATA.leftOut ? make("p", { className: "note" }, `Left out, as the page would be too slow: ${DATA.leftOut}. A page on some concepts has all of theirs.`) : null,
    sections,
    topics.length ? [make("h2", {}, "Topics"), make("div", { className: "chips" }, ...topics.map((topic) => button(shorten(topic.name, 52), () => showTopic(topic))))] : null,
    make("h2", {}, "Keys"),
    make("div", { className: "keys" },
      ...[["/", "search"], ["← → ↑ ↓", "to the neighbour in that direction"], ["Enter", "focus on the selected"], ["+ −", "zoom"], ["F", "fit to window"], ["Esc", "back"]]
        .flatMap(([key, does]) => [make("kbd", {}, key), make("span", {}, does)])),
  );
}

function showTopic(topic) {
  const box = byId("graph");
  const scale = Math.min(box.clientWidth, box.clientHeight) / (2 * topic.radius + 80);
  network.moveTo({ position: { x: topic.x, y: topic.y }, scale: Math.min(scale, 1.5), animation: calm.matches ? false : { duration: 300, easingFunction: "easeInOutQuad" } });
  announce(`Topic ${topic.name}`);
}

/** The line over the stage: where the reader is, and the ways out. */
function refreshCrumb() {
  const crumb = byId("crumb");
  crumb.hidden = scene.mode === "map" || state.view === "table";
  if (crumb.hidden) return;
  const back = button("← Whole graph", wholeMap, { id: "whole" });
  if (scene.mode !== "focus") return crumb.replaceChildren(back);
  const hops = make("div", { className: "group", role: "group", "aria-label": "Hops" },
    ...[1, 2, 3].map((n) => button(n === 1 ? "1 hop" : String(n), () => focusOn(state.focus, n), { "aria-pressed": String(state.hops === n), "aria-label": plural(n, "hop") })));
  const note = scene.hidden ? make("p", {}, `the ${scene.nodes.length - state.focus.length} strongest of ${scene.nodes.length - state.focus.length + scene.hidden}`) : null;
  crumb.replaceChildren(back, hops, ...(note ? [note] : []));
}
listeners.push(refreshPanel, refreshCrumb);
