// Evidence: the sentences behind a relation, with the words marked that name its ends, and the paper they stand in.

/** Return the sentence as text and <mark> elements; spans are code points from its start. */
function marked(sentence, spans) {
  const characters = Array.from(sentence);
  const parts = [];
  let at = 0;
  for (const [start, end, role] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start < at || end > characters.length || start >= end) continue;
    parts.push(characters.slice(at, start).join(""), make("mark", { className: role }, characters.slice(start, end).join("")));
    at = end;
  }
  parts.push(characters.slice(at).join(""));
  return parts.filter((part) => part !== "");
}

function paperLine(paper, confidence) {
  const link = webLink(paper.url);
  const node = nodeOf.get(paper.key);
  const who = paper.authors.length ? paper.authors[0] + (paper.n_authors > 1 ? " et al." : "") : "";
  const facts = [who, paper.date, paper.venue, confidence === null ? "" : `confidence ${sureness(confidence)}`].filter(Boolean).join(" · ");
  const title = link
    ? make("a", { href: link, target: "_blank", rel: "noopener noreferrer", className: "name" }, paper.title)
    : named(paper.title);
  return make("footer", {}, title, facts ? ` · ${facts}` : "", node && link ? [" · "] : "", node ? button(link ? "in the graph" : " (in the graph)", () => focusOn([node]), { className: "link" }) : null);
}

function statementBlocks(edge) {
  const said = statements(edge);
  const blocks = said.map((s) =>
    make("div", { className: "statement" }, make("blockquote", { dir: "auto" }, ...marked(s.sentence, s.spans)), paperLine(s.paper, s.confidence)));
  const rest = edge.statements - said.length;
  if (rest > 0) blocks.push(make("p", { className: "more" }, `and ${plural(rest, "more sentence")}, less sure`));
  if (!said.length) blocks.push(make("p", { className: "more" }, "No sentence is on this page."));
  return blocks;
}

const measure = (edge) => `${edge.papers > 1 ? plural(edge.papers, "paper") + " · " : ""}${sureness(edge.confidence)}`;

/** One relation as a line that opens its sentences; they are made when first opened. */
function relationLine(edge, from, { open = false } = {}) {
  const end = other(edge, from);
  const box = make("details", { className: "relation" },
    make("summary", {}, icon(end.kind), named(shorten(end.label, 90)), make("span", { className: "measure", title: "Confidence" }, measure(edge))));
  const fill = () => {
    if (box.childElementCount > 1) return;
    box.append(...statementBlocks(edge), make("div", { className: "statement" }, make("div", { className: "buttons" },
      button(`Go to ${shorten(end.label, 40)}`, () => focusOn([end]), { className: "link" }))));
  };
  box.addEventListener("toggle", () => { if (box.open) fill(); });
  if (open) { fill(); box.open = true; }
  return box;
}
