"""An invented graph, large enough for queries to have ties and gaps, with names and sentences that try to break out."""

from __future__ import annotations

import random

import networkx as nx

from kg import graph, schema
from kg.records import Evidence

HOSTILE = (
    "`DETACH DELETE n` // $x {y}",
    'it\'s "quoted" \\ and \\u0027',
    "naïve 漢字 العربية 🧪 \u2028 end",
    "null \0 inside, tab \t, line\nbreak, return \r",
    "'}) MATCH (n) DETACH DELETE n RETURN ({a:'",
)


def world(seed: int = 1, *, papers: int = 30, concepts: int = 24) -> nx.MultiDiGraph:
    """Return a graph that obeys the schema; the same for the same arguments."""
    rng = random.Random(seed)
    g = nx.MultiDiGraph()
    ids = []
    for n in range(papers):
        id_ = f"title:{n:04x}"
        text = f"Sentence one of {n}. {HOSTILE[n % len(HOSTILE)]}. Sentence three."
        dated = {"published": f"20{18 + n % 7}-0{1 + n % 9}", "year": 2018 + n % 7} if n % 5 else {}
        g.add_node(
            id_, label="Paper", id=id_, title=f"Paper {n}", abstract=text, authors=("A. Ames", "B. Berg"), **dated
        )
        ids.append(id_)
    names = []
    for n in range(concepts):
        kind = schema.KINDS[n % 3]
        id_ = f"{kind.lower()}/c{n}"
        name = HOSTILE[n] if n < len(HOSTILE) else f"Concept {n}"
        attributes = (
            {"aliases": (f"C{n}", HOSTILE[n % 5]), "alias_counts": (2, 1)}
            if n % 2
            else {"aliases": (), "alias_counts": ()}
        )
        first = {"first_seen": f"20{18 + n % 7}-01"} if n % 4 else {}
        g.add_node(
            id_,
            label="Concept",
            id=id_,
            name=name,
            kind=kind,
            papers=0,
            mentions=n + 1,
            ambiguous=n == 3,
            **attributes,
            **first,
        )
        names.append(id_)

    def join(head: str, tail: str, type_: str, sources: list[str]) -> None:
        pieces = []
        for paper in sources:
            text = g.nodes[paper]["abstract"]
            end = text.index(". ") + 1
            sure = round(rng.uniform(0.5, 0.99), 4)
            pieces.append(
                Evidence(paper, "abstract", 0, end, text[:end], sure, None if head == paper else (0, 8), (0, 8))
            )
            pieces.append(
                Evidence(paper, "abstract", end + 1, len(text), text[end + 1 :], 1.0, None, (end + 1, end + 2))
            )
        confidence = graph.combine(p.confidence for p in pieces)
        g.add_edge(head, tail, key=type_, confidence=confidence, papers=len(sources), evidence=tuple(sorted(pieces)))

    roles = [r.name for r in schema.RELATIONS.values() if r.role]
    for paper in ids:
        for concept in sorted(rng.sample(names, 5)):
            join(paper, concept, rng.choice(roles), [paper])
            g.nodes[concept]["papers"] += 1
    stated = [r for r in schema.RELATIONS.values() if not r.role]
    for head in names:
        for tail in names:
            for relation in stated:
                kinds = g.nodes[head]["kind"], g.nodes[tail]["kind"]
                if head != tail and schema.allowed(relation.name, *kinds) and rng.random() < 0.3:
                    join(head, tail, relation.name, sorted(rng.sample(ids, rng.choice((1, 1, 2, 3)))))
    graph.check(g)
    return g
