"""Graphs small enough to check by hand: sentences with the concepts in braces, and the relations they state.

make([note("a", "{Mamba} is a kind of {SSM}.", [("Mamba", "SubClass-Of", "SSM", 0.9)])])
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx

from kg import graph
from kg.concepts import Concept, Linking, Variant
from kg.records import Extraction, Mention, Paper, Relation
from kg.schema import ROLES

# Form in the text -> (concept, its name). A form that is not here is a method of its own.
KNOWN = {
    "SSM": ("method/state-space-model", "State Space Model"),
    "SSMs": ("method/state-space-model", "State Space Model"),
    "state space models": ("method/state-space-model", "State Space Model"),
    "long sequences": ("task/long-sequence-modeling", "Long-Sequence Modeling"),
    "genomics": ("task/genomics", "Genomics"),
    "translation": ("task/translation", "Translation"),
    "LRA": ("dataset/long-range-arena", "Long Range Arena"),
    "LLM": ("method/large-language-model", "Large Language Model"),
}
_BRACES = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True)
class Note:
    """A paper, what was extracted from it, and the forms of its mentions in order."""

    paper: Paper
    extraction: Extraction
    forms: tuple[str, ...]


def note(
    name: str,
    abstract: str,
    relations: Iterable[tuple[str, str, str, float]] = (),
    *,
    title: str = "",
    role: str = "uses",
    confidence: float = 0.9,
    **fields: Any,
) -> Note:
    """Return a paper `title:<name>` whose sentences end in ". "; each relation joins the first mentions of one sentence."""
    texts = {"title": title or f"Paper {name}", "abstract": abstract}
    plain, mentions, forms = {}, [], []
    for field, text in texts.items():
        plain[field] = _BRACES.sub(r"\1", text)
        bounds = _sentences(plain[field])
        shift = 0
        for match in _BRACES.finditer(text):
            start = match.start() - shift
            shift += 2
            end = start + len(match[1])
            first, last = next(b for b in bounds if b[0] <= start < b[1])
            kind = concept_of(match[1])[0].split("/")[0].capitalize()
            scores = tuple(0.9 if r == role else 0.01 for r in ROLES)
            mentions.append(Mention(field, start, end, kind, match[1], confidence, first, last, scores))
            forms.append(match[1])
    paper = Paper(id=f"title:{name}", title=plain["title"], abstract=plain["abstract"], **fields)
    found = []
    for head, type_, tail, sure in relations:
        pairs = (
            (i, j)
            for i, a in enumerate(mentions)
            for j, b in enumerate(mentions)
            if a.text == head and b.text == tail and (a.field, a.sentence_start) == (b.field, b.sentence_start)
        )
        i, j = next(pairs)
        found.append(Relation(i, type_, j, sure))
    return Note(paper, Extraction(paper.text_hash, "tiny-1", tuple(mentions), tuple(found)), tuple(forms))


def concept_of(form: str) -> tuple[str, str]:
    if form in KNOWN:
        return KNOWN[form]
    return "method/" + re.sub(r"[^a-z0-9]+", "-", form.lower()).strip("-"), form


def _sentences(text: str) -> list[tuple[int, int]]:
    ends = [m.start() + 1 for m in re.finditer(r"\.(?= |$)", text)] or [len(text)]
    if ends[-1] < len(text):
        ends.append(len(text))
    starts = [0, *(e + 1 for e in ends[:-1])]
    return list(zip(starts, ends, strict=True))


def parts(
    notes: Sequence[Note], *, variants: Iterable[Variant] = (), ambiguous: Iterable[str] = ()
) -> tuple[list[Paper], dict[str, Extraction], Linking]:
    """Return what `graph.assemble` takes."""
    counts: dict[str, Counter[str]] = {}
    names, linked = {}, {}
    for n in notes:
        for index, form in enumerate(n.forms):
            concept, name = concept_of(form)
            names[concept] = name
            linked[n.paper.id, index] = concept
            counts.setdefault(concept, Counter())[form] += 1
    concepts = {}
    for concept, forms in counts.items():
        aliases = sorted(((f, k) for f, k in forms.items() if f != names[concept]), key=lambda p: (-p[1], p[0]))
        kind = concept.split("/")[0].capitalize()
        concepts[concept] = Concept(concept, names[concept], kind, tuple(aliases), concept in ambiguous)
    linking = replace(Linking(concepts, linked), variants=tuple(variants))
    return [n.paper for n in notes], {n.paper.text_hash: n.extraction for n in notes}, linking


def make(notes: Sequence[Note], **options: Any) -> nx.MultiDiGraph:
    """Return the graph of some notes."""
    return graph.assemble(*parts(notes, **options))


def mamba_notes() -> list[Note]:
    """Return a small world: Mamba is an SSM, SSMs serve long sequences, and a hub joins everything."""
    return [
        note(
            "a",
            "{Mamba} belongs to the {state space models}. It is new.",
            [("Mamba", "SubClass-Of", "state space models", 0.95)],
            title="{Mamba} for all",
            role="introduces",
            published="2023-12-01",
            url="https://example.org/a",
            authors=("Ada Ames", "Bo Berg"),
        ),
        note(
            "b",
            "{SSMs} are made for {long sequences}. {SSMs} were tested on {LRA}.",
            [("SSMs", "Used-For", "long sequences", 0.9), ("SSMs", "Evaluated-With", "LRA", 0.8)],
            title="A look at {SSMs}",
            role="studies",
            published="2022-05",
        ),
        note(
            "c",
            "{Mamba} outdoes the {Transformer}. The {Transformer} does {translation}.",
            [("Mamba", "Compare-With", "Transformer", 0.8), ("Transformer", "Used-For", "translation", 0.97)],
            published="2024-02-03",
        ),
        note(
            "d", "{Mamba} reads {long sequences}.", [("Mamba", "Used-For", "long sequences", 0.6)], published="--07-04"
        ),
    ]
