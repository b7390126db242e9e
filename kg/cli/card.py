"""The card of a concept: what it is in the words of the papers, each line with its best sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kg.cli.output import clean, counted, print_text, sureness, text
from kg.records import Evidence
from kg.schema import RELATIONS

if TYPE_CHECKING:
    import networkx as nx
    from rich.text import Text

__all__ = ["PHRASES", "card", "print_card", "sentence", "source"]

# (type, does the concept stand at its head?) -> heading, in the order of a definition
_SECTIONS: tuple[tuple[str, bool, str], ...] = (
    ("SUBCLASS_OF", True, "is a kind of"),
    ("SUBTASK_OF", True, "is a special case of"),
    ("VARIANT_OF", True, "is a variant of"),
    ("USED_FOR", True, "is used for"),
    ("BENCHMARK_FOR", True, "is a benchmark for"),
    ("PART_OF", True, "is part of"),
    ("TRAINED_WITH", True, "is trained on"),
    ("EVALUATED_WITH", True, "is evaluated on"),
    ("COMPARED_WITH", True, "is compared with"),
    ("COMPARED_WITH", False, "is compared with"),
    ("SUBCLASS_OF", False, "kinds of it"),
    ("SUBTASK_OF", False, "special cases of it"),
    ("VARIANT_OF", False, "variants of it"),
    ("PART_OF", False, "has as parts"),
    ("USED_FOR", False, "is served by"),
    ("BENCHMARK_FOR", False, "is measured on"),
    ("TRAINED_WITH", False, "trains"),
    ("EVALUATED_WITH", False, "evaluates"),
    ("INTRODUCES", False, "introduced by"),
    ("STUDIES", False, "studied by"),
    ("ADDRESSES", False, "addressed by"),
    ("EVALUATES_ON", False, "papers that evaluate on it"),
    ("USES", False, "papers that use it"),
    ("COMPARES", False, "papers that compare with it"),
)
# "Mamba <is a kind of> State Space Model", "A paper <introduces> Mamba"
PHRASES = {type_: heading for type_, forward, heading in _SECTIONS if forward} | {
    name: relation.role.replace("_", " ") for name, relation in RELATIONS.items() if relation.role
}


def card(g: nx.MultiDiGraph, concept: str, *, limit: int | None = 3) -> dict[str, Any]:
    """Return the card of `concept` (an id): its properties, and sections of the edges at it.

    {id, name, kind, aliases, …, sections: [{heading, total, entries: [{id, name, kind, relation, forward, confidence,
    papers, evidence: [{paper, title, published, field, start, end, sentence, confidence, head, tail}]}]}]}.
    At most `limit` entries a section, those in most papers and then the surest first.
    """
    data = g.nodes[concept]
    by_heading: dict[str, list[dict[str, Any]]] = {}
    for type_, forward, heading in _SECTIONS:
        edges = g.out_edges(concept, keys=True, data=True) if forward else g.in_edges(concept, keys=True, data=True)
        for head, tail, key, edge in edges:
            if key == type_:
                other = tail if forward else head
                by_heading.setdefault(heading, []).append(_entry(g, other, type_, forward, edge))
    sections = []
    for heading, entries in by_heading.items():
        entries.sort(key=lambda e: (-e["papers"], -e["confidence"], e["id"]))
        sections.append({"heading": heading, "total": len(entries), "entries": entries[:limit]})
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in sorted(data.items()) if k != "label"}
    return {"id": concept, "name": data["name"], "kind": data["kind"], **plain, "sections": sections}


def _entry(g: nx.MultiDiGraph, other: str, type_: str, forward: bool, edge: dict[str, Any]) -> dict[str, Any]:
    node = g.nodes[other]
    pieces: Sequence[Evidence] = sorted(edge["evidence"], key=lambda e: (-e.confidence, e))
    return {
        "id": other,
        "name": node.get("name", node.get("title", other)),
        "kind": node.get("kind", "Paper"),
        "relation": type_,
        "forward": forward,
        "confidence": edge["confidence"],
        "papers": edge["papers"],
        "evidence": [
            {
                "title": g.nodes[piece.paper].get("title", ""),
                "published": g.nodes[piece.paper].get("published", ""),
                **piece.to_json(),
            }
            for piece in pieces
        ],
    }


def sentence(piece: dict[str, Any]) -> Text:
    """Return the sentence of a piece of evidence, its mentions in bold."""
    start, whole = piece["start"], piece["sentence"]
    spans = sorted({tuple(s) for s in (piece.get("head"), piece.get("tail")) if s})
    out, at = text(""), 0
    for left, right in spans:
        left, right = max(left - start, at), min(right - start, len(whole))  # noqa: PLW2901
        if left < right:
            out.append(clean(whole[at:left])).append(clean(whole[left:right]), style="bold")
            at = right
    return out.append(clean(whole[at:]))


def source(piece: dict[str, Any]) -> Text:
    """Return the paper of a piece of evidence: its title and date."""
    date = f", {piece['published']}" if piece.get("published") else ""
    return text(f"{piece.get('title') or piece['paper']}{date}", "dim")


def print_card(data: dict[str, Any]) -> None:
    """Print a card."""
    head = text(data["name"], "bold").append(f"  {data['kind']}", style="cyan").append(clean(f"  {data['id']}"), "dim")
    print_text(head)
    facts = [counted(data["papers"], "paper"), counted(data["mentions"], "mention")]
    if data.get("first_seen"):
        facts.append(f"first seen {data['first_seen']}")
    print_text(text(" · ".join(facts)))
    if data["aliases"]:
        forms = [f"{a} ({n})" for a, n in zip(data["aliases"], data["alias_counts"], strict=True)]
        more = f" and {len(forms) - 12} more" if len(forms) > 12 else ""
        print_text(text(f"also: {', '.join(forms[:12])}{more}"))
    if data.get("ambiguous"):
        print_text(text("ambiguous: the papers leave open what this short form means", "yellow"))
    if data.get("note"):
        print_text(text(data["note"]))
    for section in data["sections"]:
        rest = section["total"] - len(section["entries"])
        print()
        print_text(text(section["heading"], "bold").append(f"  (and {rest} more)" if rest else "", style="dim"))
        for entry in section["entries"]:
            _print_entry(entry)


def _print_entry(entry: dict[str, Any]) -> None:
    best = entry["evidence"][0]
    by_paper = entry["kind"] == "Paper"
    name = source(best) if by_paper else text(entry["name"], "bold")
    if by_paper:
        name.stylize("not dim")
    sure = f"  {sureness(entry['confidence'])}" + ("" if by_paper else f", {counted(entry['papers'], 'paper')}")
    print_text(name.append(sure, style="dim"), indent=2)
    print_text(sentence(best), indent=4)
    if not by_paper:
        print_text(source(best), indent=4)
