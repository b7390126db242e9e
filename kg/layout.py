"""Places of nodes for a picture of the graph: computed once, in Python, the same for the same graph.

A small graph is laid out by stress majorization. A large one in two levels: communities (Louvain) become topics, each a
disc; the discs are placed by how strongly they are linked, and inside a disc the concepts that several papers name lie in
the middle, laid out by stress, with the others on rings around them. networkx and numpy only; every seed is fixed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

__all__ = ["Layout", "Topic", "arrange", "communities", "separate", "stress"]

Floats = NDArray[np.float64]

SMALL = 150  # nodes up to which the whole graph is laid out by stress
EDGE_LENGTH = 120.0  # canvas units of one hop; a unit is a pixel at zoom 1
CORE_GAP = 58.0  # least distance between concepts in the middle of a topic: room for some labels
RIM_GAP = 12.0  # and between the nodes on the rings around them
DISC_GAP = 36.0  # free room between two topics
_SEED = 7
_NAME_LENGTH = 32  # characters of a topic's name up to which it holds two concepts

# A relation between concepts ties them more than a mention in passing ties a paper to a concept.
_WEIGHT = {"INTRODUCES": 0.6, "USES": 0.4, "ADDRESSES": 0.4, "EVALUATES_ON": 0.3, "STUDIES": 0.4, "COMPARES": 0.2}
_WEIGHT["MENTIONS"] = 0.1


@dataclass(frozen=True, slots=True)
class Topic:
    """A community of the graph: the disc it fills (canvas units) and the concepts that name it, strongest first."""

    name: str
    x: int
    y: int
    radius: int
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """`positions` in whole canvas units; `topic_of` gives an index into `topics` for each node (empty in a small graph)."""

    positions: dict[str, tuple[int, int]]
    topics: tuple[Topic, ...]
    topic_of: dict[str, int]


def arrange(g: nx.MultiDiGraph) -> Layout:
    """Return places for every node of `g`, whatever the order in which nodes and edges were added."""
    ids = sorted(g)
    if not ids:
        return Layout({}, (), {})
    flat = _flatten(g, ids)
    if len(ids) <= SMALL:
        return Layout(_rounded(ids, _spread(flat)), (), {})
    return _in_topics(g, ids, flat)


def communities(flat: nx.Graph) -> list[list[int]]:
    """Return the Louvain communities of a graph whose nodes are 0..n-1, largest first.

    Blondel et al. (2008). Nodes are integers because sets of strings iterate in an order that changes with each process.
    """
    found = nx.community.louvain_communities(flat, weight="weight", seed=_SEED)
    return sorted((sorted(c) for c in found), key=lambda c: (-len(c), c[0]))


def stress(distances: Floats, *, rounds: int = 150) -> Floats:
    """Return points, shape (n, 2), whose distances come close to `distances`, shape (n, n), in the same unit.

    Minimizes sum of (|p_i - p_j| - d_ij)^2 / d_ij^2 by majorization with steps halved, which never raises it.
    Gansner, Koren and North (2005).
    """
    n = len(distances)
    if n == 1:
        return np.zeros((1, 2))
    points = _sunflower(n) * float(distances.max()) / 2
    weights = (distances + np.eye(n)) ** -2.0
    np.fill_diagonal(weights, 0.0)
    step = 0.5 / weights.sum(axis=1)
    wanted = weights * distances
    for _ in range(rounds):
        dx, dy, gap = _gaps(points)
        pull = wanted / gap - weights
        points[:, 0] += step * (pull * dx).sum(axis=1)
        points[:, 1] += step * (pull * dy).sum(axis=1)
    centred: Floats = points - points.mean(axis=0)
    return centred


def separate(points: Floats, radii: Floats, *, rounds: int = 200) -> Floats:
    """Return `points`, shape (n, 2), moved so that discs of `radii`, shape (n,), no longer overlap (or hardly)."""
    points = points.copy()
    least = radii[:, None] + radii[None, :]
    np.fill_diagonal(least, 0.0)
    for _ in range(rounds):
        dx, dy, gap = _gaps(points)
        overlap = np.maximum(least - gap, 0.0)
        if overlap.max() < 0.5:
            break
        push = 0.3 * overlap / gap
        points[:, 0] += (push * dx).sum(axis=1)
        points[:, 1] += (push * dy).sum(axis=1)
    return points


def _gaps(points: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the differences in x and in y and the distances, each of shape (n, n): twice as fast as one (n, n, 2)."""
    dx = points[:, 0, None] - points[None, :, 0]
    dy = points[:, 1, None] - points[None, :, 1]
    return dx, dy, np.sqrt(dx * dx + dy * dy) + 1e-9


def _flatten(g: nx.MultiDiGraph, ids: Sequence[str]) -> nx.Graph:
    """Return the graph over 0..n-1 with one weighted edge for each linked pair, added in sorted order."""
    place = {node: i for i, node in enumerate(ids)}
    weights: dict[tuple[int, int], float] = {}
    for head, tail, kind, data in sorted(g.edges(keys=True, data=True), key=lambda e: e[:3]):
        if head != tail:
            pair = (min(place[head], place[tail]), max(place[head], place[tail]))
            strength = _WEIGHT.get(kind, 1.0) * data.get("confidence", 1.0) * math.sqrt(data.get("papers", 1) or 1)
            weights[pair] = weights.get(pair, 0.0) + strength
    flat = nx.Graph()
    flat.add_nodes_from(range(len(ids)))
    flat.add_weighted_edges_from((a, b, w) for (a, b), w in sorted(weights.items()))
    return flat


def _spread(flat: nx.Graph) -> Floats:
    """Lay out a small graph: each connected part by stress, the parts beside each other, largest in the middle."""
    parts = sorted((sorted(c) for c in nx.connected_components(flat)), key=lambda c: (-len(c), c[0]))
    laid = []
    for part in parts:
        points = stress(_hops(flat, part, part) * EDGE_LENGTH)
        laid.append(separate(points, np.full(len(part), EDGE_LENGTH * 0.36)))
    radii = np.array([_reach(points) + EDGE_LENGTH / 2 for points in laid])
    centres = _pack(np.zeros((len(parts), 2)), radii)
    out = np.zeros((len(flat), 2))
    for part, points, centre in zip(parts, laid, centres, strict=True):
        out[part] = points + centre
    return out


def _hops(flat: nx.Graph, nodes: Sequence[int], through: Sequence[int]) -> Floats:
    """Return the hop counts between `nodes`, shape (n, n), by ways among `through`, which holds them.

    Pairs that are not joined count as far as the farthest and one more.
    """
    place = {node: i for i, node in enumerate(through)}
    near = [[place[v] for v in flat[node] if v in place] for node in through]
    chosen = [place[node] for node in nodes]
    hops = np.empty((len(nodes), len(nodes)))
    for source, start in enumerate(chosen):
        row = np.full(len(through), -1.0)
        row[start] = 0.0
        ring, length = [start], 0.0
        while ring:
            length += 1.0
            ring = list({v for u in ring for v in near[u] if row[v] < 0.0})
            row[ring] = length
        hops[source] = row[chosen]
    return np.where(hops < 0.0, hops.max() + 1.0, hops)


def _in_topics(g: nx.MultiDiGraph, ids: Sequence[str], flat: nx.Graph) -> Layout:
    groups, loose = _gather(flat, communities(flat))
    discs = [_disc(g, ids, flat, members) for members in groups]
    radii = np.array([_reach(points) + DISC_GAP / 2 for points in discs])
    centres = _pack(_quotient(flat, groups, radii), radii)
    points = np.zeros((len(ids), 2))
    for members, disc, centre in zip(groups, discs, centres, strict=True):
        points[members] = disc + centre
    topics = tuple(
        Topic(
            "" if members is loose else _topic_name(g, ids, flat, members),
            round(float(c[0])),
            round(float(c[1])),
            round(float(r)),
            len(members),
        )
        for members, c, r in zip(groups, centres, radii, strict=True)
    )
    topic_of = {ids[node]: k for k, members in enumerate(groups) for node in members}
    return Layout(_rounded(ids, points), topics, topic_of)


def _gather(flat: nx.Graph, groups: Sequence[list[int]]) -> tuple[list[list[int]], list[int]]:
    """Return the communities with those that are tiny and linked with nothing else made one, and that one."""
    tiny = [c for c in groups if len(c) <= 3 and all(v in c for node in c for v in flat[node])]
    loose = sorted(node for c in tiny for node in c)
    rest = [c for c in groups if c not in tiny]
    return ([*rest, loose] if loose else rest), loose


def _disc(g: nx.MultiDiGraph, ids: Sequence[str], flat: nx.Graph, members: Sequence[int]) -> Floats:
    """Return the members' places around (0, 0): what several papers name by stress, the rest on rings around it."""
    core = [i for i, node in enumerate(members) if _is_core(g.nodes[ids[node]])]
    rim = [i for i in range(len(members)) if i not in set(core)]
    out = np.zeros((len(members), 2))
    if core:
        nodes = [members[i] for i in core]
        # Stress is quadratic in memory; beyond a few hundred a spiral in order of weight is as readable.
        # Ways lead through the rim too: two concepts of one paper belong together without a relation between them.
        few = len(nodes) <= 400
        points = (stress(_hops(flat, nodes, members)) if few else _by_weight(flat, nodes)) * CORE_GAP
        out[core] = separate(points, np.full(len(nodes), CORE_GAP / 2))
    if rim:
        out[rim] = _rings(flat, members, core, rim, out)
    return out


def _rings(flat: nx.Graph, members: Sequence[int], core: Sequence[int], rim: Sequence[int], laid: Floats) -> Floats:
    """Return places for `rim` on rings around the core, each node turned towards the core nodes it is linked with."""
    place = {members[i]: laid[i] for i in core}
    wanted = []
    for i in rim:
        linked = [(flat[members[i]][v]["weight"], place[v]) for v in flat[members[i]] if v in place]
        x = sum(w * p[0] for w, p in linked)
        y = sum(w * p[1] for w, p in linked)
        wanted.append(math.atan2(y, x) if linked else 2.399963 * i % (2 * math.pi) - math.pi)
    radius = (_reach(laid[list(core)]) + CORE_GAP / 2) if core else 0.0
    rings: list[int] = []
    while sum(rings) < len(rim):
        rings.append(max(1, int(2 * math.pi * (radius + RIM_GAP * len(rings)) / RIM_GAP)))
    # Dealt out in order of angle, each ring gets its share all around.
    order = sorted(range(len(rim)), key=lambda k: (wanted[k], k))
    slots = sorted(
        ((s + 0.5 * (r % 2)) / count * 2 * math.pi - math.pi, radius + RIM_GAP * r)
        for r, count in enumerate(_shares(rings, len(rim)))
        for s in range(count)
    )
    out = np.zeros((len(rim), 2))
    for k, (angle, distance) in zip(order, slots, strict=True):
        out[k] = (distance * math.cos(angle), distance * math.sin(angle))
    return out


def _shares(rings: Sequence[int], n: int) -> list[int]:
    """Return how many of `n` nodes each ring takes: all full but the last."""
    out = []
    for capacity in rings:
        out.append(min(capacity, n))
        n -= out[-1]
    return out


def _quotient(flat: nx.Graph, groups: Sequence[Sequence[int]], radii: Floats) -> Floats:
    """Return centres for the communities, the more strongly linked the closer."""
    group_of = {node: k for k, members in enumerate(groups) for node in members}
    links = np.zeros((len(groups), len(groups)))
    for a, b, weight in flat.edges(data="weight"):
        if group_of[a] != group_of[b]:
            links[group_of[a], group_of[b]] += weight
            links[group_of[b], group_of[a]] += weight
    strength = links / (np.sqrt(np.outer(links.sum(axis=1), links.sum(axis=1))) + 1e-9)
    touching = radii[:, None] + radii[None, :]
    # Linked as by chance or less: three times as far as touching.
    distances = touching * (1.0 + 2.0 / (1.0 + 12.0 * strength))
    np.fill_diagonal(distances, 0.0)
    return stress(distances)


def _pack(points: Floats, radii: Floats) -> Floats:
    """Draw discs together towards the middle without overlap, in turns; discs in one place are spread first."""
    if len(points) == 1:
        return points
    if np.ptp(points) == 0.0:
        points = _sunflower(len(points)) * float(radii.sum())
    middle = (points * (radii**2)[:, None]).sum(axis=0) / (radii**2).sum()
    for _ in range(60):
        points = separate(middle + (points - middle) * 0.93, radii, rounds=12)
    return separate(points, radii, rounds=400)


def _topic_name(g: nx.MultiDiGraph, ids: Sequence[str], flat: nx.Graph, members: Sequence[int]) -> str:
    """Return up to two concepts' names: those with most of their links inside, weighted by how many these are."""
    inside = set(members)
    scores = []
    several = any(_is_core(g.nodes[ids[node]]) for node in members)
    for node in members:
        data = g.nodes[ids[node]]
        if data.get("label") == "Paper" or (several and not _is_core(data)):
            continue
        total = sum(w for _, _, w in flat.edges(node, data="weight"))
        within = sum(w for _, v, w in flat.edges(node, data="weight") if v in inside)
        # The square keeps a concept that is linked everywhere, as a language model, from naming every topic.
        scores.append((-within * within / (total or 1.0) * math.sqrt(data.get("papers", 1)), ids[node]))
    names = [str(g.nodes[node].get("name", node)) for _, node in sorted(scores)[:2]]
    return " · ".join(names) if sum(map(len, names)) <= _NAME_LENGTH else names[0]


def _by_weight(flat: nx.Graph, nodes: Sequence[int]) -> Floats:
    order = sorted(range(len(nodes)), key=lambda i: (-flat.degree(nodes[i], weight="weight"), i))
    out = np.zeros((len(nodes), 2))
    out[order] = _sunflower(len(nodes)) * math.sqrt(len(nodes)) * 0.6
    return out


def _sunflower(n: int) -> Floats:
    """Return `n` points spread evenly over the unit disc, from the middle outwards. Vogel (1979)."""
    k = np.arange(n, dtype=float)
    radius, angle = np.sqrt((k + 0.5) / n), k * math.pi * (3.0 - math.sqrt(5.0))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _is_core(data: Mapping[str, Any]) -> bool:
    return data.get("label") != "Paper" and int(data.get("papers", 1)) >= 2


def _reach(points: Floats) -> float:
    return float(np.sqrt((points**2).sum(axis=1)).max()) if len(points) else 0.0


def _rounded(ids: Sequence[str], points: Floats) -> dict[str, tuple[int, int]]:
    """Whole units: a last bit that differs between processors does not change the picture."""
    return {node: (round(float(x)), round(float(y))) for node, (x, y) in zip(ids, points, strict=True)}
