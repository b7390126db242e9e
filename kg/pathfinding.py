"""The best chains of relations between two concepts, each hop with its sentences.

    paths(g, "Mamba", "long sequences")["paths"][0]["hops"]     # Mamba -> State Space Model -> Long-Sequence Modeling

A chain costs, for each hop, -log(confidence) plus what makes it a worse explanation (see `_COSTS` and `_hub_costs`), so the
best chain is the most probable one among those that read as an argument. Chains with the same cost go by their ids.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from typing import Any

import networkx as nx

from kg import naming, schema
from kg.errors import KgError

__all__ = ["evidence", "paths"]

_HOP = 0.5  # a chain with one hop less is preferred to one that is somewhat surer
_AGAINST = 0.5  # "X, of which Mamba is a part" explains less than "Mamba is a part of X"
# What a type adds: being a kind, a part or of use explains a connection; being tested on the same data or compared less.
_COSTS = {
    "SUBCLASS_OF": 0.0,
    "PART_OF": 0.0,
    "SUBTASK_OF": 0.0,
    "USED_FOR": 0.0,
    "VARIANT_OF": 0.1,
    "BENCHMARK_FOR": 0.2,
    "TRAINED_WITH": 0.3,
    "EVALUATED_WITH": 0.5,
    "COMPARED_WITH": 1.0,
}
_PAPER_COSTS = {
    "INTRODUCES": 0.2,
    "USES": 0.3,
    "ADDRESSES": 0.3,
    "EVALUATES_ON": 0.5,
    "STUDIES": 0.3,
    "COMPARES": 0.8,
    "MENTIONS": 1.2,
}
_HUB = 0.6
_AGAIN = 0.7  # for each concept between the ends that a chosen chain has already
_POOL = 60  # the chains among which the different ones are chosen, for each one wanted
_STEPS = 200_000  # partial chains looked at before the search settles for what it has
_MOST_HOPS = 8


@dataclass(frozen=True, slots=True)
class _Hop:
    cost: float
    type: str
    forward: bool


Links = Mapping[str, Mapping[str, _Hop]]


def paths(g: nx.MultiDiGraph, a: str, b: str, *, max_hops: int = 4, k: int = 3) -> dict[str, Any]:
    """Return up to `k` chains of at most `max_hops` relations from concept `a` to concept `b`, the best first.

    The answer is `{from, to, through, paths: [{score, weakest, hops: [{from, to, relation, forward, confidence, papers,
    evidence, also}]}]}`: `score` is exp(-cost) in (0, 1]; `weakest` the index of the hop with the least confidence;
    `forward` whether the relation points along the hop; `evidence` the sentences, surest first; `also` the other
    relations of the same two. The chains are chosen to pass different concepts, not to be small changes of the first.
    Papers are no hops, unless relations alone give no chain: then `through` is "papers" instead of "concepts", and a hop
    may lead to a paper and on. `paths` is empty when `a` is `b` or nothing joins them; `note` then says so.

    Raises UnknownConcept for a name that nothing has, KgError for numbers out of range.
    """
    if not 1 <= max_hops <= _MOST_HOPS:
        raise KgError(f"max-hops is {max_hops}, expected 1 to {_MOST_HOPS}")
    if k < 1:
        raise KgError(f"k is {k}, expected 1 or more paths")
    start, goal = naming.resolve(g, a), naming.resolve(g, b)
    answer: dict[str, Any] = {"from": _end(g, start), "to": _end(g, goal), "through": "concepts", "paths": []}
    if start == goal:
        return answer | {"note": "both names mean the same concept"}
    for through, costs in (("concepts", _COSTS), ("papers", _COSTS | _PAPER_COSTS)):
        links = _links(g, costs, ends=(start, goal))
        found = _choose(_simple_chains(links, start, goal, max_hops), k)
        if found:
            answer["through"] = through
            answer["paths"] = [_path(g, links, chain, cost) for cost, chain in found]
            return answer
    return answer | {"note": f"nothing joins them within {max_hops} hops; try a larger --max-hops"}


def _links(g: nx.MultiDiGraph, costs: Mapping[str, float], *, ends: tuple[str, str]) -> Links:
    """Return, for each pair of nodes and each way along it, the cheapest of its edges."""
    hubs = _hub_costs(g) | dict.fromkeys(ends, 0.0)  # a chain does not pass its own ends
    links: dict[str, dict[str, _Hop]] = defaultdict(dict)
    for head, tail, type_, confidence in g.edges(keys=True, data="confidence"):
        if type_ not in costs:
            continue
        cost = _HOP + costs[type_] - log(max(confidence, 1e-4))
        against = 0.0 if type_ in schema.SYMMETRIC else _AGAINST
        for start, end, forward in ((head, tail, True), (tail, head, False)):
            hop = _Hop(cost + (0.0 if forward else against) + hubs[end], type_, forward)
            known = links[start].get(end)
            if known is None or (hop.cost, hop.type, hop.forward) < (known.cost, known.type, known.forward):
                links[start][end] = hop
    return links


def _hub_costs(g: nx.MultiDiGraph) -> dict[str, float]:
    """Return what it costs to pass each node: nothing up to a usual number of neighbours, then with its logarithm.

    Everything is two steps from "Large Language Model"; that says little. What is usual grows with the graph: the square
    root of its number of nodes, at least ten.
    """
    bound = max(10.0, sqrt(len(g)))
    return {node: _HUB * log(degree / bound) if degree > bound else 0.0 for node, degree in g.degree()}


def _simple_chains(links: Links, start: str, goal: str, max_hops: int) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Yield the chains without a repeated node from `start` to `goal`, cheapest first, as (cost, nodes).

    Best-first search over partial chains; the estimate is the exact cost of the cheapest way on within the hops left
    (dynamic programming from the goal; Hart, Nilsson and Raphael 1968), so no chain comes out of turn.
    """
    remaining = _costs_to(links, goal, max_hops)
    if remaining[max_hops].get(start, inf) == inf:
        return
    queue: list[tuple[float, int, tuple[str, ...], float]] = [(remaining[max_hops][start], 1, (start,), 0.0)]
    steps = 0
    while queue and steps < _STEPS:
        steps += 1
        estimate, _, chain, cost = heapq.heappop(queue)
        if chain[-1] == goal:
            yield estimate, chain
            continue
        left = max_hops - len(chain)
        for node, hop in links[chain[-1]].items():
            onward = remaining[left].get(node, inf)
            if onward < inf and node not in chain:
                total = cost + hop.cost
                heapq.heappush(queue, (round(total + onward, 9), len(chain) + 1, (*chain, node), total))


def _costs_to(links: Links, goal: str, max_hops: int) -> list[dict[str, float]]:
    """Return, for 0 to `max_hops` hops, the least cost from each node to `goal` in at most so many."""
    layers = [{goal: 0.0}]
    fresh = {goal}
    for _ in range(max_hops):
        best = dict(layers[-1])
        changed: set[str] = set()
        for node in fresh:
            for before in links.get(node, ()):
                cost = links[before][node].cost + layers[-1][node]
                if cost < best.get(before, inf):
                    best[before] = cost
                    changed.add(before)
        layers.append(best)
        fresh = changed
    return layers


def _choose(chains: Iterator[tuple[float, tuple[str, ...]]], k: int) -> list[tuple[float, tuple[str, ...]]]:
    """Return `k` of the cheapest chains, each cheap and unlike those chosen before it; the cheapest first.

    Greedy, as maximal marginal relevance: Carbonell and Goldstein (1998).
    """
    pool = [chain for _, chain in zip(range(_POOL * k), chains, strict=False)]
    chosen: list[tuple[float, tuple[str, ...]]] = []
    seen: Counter[str] = Counter()
    while pool and len(chosen) < k:
        best = min(pool, key=lambda c: (c[0] + _AGAIN * sum(seen[n] for n in c[1][1:-1]), len(c[1]), c[1]))
        pool.remove(best)
        chosen.append(best)
        seen.update(best[1][1:-1])
    return sorted(chosen)


def _path(g: nx.MultiDiGraph, links: Links, chain: tuple[str, ...], cost: float) -> dict[str, Any]:
    hops = [_hop(g, a, b, links[a][b]) for a, b in itertools.pairwise(chain)]
    weakest = min(range(len(hops)), key=lambda i: (hops[i]["confidence"], i))
    return {"score": round(exp(-cost), 4), "weakest": weakest, "hops": hops}


def _hop(g: nx.MultiDiGraph, a: str, b: str, hop: _Hop) -> dict[str, Any]:
    head, tail = (a, b) if hop.forward else (b, a)
    data = g.edges[head, tail, hop.type]
    others = [
        {"relation": type_, "forward": forward, "confidence": g.edges[x, y, type_]["confidence"]}
        for x, y, forward in ((a, b, True), (b, a, False))
        for type_ in sorted(g.get_edge_data(x, y) or ())
        if (type_, forward) != (hop.type, hop.forward)
    ]
    return {
        "from": _end(g, a),
        "to": _end(g, b),
        "relation": hop.type,
        "forward": hop.forward,
        "confidence": data["confidence"],
        "papers": data["papers"],
        "evidence": evidence(g, head, tail, hop.type),
        "also": others,
    }


def _end(g: nx.MultiDiGraph, node: str) -> dict[str, str]:
    data = g.nodes[node]
    if data["label"] == "Paper":
        return {"id": node, "name": data["title"], "kind": "Paper"}
    return {"id": node, "name": data["name"], "kind": data["kind"]}


def evidence(g: nx.MultiDiGraph, head: str, tail: str, type_: str) -> list[dict[str, Any]]:
    """Return the sentences behind an edge, surest first: `{paper, title, field, start, end, sentence, confidence, …}`."""
    pieces = sorted(g.edges[head, tail, type_]["evidence"], key=lambda e: (-e.confidence, e.paper, e.field, e.start))
    rows = []
    for e in pieces:
        paper = g.nodes[e.paper]
        rows.append(
            {
                "paper": e.paper,
                "title": paper["title"],
                "field": e.field,
                "start": e.start,
                "end": e.end,
                "sentence": e.sentence,
                "confidence": e.confidence,
                "head": list(e.head) if e.head else None,
                "tail": list(e.tail),
                "published": paper.get("published", ""),
                "url": paper.get("url", ""),
            }
        )
    return rows
