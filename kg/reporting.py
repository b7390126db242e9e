"""The report on one or more concepts: what the papers say of them, statement by statement, with the sentence and its source.

    print(report(g, ["State Space Model"]))                     # Markdown
    Path("r.html").write_text(report(g, ["Mamba", "Transformer"], format="html"))

`describe` gathers the contents as plain data, which is also the JSON form; the two templates in `visualizations/` set it.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import networkx as nx

from kg import figures, naming, pathfinding, relatedness, templates
from kg.errors import KgError
from kg.normal import normal_form

__all__ = ["FORMATS", "describe", "report", "words"]

FORMATS = ("md", "html", "json")

# Relation, whether it points away from the concept, and the words before the others, in the order of the report.
_GROUPS = (
    ("SUBCLASS_OF", True, "a kind of"),
    ("SUBTASK_OF", True, "a special case of"),
    ("VARIANT_OF", True, "a variant of"),
    ("SUBCLASS_OF", False, "has as kinds"),
    ("SUBTASK_OF", False, "has as special cases"),
    ("VARIANT_OF", False, "has as variants"),
    ("USED_FOR", True, "used for"),
    ("USED_FOR", False, "supported by"),
    ("PART_OF", True, "a part of"),
    ("PART_OF", False, "has as parts"),
    ("BENCHMARK_FOR", True, "a benchmark for"),
    ("BENCHMARK_FOR", False, "measured by"),
    ("TRAINED_WITH", True, "trained on"),
    ("TRAINED_WITH", False, "used to train"),
    ("EVALUATED_WITH", True, "evaluated on"),
    ("EVALUATED_WITH", False, "used to evaluate"),
    ("COMPARED_WITH", True, "compared with"),
)
_WORDS = {(type_, forward): words for type_, forward, words in _GROUPS} | {("COMPARED_WITH", False): "compared with"}
# What is used for a task or a dataset does not support it.
_USED_FOR_IT = {"Task": "approached with", "Dataset": "made with"}


def words(kind: str, relation: str, *, forward: bool) -> str:
    """Return the words that lead from a concept of `kind` to another: "a kind of", "evaluated on"."""
    if relation == "USED_FOR" and not forward:
        return _USED_FOR_IT.get(kind, _WORDS[relation, forward])
    return _WORDS.get((relation, forward), relation.lower().replace("_", " "))


ROLE_WORDS = {
    "INTRODUCES": "introduces it",
    "STUDIES": "studies it",
    "USES": "uses it",
    "ADDRESSES": "addresses it",
    "EVALUATES_ON": "evaluates on it",
    "COMPARES": "compares with it",
    "MENTIONS": "mentions it",
}
# How much a paper is about a concept, by its role there; the report ranks its key papers so.
_ROLE_WEIGHTS = {
    "INTRODUCES": 1.0,
    "STUDIES": 0.9,
    "USES": 0.7,
    "ADDRESSES": 0.7,
    "EVALUATES_ON": 0.5,
    "COMPARES": 0.4,
    "MENTIONS": 0.2,
}
_STATEMENTS = 8  # shown under one heading; the JSON form has all
_QUOTED = 4  # papers that one statement adds to the sources
_KEY_PAPERS = 8
_OPEN = 8
_RELATED = 12
_MOST_CONCEPTS = 6


def report(g: nx.MultiDiGraph, concepts: str | Sequence[str], *, format: str = "md") -> str:
    """Return the report on `concepts` (ids or names) as Markdown ("md"), one self-contained HTML page or JSON.

    Raises UnknownConcept for a name that nothing has, KgError for an unknown format or number of concepts.
    """
    if format not in FORMATS:
        raise KgError(f"no report format {format!r}; expected {', '.join(FORMATS)}")
    contents = describe(g, [concepts] if isinstance(concepts, str) else concepts)
    if format == "json":
        return json.dumps(contents, ensure_ascii=False, indent=2) + "\n"
    for card in contents["concepts"]:
        card["figures"] = {"years": figures.bars(card["years"]), "relations": figures.ego(card, words)}
    if format == "html":
        css = templates.source("report.css")
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
        return templates.html("report.html", contents, css=css, digest=digest, shown=_STATEMENTS)
    return templates.markdown("report.md", contents, shown=_STATEMENTS)


def describe(g: nx.MultiDiGraph, concepts: Sequence[str]) -> dict[str, Any]:
    """Return the contents of the report: `{title, concepts: [...], comparisons: [...], sources: [...]}`.

    Statements name their papers by the `number` that these have among `sources`.
    """
    ids = list(dict.fromkeys(naming.resolve(g, name) for name in concepts))
    if not 1 <= len(ids) <= _MOST_CONCEPTS:
        raise KgError(f"a report is on 1 to {_MOST_CONCEPTS} concepts, not {len(ids)}")
    sources = _Sources(g)
    cards = [_card(g, concept, sources) for concept in ids]
    comparisons = [_compare(g, a, b, sources) for a, b in itertools.combinations(ids, 2)]
    return {
        "title": " and ".join(card["name"] for card in cards),
        "concepts": cards,
        "comparisons": comparisons,
        "sources": sources.rows(),
        "papers": sum(1 for _, label in g.nodes(data="label") if label == "Paper"),
    }


class _Sources:
    """Numbers papers in the order in which the report first quotes them."""

    def __init__(self, g: nx.MultiDiGraph) -> None:
        self._g = g
        self._numbers: dict[str, int] = {}

    def number(self, paper: str) -> int:
        return self._numbers.setdefault(paper, len(self._numbers) + 1)

    def rows(self) -> list[dict[str, Any]]:
        return [{"number": n, **_paper(self._g, paper)} for paper, n in self._numbers.items()]

    def quote(self, pieces: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the pieces, each with the number of its paper; only the first few papers get one, the others None."""
        rows: list[dict[str, Any]] = []
        quoted: set[str] = set()
        for piece in pieces:
            if piece["paper"] in quoted or len(quoted) < _QUOTED:
                quoted.add(piece["paper"])
                rows.append({**piece, "source": self.number(piece["paper"])})
            else:
                rows.append({**piece, "source": self._numbers.get(piece["paper"])})
        return rows


def _paper(g: nx.MultiDiGraph, paper: str) -> dict[str, Any]:
    data = g.nodes[paper]
    names = ("title", "published", "venue", "url")
    return {"paper": paper, **{n: data.get(n, "") for n in names}, "authors": list(data.get("authors", ()))}


def _card(g: nx.MultiDiGraph, concept: str, sources: _Sources) -> dict[str, Any]:
    data = g.nodes[concept]
    naming_it = _naming_papers(g, concept)
    card: dict[str, Any] = {
        "id": concept,
        "name": data["name"],
        "kind": data["kind"],
        "aliases": [{"form": f, "count": n} for f, n in zip(data["aliases"], data["alias_counts"], strict=True)],
        "forms": _forms(data),
        "first_seen": data.get("first_seen", ""),
        "papers": data["papers"],
        "mentions": data["mentions"],
        "ambiguous": data["ambiguous"],
        "note": data.get("note", ""),
        "introduced_by": _introductions(naming_it, sources),
        "statements": _statements(g, concept, sources),
    }
    card["years"] = _years(g, concept, naming_it)
    card["related"] = _related(g, concept, sources)
    card["key_papers"] = _key_papers(naming_it, sources)
    card["open_ends"] = _open_ends(g, concept, sources)
    card["summary"] = _summary(card, g)
    return card


def _forms(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the aliases with those that differ by case, hyphens or plural as one, by the most frequent of them."""
    forms: dict[str, tuple[str, int]] = {}
    for form, count in zip(data["aliases"], data["alias_counts"], strict=True):
        normal = normal_form(form)
        forms[normal] = (forms[normal][0], forms[normal][1] + count) if normal in forms else (form, count)
    forms.pop(normal_form(data["name"]), None)
    return [{"form": f, "count": n} for f, n in sorted(forms.values(), key=lambda p: (-p[1], p[0]))]


def _naming_papers(g: nx.MultiDiGraph, concept: str) -> list[dict[str, Any]]:
    """Return the papers that name a concept: what each is, its role, and its sentences, surest first."""
    rows = []
    for paper, _, type_, data in g.in_edges(concept, keys=True, data=True):
        if g.nodes[paper]["label"] == "Paper":
            rows.append(
                {
                    **_paper(g, paper),
                    "year": g.nodes[paper].get("year"),
                    "upvotes": g.nodes[paper].get("upvotes"),
                    "role": type_,
                    "words": ROLE_WORDS[type_],
                    "confidence": data["confidence"],
                    "evidence": pathfinding.evidence(g, paper, concept, type_),
                }
            )
    return sorted(rows, key=lambda r: r["paper"])


def _introductions(rows: list[dict[str, Any]], sources: _Sources) -> list[dict[str, Any]]:
    found = sorted(
        (r for r in rows if r["role"] == "INTRODUCES"), key=lambda r: (r["year"] or 9999, r["published"], r["paper"])
    )
    return [{**r, "source": sources.number(r["paper"]), "evidence": sources.quote(r["evidence"])} for r in found]


def _statements(g: nx.MultiDiGraph, concept: str, sources: _Sources) -> list[dict[str, Any]]:
    """Return the relations of a concept by group: `{relation, forward, words, items: [{id, name, …, evidence}]}`."""
    groups: dict[tuple[str, bool], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for _, tail, type_, data in g.out_edges(concept, keys=True, data=True):
        groups[type_, True].append((tail, data))
    for head, _, type_, data in g.in_edges(concept, keys=True, data=True):
        if g.nodes[head]["label"] == "Concept":
            # A comparison has one heading, whichever way it was put.
            groups[type_, type_ == "COMPARED_WITH"].append((head, data))
    found = []
    for type_, forward, _ in _GROUPS:
        # Above some confidence, the number of papers tells more than the next digit.
        ranked = sorted(
            groups[type_, forward],
            key=lambda p: (-round(p[1]["confidence"], 1), -p[1]["papers"], -p[1]["confidence"], p[0]),
        )
        items: list[dict[str, Any]] = []
        for other, data in ranked:
            ends = (concept, other) if g.has_edge(concept, other, type_) and forward else (other, concept)
            pieces = pathfinding.evidence(g, *ends, type_)
            # Only what is shown takes a number among the sources.
            shown = sources.quote(pieces) if len(items) < _STATEMENTS else [{**p, "source": None} for p in pieces]
            items.append(
                {**_end(g, other), "confidence": data["confidence"], "papers": data["papers"], "evidence": shown}
            )
        if items:
            said = words(g.nodes[concept]["kind"], type_, forward=forward)
            found.append({"relation": type_, "forward": forward, "words": said, "items": items})
    return found


def _end(g: nx.MultiDiGraph, concept: str) -> dict[str, str]:
    return {"id": concept, "name": g.nodes[concept]["name"], "kind": g.nodes[concept]["kind"]}


def _years(g: nx.MultiDiGraph, concept: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, per year: papers, how many in which role, and the concepts that a paper related to it for the first time."""
    first: dict[str, tuple[int, float]] = {}
    edges = (*g.out_edges(concept, keys=True, data=True), *g.in_edges(concept, keys=True, data=True))
    for head, tail, _, data in edges:
        other = tail if head == concept else head
        dated = [g.nodes[e.paper]["year"] for e in data["evidence"] if "year" in g.nodes[e.paper]]
        if g.nodes[other]["label"] == "Concept" and dated:
            year, confidence = first.get(other, (9999, 0.0))
            first[other] = min(year, *dated), max(confidence, data["confidence"])
    years = []
    for year in sorted({r["year"] for r in rows if r["year"]}):
        mine = [r for r in rows if r["year"] == year]
        new = sorted((o for o, (y, _) in first.items() if y == year), key=lambda o: (-first[o][1], o))
        roles = Counter(r["role"] for r in mine)
        years.append(
            {
                "year": year,
                "papers": len(mine),
                "roles": {role: roles[role] for role in ROLE_WORDS if roles[role]},
                "new": [_end(g, other) for other in new[:5]],
                "more": max(0, len(new) - 5),
            }
        )
    return years


def _related(g: nx.MultiDiGraph, concept: str, sources: _Sources) -> list[dict[str, Any]]:
    rows = []
    for row in relatedness.related(g, concept, limit=_RELATED):
        said = [words(g.nodes[concept]["kind"], r["relation"], forward=r["forward"]) for r in row["relations"]]
        why = [*dict.fromkeys(said), f"{row['papers']} paper{'s name' if row['papers'] > 1 else ' names'} both"]
        evidence = sources.quote([row["evidence"]]) if row["evidence"] else []
        rows.append({**row, "why": "; ".join(why), "evidence": evidence})
    return rows


def _key_papers(rows: list[dict[str, Any]], sources: _Sources) -> list[dict[str, Any]]:
    """Return the papers that are most about the concept: by role, how sure it is, and in how many sentences they name it."""

    def weight(row: dict[str, Any]) -> float:
        return float(_ROLE_WEIGHTS[row["role"]] * row["confidence"] + 0.05 * min(len(row["evidence"]), 6))

    ranked = sorted(rows, key=lambda r: (-weight(r), -(r["upvotes"] or 0), r["paper"]))[:_KEY_PAPERS]
    return [{**r, "source": sources.number(r["paper"]), "evidence": sources.quote(r["evidence"][:1])} for r in ranked]


def _open_ends(g: nx.MultiDiGraph, concept: str, sources: _Sources) -> list[dict[str, Any]]:
    """Return what close relatives are used for, or tested on, in papers that do not name the concept: untried, or unread.

    Relatives are its kinds, what it is a kind of, the other kinds of that, its variants and what it is compared with. For a
    task or a dataset, what serves or uses the relatives is listed instead.
    """
    relatives = _relatives(g, concept)
    seen = {c for paper in g.pred[concept] if g.nodes[paper]["label"] == "Paper" for c in g.succ[paper]}
    found: dict[str, list[tuple[float, str, tuple[str, str, str]]]] = defaultdict(list)
    away = g.nodes[concept]["kind"] == "Method"
    for relative in sorted(relatives):
        edges = g.out_edges(relative, keys=True, data=True) if away else g.in_edges(relative, keys=True, data=True)
        for head, tail, type_, data in edges:
            other = tail if away else head
            if type_ not in ("USED_FOR", "EVALUATED_WITH") or g.nodes[other].get("kind") not in _SOUGHT[away]:
                continue
            if other not in seen and other != concept and other not in relatives:
                found[other].append((data["confidence"], relative, (head, tail, type_)))
    ranked = sorted(found, key=lambda o: (-len(found[o]), -max(c for c, _, _ in found[o]), o))[:_OPEN]
    rows = []
    for other in ranked:
        best = max(found[other], key=lambda f: (f[0], f[1]))
        names = [
            g.nodes[r]["name"]
            for r in dict.fromkeys(r for _, r, _ in sorted(found[other], key=lambda f: (-f[0], f[1])))
        ]
        pieces = sources.quote(pathfinding.evidence(g, *best[2])[:1])
        rows.append({**_end(g, other), "relatives": names, "confidence": best[0], "evidence": pieces})
    return rows


_SOUGHT = {True: ("Task", "Dataset"), False: ("Method",)}


def _relatives(g: nx.MultiDiGraph, concept: str) -> set[str]:
    up = ("SUBCLASS_OF", "SUBTASK_OF", "VARIANT_OF")
    parents = {t for _, t, type_ in g.out_edges(concept, keys=True) if type_ in up}
    kinds = {h for h, _, type_ in g.in_edges(concept, keys=True) if type_ in up}
    siblings = {h for p in parents for h, _, type_ in g.in_edges(p, keys=True) if type_ in up}
    compared = {t for _, t, type_ in g.out_edges(concept, keys=True) if type_ == "COMPARED_WITH"}
    compared |= {h for h, _, type_ in g.in_edges(concept, keys=True) if type_ == "COMPARED_WITH"}
    return (parents | kinds | siblings | compared) - {concept}


def _summary(card: dict[str, Any], g: nx.MultiDiGraph) -> str:
    n_papers = sum(1 for _, label in g.nodes(data="label") if label == "Paper")
    years = [row["year"] for row in card["years"]]
    when = "" if not years else f", in {years[0]}" if years[0] == years[-1] else f", from {years[0]} to {years[-1]}"
    text = f"{card['name']} is a {card['kind'].lower()} that {card['papers']} of {n_papers} papers name{when}."
    is_, has = [], []
    for group in card["statements"]:
        names = _names([item["name"] for item in group["items"][:3]], len(group["items"]))
        if group["words"].startswith("has "):
            has.append(f"as {group['words'].removeprefix('has as ')} {names}")
        else:
            is_.append(f"{group['words']} {names}")
    if is_:
        text += f" In them it is {_and(is_)}."
    if has:
        text += f" It has {_and(has)}."
    return text


def _names(names: list[str], total: int) -> str:
    return f"{', '.join(names)} and {total - len(names)} more" if total > len(names) else _and(names, comma=", ")


def _and(parts: list[str], *, comma: str = "; ") -> str:
    return parts[0] if len(parts) == 1 else f"{comma.join(parts[:-1])}{';' if comma == '; ' else ''} and {parts[-1]}"


def _compare(g: nx.MultiDiGraph, a: str, b: str, sources: _Sources) -> dict[str, Any]:
    """Return what two concepts share, what only one of them has, and the chains between them."""
    relations = {c: _relation_words(g, c) for c in (a, b)}
    papers = {c: {p for p in g.pred[c] if g.nodes[p]["label"] == "Paper"} for c in (a, b)}
    shared = sorted(relations[a].keys() & relations[b].keys(), key=lambda o: (-_sure(g, a, o) - _sure(g, b, o), o))
    chains = pathfinding.paths(g, a, b, k=3)
    for chain in chains["paths"]:
        for hop in chain["hops"]:
            hop["evidence"] = sources.quote(hop["evidence"][:1])
            hop["words"] = words(hop["from"]["kind"], hop["relation"], forward=hop["forward"])
    only = {}
    for name, one, other in (("only_a", a, b), ("only_b", b, a)):
        own = sorted(relations[one].keys() - relations[other].keys() - {other}, key=lambda o: (-_sure(g, one, o), o))
        only[name] = {"total": len(own), "items": [{**_end(g, o), "words": relations[one][o]} for o in own[:10]]}
    return {
        "a": _end(g, a),
        "b": _end(g, b),
        "direct": relations[a].get(b, []),
        "shared_papers": [
            {"source": sources.number(p), **_paper(g, p)} for p in sorted(papers[a] & papers[b])[:_KEY_PAPERS]
        ],
        "n_shared_papers": len(papers[a] & papers[b]),
        "shared": [{**_end(g, o), "a_words": relations[a][o], "b_words": relations[b][o]} for o in shared[:12]],
        "n_shared": len(shared),
        **only,
        "paths": chains,
    }


def _relation_words(g: nx.MultiDiGraph, concept: str) -> dict[str, list[str]]:
    kind = g.nodes[concept]["kind"]
    said: dict[str, set[str]] = defaultdict(set)
    for _, tail, type_ in g.out_edges(concept, keys=True):
        said[tail].add(words(kind, type_, forward=True))
    for head, _, type_ in g.in_edges(concept, keys=True):
        if g.nodes[head]["label"] == "Concept":
            said[head].add(words(kind, type_, forward=False))
    return {other: sorted(found) for other, found in said.items()}


def _sure(g: nx.MultiDiGraph, a: str, b: str) -> float:
    return relatedness.relations_score(g, a, b)
