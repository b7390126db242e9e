"""Measures the shipped model and linking on annotated corpora, and prints the tables that the README quotes.

Published figures to hold against: SciER test, HGERE on a GPU as retrained by others 84.7 mentions and 56.7 Rel+, a 72B
language model with examples 71.4 and 41.2 (Zhang et al., 2024); TDMSci test, the authors' tagger Task 58.92 and Dataset
54.49 (Hou et al., 2021).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kg.evaluation.corpora import Document, annotated, papers, scier, scierc, tdmsci
from kg.evaluation.scoring import Counts, b_cubed, reliability
from kg.schema import KINDS, ROLES, SYNONYM

__all__ = ["evaluate", "run", "table"]

_EITHER_WAY = {SYNONYM, "Compare-With"}
# Published figures for the same rows, by corpus and by what is measured.
PUBLISHED: dict[str, dict[str, str]] = {
    "SciER test": {
        "mentions": "84.7 HGERE on a GPU, retrained by others; 71.4 a 72B language model with examples; 49.6 a 70B one without",
        "relations": "56.7; 41.2; 24.6 (the same three)",
    },
    "TDMSci test": {"Task": "58.9 the authors' tagger", "Dataset": "54.5 the authors' tagger"},
}


def run(docs: Iterable[Document], style: str, *, model: str | None = None) -> Iterator[Any]:
    """Yield each document's spaCy Doc after the pipeline, in the conventions of `style`, its words as the corpus has them."""
    import numpy as np
    from spacy.attrs import SENT_START
    from spacy.tokens import Doc

    from kg.extraction import pipeline

    nlp = pipeline(model, style)
    for document in docs:
        doc = Doc(nlp.vocab, words=document.words, spaces=[True] * len(document.words))
        doc._.title_words = document.title
        starts = [1 if i == 0 or n != document.sentence[i - 1] else -1 for i, n in enumerate(document.sentence)]
        numbers: Any = np.array(starts, dtype=np.int64).reshape(-1, 1).view(np.uint64)
        doc.from_array([SENT_START], numbers)
        for name, pipe in nlp.pipeline:
            if name != "kg_sentences":
                doc = pipe(doc)
        yield doc


def _relations(spans: list[tuple[int, int, str]], found: Iterable[tuple[Any, ...]]) -> set[tuple[object, ...]]:
    out: set[tuple[object, ...]] = set()
    for head, kind, tail, *_ in found:
        ends = [spans[head], spans[tail]]
        if kind in _EITHER_WAY:
            ends.sort()
        out.add((ends[0], kind, ends[1]))
    return out


def measure(docs: list[Document], style: str, *, model: str | None = None) -> dict[str, Any]:
    """Return the figures of one corpus: mentions (also by kind), relations (Rel+), roles, and what calibration needs."""
    mentions, relations = Counts(), Counts()
    by_kind = {kind: Counts() for kind in KINDS}
    sure: dict[str, list[tuple[float, bool]]] = {"mentions": [], "relations": []}
    right = total = 0
    for document, doc in zip(docs, run(docs, style, model=model), strict=True):
        spans = [(e.start, e.end - 1, e.label_) for e in doc.ents]
        # TDMSci has no methods: what the model calls one is not said.
        kept = [i for i, s in enumerate(spans) if style != "tdmsci" or s[2] != "Method"]
        gold = set(document.mentions)
        said = {spans[i] for i in kept}
        mentions.add(gold, said, document.n_mentions)
        for kind, counts in by_kind.items():
            counts.add({s for s in gold if s[2] == kind}, {s for s in said if s[2] == kind})
        sure["mentions"] += [(doc.ents[i]._.confidence, spans[i] in gold) for i in kept]
        want = _relations(document.mentions, document.relations)
        got = _relations(spans, doc._.relations)
        relations.add(want, got, document.n_relations)
        sure["relations"] += [(r[3], next(iter(_relations(spans, [r]))) in want) for r in doc._.relations]
        ok, n = _roles(document, doc, spans)
        right, total = right + ok, total + n
    out: dict[str, Any] = {
        "documents": len(docs),
        "mentions": mentions.figures(),
        "by_kind": {k: c.figures() for k, c in by_kind.items()},
    }
    if relations.gold:
        out["relations"] = relations.figures()
    if total:
        out["roles"] = {"accuracy": round(100 * right / total, 2), "concepts": total}
    out["reliability"] = {name: reliability(rows) for name, rows in sure.items() if rows}
    out["above_0.9"] = {
        name: {"n": len(high), "right": round(100 * sum(ok for _, ok in high) / len(high), 1)}
        for name, rows in sure.items()
        if (high := [r for r in rows if r[0] >= 0.9])
    }
    return out


def _roles(document: Document, doc: Any, spans: list[tuple[int, int, str]]) -> tuple[int, int]:
    """Return how many concepts found got the right role, and how many were found: a concept's role is the one that its found
    mentions together make most likely."""
    place = {span: i for i, span in enumerate(spans)}
    scores: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    want: dict[str, str] = {}
    for span, concept, role in zip(document.mentions, document.concepts, document.roles, strict=True):
        if role and span in place:
            scores[concept].append(doc.ents[place[span]]._.roles)
            want[concept] = role
    right = 0
    for concept, rows in scores.items():
        sums = [sum(column) for column in zip(*rows, strict=True)]
        right += ROLES[max(range(len(ROLES)), key=lambda i: (sums[i], -i))] == want[concept]
    return right, len(scores)


def _linking(path: Path) -> dict[str, float]:
    """Return B-cubed F1 of the product's linking over a file of annotated papers: on its own mentions and on gold mentions."""
    from kg.concepts import link
    from kg.extraction import extract_one
    from kg.extraction.text import sentences
    from kg.records import Extraction, Mention, Paper, Relation

    rows = papers(path)
    kept = [Paper(id=p["id"], title=p["title"], abstract=p["abstract"]) for p in rows]
    gold: dict[Any, Any] = {}
    perfect: dict[str, Extraction] = {}
    for row, paper in zip(rows, kept, strict=True):
        cuts = {"title": [(0, len(paper.title))], "abstract": sentences(paper.abstract)}
        mentions = []
        for m in row["mentions"]:
            gold[(paper.id, m["field"], m["start"], m["end"], m["type"])] = (m["concept"].casefold(), m["type"])
            around = next(((a, z) for a, z in cuts[m["field"]] if a <= m["start"] < z), (m["start"], m["end"]))
            mentions.append(
                Mention(m["field"], m["start"], m["end"], m["type"], m["text"], 1.0, around[0], around[1], (1 / 7,) * 7)
            )
        stated = tuple(Relation(r["head"], r["type"], r["tail"], 1.0) for r in row["relations"])
        perfect[paper.text_hash] = Extraction(paper.text_hash, "gold", tuple(mentions), stated)
    own = {paper.text_hash: extract_one(paper) for paper in kept}
    out = {}
    for name, extractions in (("own", own), ("gold", perfect)):
        concept_of = link(kept, extractions).concept_of
        said = {}
        for paper in kept:
            for i, mention in enumerate(extractions[paper.text_hash].mentions):
                # As bench scorers do, one concept's mentions of another kind are another group.
                said[(paper.id, mention.field, mention.start, mention.end, mention.kind)] = (
                    concept_of[(paper.id, i)],
                    mention.kind,
                )
        out[name] = b_cubed(gold, said)
    return out


def evaluate(
    data: str | Path, *, model: str | None = None, linking: bool = True, progress: Any = None
) -> dict[str, Any]:
    """Return the figures of the shipped model on every corpus below `data` (see kg.evaluation.corpora), by corpus.

    `progress` is called with the name of each corpus before it is measured. Raises SourceError if a file is missing.
    """
    from kg.extraction import model_version

    data = Path(data)
    plan: list[tuple[str, str, list[Document]]] = [
        ("annotations/dev", "abstract", [annotated(p) for p in papers(data / "annotations/dev.jsonl")]),
        ("SciER test", "scier", scier(data / "scier/test.jsonl")),
        ("SciER test_ood", "scier", scier(data / "scier/test_ood.jsonl")),
        ("TDMSci test", "tdmsci", tdmsci(data / "tdmsci/test.conll")),
        ("SciERC test", "scierc", scierc(data / "scierc/ner_test.txt")),
    ]
    out: dict[str, Any] = {"model": model_version(model), "corpora": {}}
    for name, style, docs in plan:
        if progress:
            progress(name)
        out["corpora"][name] = measure(docs, style, model=model)
    if linking:
        if progress:
            progress("linking")
        out["linking"] = _linking(data / "annotations/dev.jsonl")
    return out


def table(figures: dict[str, Any]) -> str:
    """Return the figures as a Markdown document: the table of the corpora, linking, and the reliability tables."""
    lines = [
        f"Model {figures['model']}. Strict micro F1 (exact span and type); Rel+ also needs both spans, both types and the label.",
        "None of the splits reported here was trained on. annotations/dev chose the decoding constants and fitted the",
        "calibration, so its own figures are a little optimistic; the checkpoint is the last of its schedule.",
        "",
        "| corpus | what | measured | published |",
        "| --- | --- | --- | --- |",
    ]

    def row(corpus: str, what: str, value: float, detail: str = "") -> None:
        published = PUBLISHED.get(corpus, {}).get(what, "")
        shown = {"relations": "relations, Rel+", "roles": "roles, accuracy"}.get(what, what)
        lines.append(f"| {corpus} | {shown}{detail} | {value:.1f} | {published} |")

    for corpus, found in figures["corpora"].items():
        m = found["mentions"]
        row(corpus, "mentions", m["f1"], f" (P {m['p']:.1f}, R {m['r']:.1f})")
        for kind, counts in found["by_kind"].items():
            if counts["gold"]:
                row(corpus, kind, counts["f1"], f" ({counts['gold']} gold)")
        if "relations" in found:
            r = found["relations"]
            row(corpus, "relations", r["f1"], f" (P {r['p']:.1f}, R {r['r']:.1f})")
        if "roles" in found:
            row(corpus, "roles", found["roles"]["accuracy"])
    if "linking" in figures:
        lines += [
            "",
            f"Linking on annotations/dev, B-cubed F1: {figures['linking']['own']:.1f} on the model's own mentions, "
            f"{figures['linking']['gold']:.1f} on gold mentions.",
        ]
    dev = figures["corpora"]["annotations/dev"]
    for name in ("mentions", "relations"):
        high = dev["above_0.9"].get(name)
        if high:
            lines += [
                "",
                f"Of {high['n']} {name} with confidence 0.9 or more, {high['right']:.1f} % are right on annotations/dev.",
            ]
        lines += ["", f"| confidence of {name} | n | promised % | right % |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {b['from']:.2f} to {b['to']:.2f} | {b['n']} | {b['promised']} | {b['right']} |"
            for b in dev["reliability"].get(name, ())
        ]
    return "\n".join(lines) + "\n"
