"""Places of nodes: the same for the same graph, near for what is linked, apart for what would overlap."""

from __future__ import annotations

import itertools
import math
import random
import subprocess
import sys

import networkx as nx
import numpy as np
import pytest

from kg import layout


def concept(g: nx.MultiDiGraph, node: str, papers: int = 2) -> None:
    g.add_node(node, label="Concept", kind="Method", name=node.upper(), papers=papers)


def cliques(n: int, size: int, *, shuffled: int | None = None) -> nx.MultiDiGraph:
    """Return `n` groups of `size` concepts, all linked inside a group, with one link from each group to the next."""
    nodes = [f"g{k:02d}/c{i:02d}" for k in range(n) for i in range(size)]
    edges = [(f"g{k:02d}/c{i:02d}", f"g{k:02d}/c{j:02d}") for k in range(n) for i in range(size) for j in range(i)]
    edges += [(f"g{k:02d}/c00", f"g{(k + 1) % n:02d}/c00") for k in range(n)]
    if shuffled is not None:
        random.Random(shuffled).shuffle(nodes)
        random.Random(shuffled).shuffle(edges)
    g = nx.MultiDiGraph()
    for node in nodes:
        concept(g, node, papers=3 if node.endswith("c00") else 2)
    for head, tail in edges:
        g.add_edge(head, tail, key="USED_FOR", confidence=0.9, papers=1)
    return g


def test_empty_and_single_graphs_have_a_layout() -> None:
    assert layout.arrange(nx.MultiDiGraph()).positions == {}
    g = nx.MultiDiGraph()
    concept(g, "method/a")
    assert layout.arrange(g).positions == {"method/a": (0, 0)}


@pytest.mark.parametrize(("n", "size"), [(3, 5), (20, 10)])
def test_the_order_of_nodes_and_edges_does_not_move_anything(n: int, size: int) -> None:
    assert layout.arrange(cliques(n, size)) == layout.arrange(cliques(n, size, shuffled=3))


def test_the_hash_seed_of_the_process_does_not_move_anything() -> None:
    program = (
        "import networkx as nx\nfrom kg import layout\n"
        "g = nx.MultiDiGraph()\n"
        "for i in range(200): g.add_node(f'method/{i}', label='Concept', name=str(i), papers=i % 3 + 1)\n"
        "for i in range(200):\n"
        "    for j in (i * 7 % 200, i // 5):\n"
        "        if i != j: g.add_edge(f'method/{i}', f'method/{j}', key='PART_OF', confidence=0.5, papers=1)\n"
        "print(layout.arrange(g))\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(seen) == 1


def test_linked_nodes_of_a_small_graph_stand_nearer_than_others() -> None:
    g = nx.MultiDiGraph()
    chain = ["method/a", "method/b", "method/c", "method/d"]
    for node in chain:
        concept(g, node)
    for head, tail in itertools.pairwise(chain):
        g.add_edge(head, tail, key="PART_OF", confidence=0.9, papers=1)
    places = layout.arrange(g).positions
    assert math.dist(places["method/a"], places["method/b"]) < math.dist(places["method/a"], places["method/d"])


def test_a_large_graph_is_laid_out_by_topic_and_topics_do_not_overlap() -> None:
    laid = layout.arrange(cliques(20, 10))
    assert len(laid.topics) == 20
    assert {len({laid.topic_of[f"g{k:02d}/c{i:02d}"] for i in range(10)}) for k in range(20)} == {1}
    for i, a in enumerate(laid.topics):
        for b in laid.topics[i + 1 :]:
            assert math.dist((a.x, a.y), (b.x, b.y)) > a.radius + b.radius - 3


def test_a_topic_is_named_by_what_is_linked_inside_it() -> None:
    g = cliques(20, 10)
    concept(g, "method/everywhere", papers=90)
    for k in range(20):
        g.add_edge(f"g{k:02d}/c01", "method/everywhere", key="USED_FOR", confidence=0.9, papers=1)
    names = [topic.name for topic in layout.arrange(g).topics]
    assert sum("EVERYWHERE" in name for name in names) <= 1
    assert all("/C" in name for name in names)


def test_what_is_linked_with_nothing_lies_together_and_names_no_topic() -> None:
    g = cliques(20, 10)
    for i in range(30):
        concept(g, f"method/alone-{i:02d}")
    laid = layout.arrange(g)
    (place,) = {laid.topic_of[f"method/alone-{i:02d}"] for i in range(30)}
    assert (laid.topics[place].name, laid.topics[place].size) == ("", 30)


def test_nodes_do_not_lie_on_each_other() -> None:
    for g in (cliques(3, 5), cliques(20, 10)):
        places = sorted(layout.arrange(g).positions.values())
        assert min(math.dist(a, b) for i, a in enumerate(places) for b in places[i + 1 :]) > 20


def test_stress_finds_a_triangle_from_its_distances() -> None:
    wanted = np.array([[0.0, 3.0, 4.0], [3.0, 0.0, 5.0], [4.0, 5.0, 0.0]])
    points = layout.stress(wanted)
    found = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    assert np.allclose(found, wanted, atol=0.01)


def test_separate_pushes_overlapping_discs_apart_and_leaves_others() -> None:
    points = layout.separate(np.array([[0.0, 0.0], [1.0, 0.0], [100.0, 0.0]]), np.array([5.0, 5.0, 5.0]))
    assert np.hypot(*(points[0] - points[1])) > 9.4
    assert tuple(points[2]) == (100.0, 0.0)
