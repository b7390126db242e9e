"""What a concept has to do with the others: scores from papers, relations and neighbours, and why.

    related(g, "State Space Model", limit=5)

Each scorer is a pure function of the graph and two concepts that returns a number in [0, 1]; `related` adds them up:

    score = 0.4 * relations + 0.35 * papers + 0.25 * neighbours

Relations weigh most because a sentence states them; papers count more than neighbours because one paper that names both is
nearer to both than a third concept is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import fsum, log, prod, sqrt
from typing import Any
from weakref import WeakKeyDictionary

import networkx as nx

from kg import naming, pathfinding
from kg.errors import KgError

__all__ = ["neighbours_score", "papers_score", "related", "relations_score"]

WEIGHTS = {"relations": 0.4, "papers": 0.35, "neighbours": 0.25}
# How near a relation brings two concepts: a kind is nearer than a part, a part nearer than a use or a comparison.
_NEARNESS = {
    "SUBCLASS_OF": 0.9,
    "SUBTASK_OF": 0.9,
    "VARIANT_OF": 0.9,
    "PART_OF": 0.8,
    "USED_FOR": 0.7,
    "BENCHMARK_FOR": 0.7,
    "TRAINED_WITH": 0.6,
    "COMPARED_WITH": 0.6,
    "EVALUATED_WITH": 0.5,
}


def related(g: nx.MultiDiGraph, concept: str, *, limit: int = 10, min_papers: int = 1) -> list[dict[str, Any]]:
    """Return the concepts most related to `concept`, best first, at most `limit`.

    A row is `{id, name, kind, score, parts, papers, relations, evidence}`: `score` and the three `parts` lie in [0, 1];
    `papers` counts the papers that name both; `relations` are the direct ones, `{relation, forward, confidence,
    papers}`, surest first; `evidence` is the sentence that says most: of a relation, else one that names both, else one
    that names the other in a shared paper, else None. With `min_papers=0` concepts come in that share only neighbours.

    Raises UnknownConcept, and KgError for numbers below 1 (`limit`) or 0 (`min_papers`).
    """
    if limit < 1 or min_papers < 0:
        raise KgError(f"limit is {limit} and min-papers {min_papers}, expected at least 1 and 0")
    this = naming.resolve(g, concept)
    sets = _sets(g)
    candidates = set(sets.neighbours[this])
    for paper in sets.papers[this]:
        candidates.update(g.succ[paper])
    if min_papers == 0:
        for other in sets.neighbours[this]:
            candidates |= sets.neighbours[other]
    rows = []
    for other in candidates - {this}:
        n_papers = len(sets.papers[this] & sets.papers[other])
        if n_papers < min_papers:
            continue
        parts = {name: round(scorer(g, this, other), 4) for name, scorer in SCORERS.items()}
        score = round(sum(WEIGHTS[name] * value for name, value in parts.items()), 4)
        if score > 0:
            rows.append((-score, -n_papers, other, parts))
    return [_row(g, this, other, -score, parts) for score, _, other, parts in sorted(rows, key=lambda r: r[:3])[:limit]]


def relations_score(g: nx.MultiDiGraph, a: str, b: str) -> float:
    """Return how surely and closely a stated relation joins two concepts: 1 - prod(1 - nearness * confidence).

    Noisy-or over their edges, as for an edge's confidence: Pearl (1988).
    """
    doubt: float = prod(1.0 - _NEARNESS[r["relation"]] * r["confidence"] for r in _relations(g, a, b))
    return 1.0 - doubt


def papers_score(g: nx.MultiDiGraph, a: str, b: str) -> float:
    """Return how much the papers that name two concepts are the same, papers about few concepts counting more.

    Adamic-Adar over shared papers, sum of 1 / log(1 + concepts named): Adamic and Adar (2003), "Friends and neighbors on
    the web"; divided by the geometric mean of each concept's own sum, as a cosine: Salton and McGill (1983).
    """
    sets = _sets(g)
    both = _sum(sets.papers[a] & sets.papers[b], sets.paper_weights)
    return min(1.0, both / sqrt(sets.paper_sums[a] * sets.paper_sums[b])) if both else 0.0


def neighbours_score(g: nx.MultiDiGraph, a: str, b: str) -> float:
    """Return how much the concepts related to two concepts are the same, those with few relations counting more.

    Adamic-Adar as in `papers_score`, over neighbours by relations; a and b themselves are left out.
    """
    sets = _sets(g)
    both = _sum(sets.neighbours[a] & sets.neighbours[b], sets.neighbour_weights)
    if not both:
        return 0.0
    own = [
        sets.neighbour_sums[one] - (sets.neighbour_weights[other] if other in sets.neighbours[one] else 0.0)
        for one, other in ((a, b), (b, a))
    ]
    return min(1.0, both / sqrt(own[0] * own[1]))


SCORERS: dict[str, Callable[[nx.MultiDiGraph, str, str], float]] = {
    "relations": relations_score,
    "papers": papers_score,
    "neighbours": neighbours_score,
}


@dataclass(frozen=True, slots=True)
class _Sets:
    """Per concept: its papers and the concepts related to it, and what they weigh."""

    papers: Mapping[str, frozenset[str]]
    neighbours: Mapping[str, frozenset[str]]
    paper_weights: Mapping[str, float]
    neighbour_weights: Mapping[str, float]
    paper_sums: Mapping[str, float]
    neighbour_sums: Mapping[str, float]


_cache: WeakKeyDictionary[nx.MultiDiGraph, _Sets] = WeakKeyDictionary()


def _sets(g: nx.MultiDiGraph) -> _Sets:
    """Return the sets of `g`, made once a graph."""
    if g in _cache:
        return _cache[g]
    papers: dict[str, frozenset[str]] = {}
    neighbours: dict[str, frozenset[str]] = {}
    weights: dict[str, float] = {}
    for node, label in g.nodes(data="label"):
        if label == "Paper":
            weights[node] = _weight(len(g.succ[node]))
        else:
            before = frozenset(n for n in g.pred[node] if g.nodes[n]["label"] == "Paper")
            papers[node] = before
            neighbours[node] = frozenset(g.pred[node]).union(g.succ[node]) - before
    degrees = {node: _weight(len(near)) for node, near in neighbours.items()}
    _cache[g] = _Sets(
        papers,
        neighbours,
        weights,
        degrees,
        {node: _sum(found, weights) for node, found in papers.items()},
        {node: _sum(found, degrees) for node, found in neighbours.items()},
    )
    return _cache[g]


def _weight(degree: int) -> float:
    return 1.0 / log(1.0 + max(1, degree))


def _sum(nodes: Iterable[str], weights: Mapping[str, float]) -> float:
    return fsum(weights[n] for n in nodes)  # exact, so that the order of a set leaves no trace


def _relations(g: nx.MultiDiGraph, a: str, b: str) -> list[dict[str, Any]]:
    found = [
        {"relation": type_, "forward": forward, "confidence": data["confidence"], "papers": data["papers"]}
        for head, tail, forward in ((a, b, True), (b, a, False))
        for type_, data in (g.get_edge_data(head, tail) or {}).items()
    ]
    return sorted(found, key=lambda r: (-r["confidence"], r["relation"], not r["forward"]))


def _row(g: nx.MultiDiGraph, this: str, other: str, score: float, parts: dict[str, float]) -> dict[str, Any]:
    data = g.nodes[other]
    relations = _relations(g, this, other)
    return {
        "id": other,
        "name": data["name"],
        "kind": data["kind"],
        "score": score,
        "parts": parts,
        "papers": len(_sets(g).papers[this] & _sets(g).papers[other]),
        "relations": relations,
        "evidence": _sentence(g, this, other, relations),
    }


def _sentence(g: nx.MultiDiGraph, this: str, other: str, relations: list[dict[str, Any]]) -> dict[str, Any] | None:
    if relations:
        head, tail = (this, other) if relations[0]["forward"] else (other, this)
        return pathfinding.evidence(g, head, tail, relations[0]["relation"])[0]
    naming_other = []
    for paper in sorted(_sets(g).papers[this] & _sets(g).papers[other]):
        mine = {(row["field"], row["start"]) for row in _named(g, paper, this)}
        naming_other += [((row["field"], row["start"]) in mine, row) for row in _named(g, paper, other)]
    if not naming_other:
        return None
    return min(
        naming_other, key=lambda pair: (not pair[0], -pair[1]["confidence"], pair[1]["paper"], pair[1]["start"])
    )[1]


def _named(g: nx.MultiDiGraph, paper: str, concept: str) -> list[dict[str, Any]]:
    return [row for type_ in sorted(g[paper][concept]) for row in pathfinding.evidence(g, paper, concept, type_)]
