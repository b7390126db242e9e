// What is on the stage, as files. Every text from a paper is escaped for the format it goes into.

const fileName = (ending) => `${normal(DATA.title).replaceAll(" ", "-").slice(0, 60) || "graph"}.${ending}`;

function save(ending, type, content) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  make("a", { href: url, download: fileName(ending) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  announce(`${ending.toUpperCase()} saved`);
}

function savePng() {
  const canvas = byId("graph").querySelector("canvas");
  const copy = make("canvas", { width: canvas.width, height: canvas.height });
  const c = copy.getContext("2d");
  c.fillStyle = color("back");
  c.fillRect(0, 0, copy.width, copy.height);
  c.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => save("png", "image/png", blob));
}

// Characters that XML cannot hold at all are dropped, the others with a meaning there are escaped.
const xml = (text) =>
  String(text)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/[&<>"']/g, (c) => `&#${c.codePointAt(0)};`);

function svgText() {
  const pad = 90;
  const xs = scene.nodes.map((n) => n.x), ys = scene.nodes.map((n) => n.y);
  const left = Math.min(...xs) - pad, top = Math.min(...ys) - pad;
  const width = Math.max(...xs) + pad - left, height = Math.max(...ys) + pad - top;
  const n = (value) => Math.round(value * 10) / 10;
  const lines = scene.edges.map((edge) => {
    const { x, y } = handle(edge);
    const line = edge.bend ? `Q${n(x)} ${n(y)} ${n(edge.tail.x)} ${n(edge.tail.y)}` : `L${n(edge.tail.x)} ${n(edge.tail.y)}`;
    return `<path d="M${n(edge.head.x)} ${n(edge.head.y)}${line}"><title>${xml(edge.head.label)} ${xml(words(edge.kind))} ${xml(edge.tail.label)}</title></path>`;
  });
  const shapes = scene.nodes.map((node) => `<path d="${shapePath(node.kind, node.x, node.y, node.size)}" fill="${color(node.kind.toLowerCase())}"><title>${xml(node.label)}</title></path>`);
  // As on the stage, a label that would lie on another is left out; its title is still there.
  const free = crowd();
  const labels = labelOrder.flatMap((node) => {
    const parts = labelLines(node.label);
    const wide = Math.max(...parts.map((part) => textWidth(part, 13)));
    const under = node.y + node.size + 15;
    if (!free(node.x - wide / 2 + 4096, under - 13 + 4096, node.x + wide / 2 + 4096, under + 16 * parts.length - 10 + 4096)) return [];
    return parts.map((part, k) => `<text x="${n(node.x)}" y="${n(under + 15 * k)}">${xml(part)}</text>`);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${n(left)} ${n(top)} ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}">
<title>${xml(DATA.title)}</title>
<rect x="${n(left)}" y="${n(top)}" width="100%" height="100%" fill="${color("back")}"/>
<g fill="none" stroke="${color("edge")}" stroke-opacity="0.6">
${lines.join("\n")}
</g>
<g>
${shapes.join("\n")}
</g>
<g font-family="sans-serif" font-size="13" text-anchor="middle" fill="${color("text")}" stroke="${color("back")}" stroke-width="3" paint-order="stroke">
${labels.join("\n")}
</g>
</svg>
`;
}

/** A cell of a CSV file; a text that a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(value) {
  const text = String(value);
  const safe = typeof value === "string" && /^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvText() {
  const header = ["from", "relation", "to", "confidence", "papers", "sentence", "paper", "date", "link"];
  const lines = scene.edges.flatMap((edge) => {
    const said = statements(edge);
    const start = [edge.head.label, edge.kind, edge.tail.label, edge.confidence, edge.papers];
    return (said.length ? said : [null]).map((s) => (s ? [...start, s.sentence, s.paper.title, s.paper.date, webLink(s.paper.url) ?? ""] : [...start, "", "", "", ""]));
  });
  return [header, ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

function jsonText() {
  return JSON.stringify({
    title: DATA.title,
    nodes: scene.nodes.map((n) => ({ id: n.key, name: n.label, kind: n.kind, papers: n.papers, aliases: n.aliases, x: n.x, y: n.y })),
    relations: scene.edges.map((e) => ({
      head: e.head.key, type: e.kind, tail: e.tail.key, confidence: e.confidence, papers: e.papers,
      evidence: statements(e).map((s) => ({ paper: s.paper.key, title: s.paper.title, sentence: s.sentence, confidence: s.confidence })),
    })),
  }, null, 1);
}

const saving = { png: savePng, svg: () => save("svg", "image/svg+xml", svgText()), csv: () => save("csv", "text/csv", "\ufeff" + csvText()), json: () => save("json", "application/json", jsonText()) };
for (const [ending, call] of Object.entries(saving)) {
  byId(`save-${ending}`).addEventListener("click", () => { call(); byId("download").open = false; });
}
