"""The explorer page as text: one file, nothing from the network, no text of a paper as markup, the same bytes again."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import logging
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from kg import rendering, resources, schema
from kg.errors import KgError, UnknownConcept
from kg.records import Evidence

EVIL = "</script><script>window.pwned=1</script><img src=x onerror=pwned=1> href"


def statement(paper: str, sentence: str, head: str | None, tail: str, confidence: float = 0.9) -> Evidence:
    def span(words: str) -> tuple[int, int]:
        return (sentence.index(words) + 7, sentence.index(words) + 7 + len(words))

    return Evidence(
        paper, "abstract", 7, 7 + len(sentence), sentence, confidence, span(head) if head else None, span(tail)
    )


def small(*, order: int | None = None) -> nx.MultiDiGraph:
    """Return two papers and four concepts: Comb is a kind of Rake, which is used for Raking, as is Fork."""
    nodes: list[tuple[str, dict[str, Any]]] = [
        (
            "arxiv:1",
            {
                "label": "Paper",
                "title": "Combs",
                "published": "2023-12-01",
                "year": 2023,
                "url": "https://example.org/1",
                "authors": ["A. Bee", "C. Dee"],
            },
        ),
        (
            "arxiv:2",
            {
                "label": "Paper",
                "title": "Rakes 𝒜 for all",
                "published": "2021",
                "year": 2021,
                "url": "javascript:alert(1)",
            },
        ),
        (
            "method/comb",
            {
                "label": "Concept",
                "kind": "Method",
                "name": "Comb",
                "aliases": ["comb-net"],
                "alias_counts": [2],
                "papers": 2,
                "mentions": 4,
            },
        ),
        ("method/rake", {"label": "Concept", "kind": "Method", "name": "Rake", "papers": 2, "mentions": 3}),
        ("method/fork", {"label": "Concept", "kind": "Method", "name": "Fork", "papers": 1, "mentions": 1}),
        ("task/raking", {"label": "Concept", "kind": "Task", "name": "Raking", "papers": 2, "mentions": 2}),
    ]
    edges = [
        ("method/comb", "SUBCLASS_OF", "method/rake", statement("arxiv:1", "A comb is a rake.", "comb", "rake")),
        (
            "method/rake",
            "USED_FOR",
            "task/raking",
            statement("arxiv:2", "𝒜 rakes serve raking.", "rakes", "raking", 0.7),
        ),
        ("method/fork", "USED_FOR", "task/raking", statement("arxiv:2", "Forks serve raking.", "Forks", "raking", 0.6)),
        ("arxiv:1", "INTRODUCES", "method/comb", statement("arxiv:1", "A comb is a rake.", None, "comb", 0.8)),
        ("arxiv:2", "USES", "method/rake", statement("arxiv:2", "𝒜 rakes serve raking.", None, "rakes", 0.8)),
    ]
    if order is not None:
        random.Random(order).shuffle(nodes)
        random.Random(order).shuffle(edges)
    g = nx.MultiDiGraph()
    for node, data in nodes:
        g.add_node(
            node,
            **({"aliases": [], "alias_counts": [], "ambiguous": False} if data["label"] == "Concept" else {}) | data,
        )
    for head, kind, tail, said in edges:
        g.add_edge(head, tail, key=kind, confidence=said.confidence, papers=1, evidence=(said,))
    return g


def chain(g: nx.MultiDiGraph, hops: Sequence[tuple[str, str, str, bool]]) -> dict[str, Any]:
    """Return what pathfinding.paths gives for one chain of (from, relation, to, forward)."""

    def end(node: str) -> dict[str, str]:
        return {"id": node, "name": g.nodes[node]["name"], "kind": g.nodes[node]["kind"]}

    out = []
    for start, relation, stop, forward in hops:
        edge = g.edges[(start, stop, relation) if forward else (stop, start, relation)]
        said = [
            {"paper": e.paper, "title": "", "field": e.field, "start": e.start, "end": e.end, "sentence": e.sentence}
            for e in edge["evidence"]
        ]
        out.append(
            {
                "from": end(start),
                "to": end(stop),
                "relation": relation,
                "forward": forward,
                "confidence": edge["confidence"],
                "papers": 1,
                "evidence": said,
            }
        )
    return {"from": end(hops[0][0]), "to": end(hops[-1][2]), "paths": [{"score": 0.4, "weakest": 1, "hops": out}]}


def data_of(page: str) -> dict[str, Any]:
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert block
    found: dict[str, Any] = json.loads(block.group(1))
    return found


def names(page: str) -> set[str]:
    return set(data_of(page)["nodes"]["label"])


class Reader(html.parser.HTMLParser):
    """Collects what a browser would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.scripts: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in {"script", "img", "iframe", "link", "object", "embed", "source", "video", "audio"}:
            self.loads += [value for key in ("src", "href", "data") if (value := found.get(key))]
        self.handlers += [key for key in found if key.startswith("on")]
        if tag == "script":
            self.scripts.append(found)


def test_the_page_loads_nothing_and_has_no_inline_handlers() -> None:
    reader = Reader()
    reader.feed(rendering.render(small()))
    assert (reader.loads, reader.handlers) == ([], [])
    assert len(reader.scripts) == 3


def test_the_policy_names_the_hashes_of_exactly_the_two_scripts_of_the_page() -> None:
    page = rendering.render(small())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy.group(1)
    assert "require-trusted-types-for 'script'" in policy.group(1)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    hashes = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts}
    assert set(re.findall(r"sha256-([^']+)'", policy.group(1))) == hashes
    assert len(hashes) == 2
    assert "unsafe-inline" not in policy.group(1).split("style-src")[0]
    assert "\r" not in page


def test_the_same_graph_in_another_order_gives_the_same_bytes() -> None:
    assert rendering.render(small()) == rendering.render(small(order=1)) == rendering.render(small(order=2))


def test_the_hash_seed_of_the_process_does_not_change_the_bytes(tmp_path: Path) -> None:
    program = (
        "import hashlib, networkx as nx\nfrom kg import rendering\nfrom kg.records import Evidence\n"
        "g = nx.MultiDiGraph()\n"
        "for i in range(180): g.add_node(f'method/{i}', label='Concept', kind='Method', name=f'M{i}', papers=i % 4 + 1)\n"
        "e = Evidence('arxiv:1', 'title', 0, 5, 'hello', 0.5, (0, 1), (2, 3))\n"
        "for i in range(180):\n"
        "    g.add_edge(f'method/{i}', f'method/{i * 7 % 180}', key='PART_OF', confidence=0.5, papers=1, evidence=(e,))\n"
        "for kept in (500, 60): print(hashlib.sha256(rendering.render(g, max_nodes=kept).encode()).hexdigest())\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "7")
    }
    assert len(seen) == 1


def test_render_leaves_the_graph_as_it_was() -> None:
    g = small()
    before = (dict(g.nodes(data=True)), list(g.edges(keys=True, data=True)))
    rendering.render(g)
    assert (dict(g.nodes(data=True)), list(g.edges(keys=True, data=True))) == before


def test_each_sentence_is_on_the_page_once_and_its_spans_name_the_ends() -> None:
    data = data_of(rendering.render(small()))
    assert sorted(data["sentences"]) == ["A comb is a rake.", "Forks serve raking.", "𝒜 rakes serve raking."]
    at = data["edges"]["kind"].index("USED_FOR", data["edges"]["kind"].index("USED_FOR") + 1)
    sentence, confidence, *spans, paper = data["edges"]["evidence"][at]
    text = data["sentences"][sentence]
    assert text[spans[0] : spans[1]] == "rakes"
    assert text[spans[2] : spans[3]] == "raking"
    assert confidence == 0.7
    assert data["papers"]["title"][paper] == "Rakes 𝒜 for all"


def test_concepts_give_their_neighbourhood_to_the_depth_asked_for() -> None:
    assert names(rendering.render(small(), concepts=["method/comb"], depth=1)) == {"Comb", "Rake", "Combs"}
    page = rendering.render(small(), concepts=["method/comb"], depth=2)
    assert names(page) == {"Comb", "Rake", "Raking", "Combs"}
    data = data_of(page)
    assert [data["nodes"]["label"][i] for i in data["opening"]["focus"]] == ["Comb"]
    assert data["title"] == "Around Comb"


def test_a_sentence_keeps_its_paper_when_the_paper_is_not_among_the_nodes() -> None:
    data = data_of(rendering.render(small(), concepts=["method/fork"], depth=1))
    assert "Rakes 𝒜 for all" not in data["nodes"]["label"]
    assert data["papers"]["title"] == ["Rakes 𝒜 for all"]
    assert data["papers"]["date"] == ["2021"]


def test_a_concept_is_found_by_its_name_and_an_unknown_one_is_refused() -> None:
    assert data_of(rendering.render(small(), concepts=["comb"]))["title"] == "Around Comb"
    with pytest.raises(UnknownConcept):
        rendering.render(small(), concepts=["no such thing at all"])


def test_paths_open_on_the_chain_with_its_weakest_hop() -> None:
    g = small()
    hops = [
        ("method/comb", "SUBCLASS_OF", "method/rake", True),
        ("method/rake", "USED_FOR", "task/raking", True),
        ("task/raking", "USED_FOR", "method/fork", False),
    ]
    data = data_of(rendering.render(g, paths=chain(g, hops)))
    (path,) = data["opening"]["paths"]
    assert [data["nodes"]["label"][i] for i in path["nodes"]] == ["Comb", "Rake", "Raking", "Fork"]
    assert [data["edges"]["kind"][i] for i in path["edges"]] == ["SUBCLASS_OF", "USED_FOR", "USED_FOR"]
    assert path["weakest"] == 1
    assert data["title"] == "Comb → Fork"


def test_a_page_of_no_path_still_has_both_ends() -> None:
    g = small()
    none = chain(g, [("method/comb", "SUBCLASS_OF", "method/rake", True)]) | {"paths": []}
    data = data_of(rendering.render(g, paths=none))
    assert data["opening"]["paths"] == []
    assert [data["nodes"]["label"][i] for i in data["opening"]["ends"]] == ["Comb", "Rake"]


def test_too_many_nodes_keep_the_most_named_and_say_what_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="kg.rendering"):
        page = rendering.render(small(), max_nodes=4)
    # Papers take a fifth of four places, that is none; Fork is named by one paper only.
    assert names(page) == {"Comb", "Rake", "Raking", "Fork"}
    assert data_of(page)["leftOut"] == "2 papers"
    assert "2 papers left out" in caplog.text
    assert names(rendering.render(small(), max_nodes=3)) == {"Comb", "Rake", "Raking"}
    assert names(rendering.render(small(), max_nodes=2, concepts=["method/fork"])) == {"Fork", "Raking"}


def test_more_statements_than_an_edge_may_carry_are_counted() -> None:
    g = small()
    said = tuple(statement("arxiv:2", f"Rakes serve raking {i:02d}.", "Rakes", "raking", i / 100) for i in range(30))
    g.edges["method/rake", "task/raking", "USED_FOR"]["evidence"] = said
    data = data_of(rendering.render(g))
    at = next(i for i, n in enumerate(data["edges"]["statements"]) if n == 30)
    assert len(data["edges"]["evidence"][at]) == 7 * rendering.MAX_EVIDENCE
    assert data["edges"]["evidence"][at][1] == 0.29


def test_hostile_texts_stay_data() -> None:
    g = small()
    g.nodes["method/comb"].update(name=EVIL, aliases=[EVIL], note=EVIL, first_seen=EVIL)
    g.nodes["arxiv:1"].update(title=EVIL, url=EVIL, venue=EVIL, authors=[EVIL], published=EVIL)
    evil = Evidence("arxiv:1", "abstract", 0, len(EVIL), EVIL, 0.9, (0, 3), (4, 9))
    g.edges["method/comb", "method/rake", "SUBCLASS_OF"]["evidence"] = (evil,)
    g.add_edge("method/comb", "method/fork", key=EVIL, confidence=0.5, papers=1, evidence=(evil,))
    plain, page = Reader(), Reader()
    plain.feed(rendering.render(small()))
    text = rendering.render(g, title=EVIL)
    page.feed(text)
    assert (page.scripts, page.loads, page.handlers) == (plain.scripts, [], [])
    assert "<img" not in text
    assert data_of(text)["title"] == EVIL


@pytest.mark.parametrize(
    "text", ["\ud800 lone", "\x00\x1b[31m", "\u202eevil", "", "a" * 50_000, "\r\n\u2028", "{{ 7*7 }}", "{% raw %}"]
)
def test_odd_texts_can_be_written_as_utf8_and_read_back(text: str) -> None:
    g = small()
    g.nodes["method/comb"]["name"] = text
    page = rendering.render(g, title=text)
    assert page.encode("utf-8")
    label = data_of(page)["nodes"]["label"][data_of(page)["nodes"]["key"].index("method/comb")]
    assert label == (text.replace("\ud800", "?") or "method/comb")


def test_an_empty_graph_is_a_page() -> None:
    assert data_of(rendering.render(nx.MultiDiGraph()))["nodes"]["label"] == []


def test_every_relation_of_the_schema_has_words_in_the_page() -> None:
    script = (resources.folder("visualizations") / "data.js").read_text(encoding="utf-8")
    table = script[script.index("const WORDS") : script.index("};", script.index("const WORDS"))]
    assert set(re.findall(r"^  ([A-Z_]+):", table, re.M)) == set(schema.RELATIONS)


def test_every_script_of_the_folder_is_on_the_page_and_writes_text_only() -> None:
    folder = resources.folder("visualizations")
    assert {path.name for path in folder.glob("*.js")} == set(rendering.SCRIPTS)
    for name in rendering.SCRIPTS:
        source = (folder / name).read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|fetch\(|XMLHttpRequest|https?://(?!www\.w3\.org/2000/svg)",
            source,
        ), name


def test_another_version_of_the_drawing_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_VIS_SHA256", "0" * 64)
    with pytest.raises(KgError, match=r"pyvis==0\.3\.2"):
        rendering.render(small())
