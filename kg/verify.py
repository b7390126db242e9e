"""Proves the graph: every piece of evidence is cut again from the stored text, and the graph assembled afresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg import pipeline
from kg.records import FIELDS, Evidence, Extraction, Paper

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Verdict", "check_evidence", "verify"]

Span = tuple[str, int, int]  # field, start, end


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proved. `pieces` of evidence on `edges` edges were checked; each failure is one line."""

    papers: int
    edges: int
    pieces: int
    mentions: int
    failures: tuple[str, ...]
    fingerprint: str


def verify(library: pipeline.AnyLibrary, *, model: str | None = None) -> Verdict:
    """Check all evidence of the graph of `library` against its stored texts and extractions.

    The graph is the one that every command uses, from the cache where it is kept there; so it is also assembled afresh,
    and both must have one fingerprint. Raises LibraryError when the library cannot be read.
    """
    from kg import graph

    with pipeline.opened_library(library, read_only=True) as opened:
        model = model or pipeline.model_version()
        loaded = pipeline.load_graph(opened, model=model)
        papers = {paper.id: paper for paper in opened.papers()}
        extractions = pipeline.in_use(opened, model)
        failures = list(_check_extractions(papers, extractions))
        failures += check_evidence(loaded.graph, papers, extractions)
        fresh = graph.assemble(papers.values(), extractions, pipeline.link(opened, model=model))
        for name, g in (("the library's graph", loaded.graph), ("a fresh graph", fresh)):
            if (found := graph.fingerprint(g)) != loaded.fingerprint:
                failures.append(f"the fingerprint of {name} is {found}, expected {loaded.fingerprint}")
    edges = [data["evidence"] for _, _, data in loaded.graph.edges(data=True)]
    return Verdict(
        papers=len(papers),
        edges=len(edges),
        pieces=sum(map(len, edges)),
        mentions=sum(len(e.mentions) for e in extractions.values()),
        failures=tuple(failures),
        fingerprint=loaded.fingerprint,
    )


def _check_extractions(papers: Mapping[str, Paper], extractions: Mapping[str, Extraction]) -> Iterator[str]:
    """Yield a line for each mention that is not the text at its offsets, or lies outside its sentence."""
    for paper in papers.values():
        found = extractions.get(paper.text_hash)
        for m in found.mentions if found else ():
            text = getattr(paper, m.field, None) if m.field in FIELDS else None
            if text is None or not 0 <= m.start < m.end <= len(text) or text[m.start : m.end] != m.text:
                yield f"{paper.id}: {m.field}[{m.start}:{m.end}] is not the mention {m.text!r}"
            elif not 0 <= m.sentence_start <= m.start < m.end <= m.sentence_end <= len(text):
                yield f"{paper.id}: the mention {m.text!r} at {m.start} lies outside its sentence"


def check_evidence(
    g: nx.MultiDiGraph, papers: Mapping[str, Paper], extractions: Mapping[str, Extraction]
) -> Iterator[str]:
    """Yield a line for each node or piece of evidence of `g` that the papers and extractions do not bear out."""
    for node, data in sorted(g.nodes(data=True)):
        if data["label"] == "Paper" and (node not in papers or papers[node].text_hash != data.get("text_hash")):
            yield f"{node}: the graph's text is not the library's"
    spans = {
        paper.id: {(m.field, m.start, m.end) for m in extractions[paper.text_hash].mentions}
        for paper in papers.values()
        if paper.text_hash in extractions
    }
    for head, tail, type_, data in sorted(g.edges(keys=True, data=True), key=lambda edge: edge[:3]):
        if not data["evidence"]:
            yield f"{head} {type_} {tail}: no evidence"
        for piece in data["evidence"]:
            if reason := _refute(piece, papers.get(piece.paper), spans.get(piece.paper, set())):
                yield f"{head} {type_} {tail}: {piece.paper} {piece.field}[{piece.start}:{piece.end}]: {reason}"
            elif g.nodes[head]["label"] == "Paper" and piece.paper != head:
                yield f"{head} {type_} {tail}: its evidence is from another paper, {piece.paper}"


def _refute(piece: Evidence, paper: Paper | None, spans: set[Span]) -> str:
    """Return why `piece` does not hold, or "" when it does."""
    if paper is None:
        return "no such paper in the library"
    if piece.field not in FIELDS:
        return f"no field {piece.field!r}"
    text = getattr(paper, piece.field)
    if not 0 <= piece.start < piece.end <= len(text):
        return f"offsets outside the text of {len(text)} characters"
    if text[piece.start : piece.end] != piece.sentence:
        return "the text there is not the sentence"
    for name, span in (("head", piece.head), ("tail", piece.tail)):
        if span is None:
            continue
        if not piece.start <= span[0] < span[1] <= piece.end:
            return f"the {name} at {span[0]}:{span[1]} lies outside the sentence"
        if (piece.field, *span) not in spans:
            return f"the {name} at {span[0]}:{span[1]} is no mention that was extracted"
    return ""
