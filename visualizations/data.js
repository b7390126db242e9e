// The data block, turned from columns into nodes and edges that know each other.

const DATA = JSON.parse(byId("data").textContent);

const KINDS = ["Method", "Task", "Dataset", "Paper"];
const PLURALS = { Method: "Methods", Task: "Tasks", Dataset: "Datasets", Paper: "Papers" };

// How each relation reads from its head, and from its tail.
const WORDS = {
  PART_OF: ["is part of", "has as a part"],
  SUBCLASS_OF: ["is a kind of", "has as a kind"],
  SUBTASK_OF: ["is a subtask of", "has as a subtask"],
  BENCHMARK_FOR: ["is a benchmark for", "is measured by"],
  TRAINED_WITH: ["is trained on", "is used to train"],
  EVALUATED_WITH: ["is evaluated on", "is used to evaluate"],
  USED_FOR: ["is used for", "is served by"],
  COMPARED_WITH: ["is compared with", "is compared with"],
  VARIANT_OF: ["is a variant of", "has as a variant"],
  INTRODUCES: ["introduces", "is introduced by"],
  USES: ["uses", "is used by"],
  ADDRESSES: ["addresses", "is addressed by"],
  EVALUATES_ON: ["evaluates on", "is used for evaluation by"],
  COMPARES: ["compares with", "is compared against by"],
  STUDIES: ["studies", "is studied by"],
  MENTIONS: ["mentions", "is mentioned by"],
};
const SYMMETRIC = new Set(["COMPARED_WITH"]);

/** Return the relation as words, read along the edge or against it. */
function words(kind, forward = true) {
  const known = WORDS[kind];
  if (known) return known[forward ? 0 : 1];
  const plain = kind.toLowerCase().replaceAll("_", " ");
  return forward ? plain : `is the end of “${plain}” from`;
}

/** Lower case, no hyphens, no plural: what a search compares. */
function normal(text) {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}+#.]+/gu, " ")
    .trim()
    .split(" ")
    .map((word) => (word.length > 3 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word))
    .join(" ");
}

const rows = (columns) => {
  const names = Object.keys(columns);
  return columns[names[0]].map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
};

const papers = rows(DATA.papers);
const nodes = rows(DATA.nodes).map((row, i) => ({
  ...row,
  i,
  home: { x: row.x, y: row.y },
  forms: [row.label, ...row.aliases].map(normal),
  edges: [],
  size: row.kind === "Paper" ? 6 : Math.min(7 + 2.4 * Math.sqrt(Math.max(row.papers - 1, 0)), 26),
}));
const edges = rows(DATA.edges).map((row, i) => ({
  i,
  kind: row.kind,
  head: nodes[row.from],
  tail: nodes[row.to],
  confidence: row.confidence,
  papers: row.papers,
  years: row.years,
  statements: row.statements,
  evidence: row.evidence,
  bend: 0,
}));

const nodeOf = new Map(nodes.map((node) => [node.key, node]));
const paperOf = new Map(papers.map((paper) => [paper.key, paper]));
const HAS_PAPERS = nodes.some((node) => node.kind === "Paper");

/** Several relations between the same two nodes are drawn side by side: give each its bend, in units of 1. */
function bendParallels() {
  const pairs = new Map();
  for (const edge of edges) {
    const key = Math.min(edge.head.i, edge.tail.i) * nodes.length + Math.max(edge.head.i, edge.tail.i);
    if (!pairs.has(key)) pairs.set(key, []);
    pairs.get(key).push(edge);
  }
  for (const group of pairs.values()) {
    group.forEach((edge, k) => {
      const side = edge.head.i < edge.tail.i ? 1 : -1;
      edge.bend = side * (k - (group.length - 1) / 2);
    });
  }
}

for (const edge of edges) {
  edge.head.edges.push(edge);
  if (edge.tail !== edge.head) edge.tail.edges.push(edge);
}
for (const node of nodes) {
  const own = node.kind === "Paper" && /^\d{4}/.test(node.first) ? [Number(node.first.slice(0, 4))] : null;
  node.years = own ?? [...new Set(node.edges.flatMap((edge) => edge.years))];
  node.degree = node.edges.length;
}
bendParallels();

const other = (edge, node) => (edge.head === node ? edge.tail : edge.head);
const isConcept = (node) => node.kind !== "Paper";
const isRole = (edge) => edge.head.kind === "Paper";

/** What matters first: concepts that most papers name. */
const byWeight = (a, b) => isConcept(b) - isConcept(a) || b.papers - a.papers || b.degree - a.degree || a.i - b.i;

/** The statements of an edge as objects: sentence, confidence, marked spans (code points), paper. */
function statements(edge) {
  const out = [];
  for (let k = 0; k < edge.evidence.length; k += 7) {
    const [sentence, confidence, headStart, headEnd, tailStart, tailEnd, paper] = edge.evidence.slice(k, k + 7);
    const spans = [];
    if (headStart >= 0) spans.push([headStart, headEnd, "head"]);
    if (tailStart >= 0) spans.push([tailStart, tailEnd, "tail"]);
    out.push({ sentence: DATA.sentences[sentence], confidence, spans, paper: papers[paper] });
  }
  return out;
}
