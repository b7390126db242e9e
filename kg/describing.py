"""What a report on concepts holds, as plain data: statements, years, key papers, open ends, each with its sources."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import networkx as nx

from kg import comparing, naming, pathfinding, quoting, relatedness, wording
from kg.errors import KgError
from kg.normal import normal_form

__all__ = ["DOUBT", "SHOWN", "describe"]

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
DOUBT = 0.5  # a statement below it is rather false than true; it is named, not quoted
SHOWN = 8  # statements shown under one heading; the JSON form has all
_KEY_PAPERS = 8
_OPEN = 8
_RELATED = 12
_MOST_CONCEPTS = 6


def describe(g: nx.MultiDiGraph, concepts: Sequence[str]) -> dict[str, Any]:
    """Return the contents of the report: `{title, concepts: [...], comparisons: [...], sources: [...]}`.

    Statements name their papers by the `number` that these have among `sources`.
    """
    ids = list(dict.fromkeys(naming.resolve(g, name) for name in concepts))
    if not 1 <= len(ids) <= _MOST_CONCEPTS:
        raise KgError(f"a report is on 1 to {_MOST_CONCEPTS} concepts, not {len(ids)}")
    sources = quoting.Sources(g)
    cards = [_card(g, concept, sources) for concept in ids]
    comparisons = [comparing.compare(g, a, b, sources) for a, b in itertools.combinations(ids, 2)]
    return {
        "title": " and ".join(card["name"] for card in cards),
        "concepts": cards,
        "comparisons": comparisons,
        "sources": sources.rows(),
        "papers": sum(1 for _, label in g.nodes(data="label") if label == "Paper"),
    }


def _card(g: nx.MultiDiGraph, concept: str, sources: quoting.Sources) -> dict[str, Any]:
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
                    **quoting.paper(g, paper),
                    "year": g.nodes[paper].get("year"),
                    "upvotes": g.nodes[paper].get("upvotes"),
                    "role": type_,
                    "words": wording.ROLE_WORDS[type_],
                    "confidence": data["confidence"],
                    "evidence": pathfinding.evidence(g, paper, concept, type_),
                }
            )
    return sorted(rows, key=lambda r: r["paper"])


def _introductions(rows: list[dict[str, Any]], sources: quoting.Sources) -> list[dict[str, Any]]:
    found = sorted(
        (r for r in rows if r["role"] == "INTRODUCES"), key=lambda r: (r["year"] or 9999, r["published"], r["paper"])
    )
    return [{**r, "source": sources.number(r["paper"]), "evidence": sources.quote(r["evidence"])} for r in found]


def _statements(g: nx.MultiDiGraph, concept: str, sources: quoting.Sources) -> list[dict[str, Any]]:
    """Return the relations of a concept by group: `{relation, forward, words, items: [{id, name, …, evidence}]}`."""
    groups: dict[tuple[str, bool], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for _, tail, type_, data in g.out_edges(concept, keys=True, data=True):
        groups[type_, True].append((tail, data))
    for head, _, type_, data in g.in_edges(concept, keys=True, data=True):
        if g.nodes[head]["label"] == "Concept":
            # A comparison has one heading, whichever way it was put.
            groups[type_, type_ == "COMPARED_WITH"].append((head, data))
    found = []
    for type_, forward, _ in wording.GROUPS:
        # Above some confidence, the number of papers tells more than the next digit.
        ranked = sorted(
            groups[type_, forward],
            key=lambda p: (
                p[1]["confidence"] < DOUBT,
                -round(p[1]["confidence"], 1),
                -p[1]["papers"],
                -p[1]["confidence"],
                p[0],
            ),
        )
        items: list[dict[str, Any]] = []
        for other, data in ranked:
            ends = (concept, other) if g.has_edge(concept, other, type_) and forward else (other, concept)
            pieces = pathfinding.evidence(g, *ends, type_)
            # Only what is shown takes a number among the sources.
            shown = sources.quote(pieces) if len(items) < SHOWN else [{**p, "source": None} for p in pieces]
            items.append(
                {**quoting.end(g, other), "confidence": data["confidence"], "papers": data["papers"], "evidence": shown}
            )
        if items:
            said = wording.words(g.nodes[concept]["kind"], type_, forward=forward)
            found.append({"relation": type_, "forward": forward, "words": said, "items": items})
    return found


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
                "roles": {role: roles[role] for role in wording.ROLE_WORDS if roles[role]},
                "new": [quoting.end(g, other) for other in new[:5]],
                "more": max(0, len(new) - 5),
            }
        )
    return years


def _related(g: nx.MultiDiGraph, concept: str, sources: quoting.Sources) -> list[dict[str, Any]]:
    rows = []
    for row in relatedness.related(g, concept, limit=_RELATED):
        said = [wording.words(g.nodes[concept]["kind"], r["relation"], forward=r["forward"]) for r in row["relations"]]
        why = [*dict.fromkeys(said), f"{row['papers']} paper{'s name' if row['papers'] > 1 else ' names'} both"]
        evidence = sources.quote([row["evidence"]]) if row["evidence"] else []
        rows.append({**row, "why": "; ".join(why), "evidence": evidence})
    return rows


def _key_papers(rows: list[dict[str, Any]], sources: quoting.Sources) -> list[dict[str, Any]]:
    """Return the papers that are most about the concept: by role, how sure it is, and in how many sentences they name it."""

    def weight(row: dict[str, Any]) -> float:
        return float(_ROLE_WEIGHTS[row["role"]] * row["confidence"] + 0.05 * min(len(row["evidence"]), 6))

    ranked = sorted(rows, key=lambda r: (-weight(r), -(r["upvotes"] or 0), r["paper"]))[:_KEY_PAPERS]
    return [{**r, "source": sources.number(r["paper"]), "evidence": sources.quote(r["evidence"][:1])} for r in ranked]


def _open_ends(g: nx.MultiDiGraph, concept: str, sources: quoting.Sources) -> list[dict[str, Any]]:
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
        rows.append({**quoting.end(g, other), "relatives": names, "confidence": best[0], "evidence": pieces})
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
        firm = [item["name"] for item in group["items"] if item["confidence"] >= DOUBT]
        if not firm:
            continue
        names = _names(firm[:3], len(firm))
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
