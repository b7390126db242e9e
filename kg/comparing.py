"""What two concepts share, what only one of them has, and the chains between them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import networkx as nx

from kg import pathfinding, quoting, relatedness, wording

__all__ = ["compare"]

_PAPERS = 8
_SHARED = 12
_ALONE = 10


def compare(g: nx.MultiDiGraph, a: str, b: str, sources: quoting.Sources) -> dict[str, Any]:
    """Return what two concepts share, what only one of them has, and the chains between them."""
    relations = {c: _relation_words(g, c) for c in (a, b)}
    papers = {c: {p for p in g.pred[c] if g.nodes[p]["label"] == "Paper"} for c in (a, b)}
    shared = sorted(relations[a].keys() & relations[b].keys(), key=lambda o: (-_sure(g, a, o) - _sure(g, b, o), o))
    chains = pathfinding.paths(g, a, b, k=3)
    for chain in chains["paths"]:
        for hop in chain["hops"]:
            hop["evidence"] = sources.quote(hop["evidence"][:1])
            hop["words"] = wording.words(hop["from"]["kind"], hop["relation"], forward=hop["forward"])
    only = {}
    for name, one, other in (("only_a", a, b), ("only_b", b, a)):
        own = sorted(relations[one].keys() - relations[other].keys() - {other}, key=lambda o: (-_sure(g, one, o), o))
        only[name] = {
            "total": len(own),
            "items": [{**quoting.end(g, o), "words": relations[one][o]} for o in own[:_ALONE]],
        }
    return {
        "a": quoting.end(g, a),
        "b": quoting.end(g, b),
        "direct": relations[a].get(b, []),
        "shared_papers": [
            {"source": sources.number(p), **quoting.paper(g, p)} for p in sorted(papers[a] & papers[b])[:_PAPERS]
        ],
        "n_shared_papers": len(papers[a] & papers[b]),
        "shared": [
            {**quoting.end(g, o), "a_words": relations[a][o], "b_words": relations[b][o]} for o in shared[:_SHARED]
        ],
        "n_shared": len(shared),
        **only,
        "paths": chains,
    }


def _relation_words(g: nx.MultiDiGraph, concept: str) -> dict[str, list[str]]:
    kind = g.nodes[concept]["kind"]
    said: dict[str, set[str]] = defaultdict(set)
    for _, tail, type_ in g.out_edges(concept, keys=True):
        said[tail].add(wording.words(kind, type_, forward=True))
    for head, _, type_ in g.in_edges(concept, keys=True):
        if g.nodes[head]["label"] == "Concept":
            said[head].add(wording.words(kind, type_, forward=False))
    return {other: sorted(found) for other, found in said.items()}


def _sure(g: nx.MultiDiGraph, a: str, b: str) -> float:
    return relatedness.relations_score(g, a, b)
