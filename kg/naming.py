"""Finds the concept or the paper that a person means by what they type.

    resolve(g, "long sequences")    # "task/long-sequence-modeling"
    resolve(g, "SSMs")              # "method/state-space-model"
    resolve(g, "task:mamba")        # only among tasks

Ways are tried from the strictest to the loosest and the first that finds anything decides; what none finds is not guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import networkx as nx
from rapidfuzz import fuzz, process

from kg import schema
from kg.errors import UnknownConcept, UnknownPaper
from kg.normal import normal_form, singular

__all__ = ["resolve", "resolve_paper"]

# Words that say what sort of thing a concept is, and that people leave out or exchange when they type.
_HEADS = frozenset(
    [
        "model",
        "modeling",
        "method",
        "task",
        "approach",
        "technique",
        "algorithm",
        "network",
        "architecture",
        "layer",
        "block",
        "mechanism",
        "framework",
        "system",
        "problem",
        "processing",
        "learning",
        "understanding",
        "dataset",
        "benchmark",
        "corpus",
        "module",
        "family",
    ]
)
_LEADS = frozenset(
    ["modeling", "processing", "handling", "understanding", "learning", "the", "a", "an"]
)  # "Modeling Long Sequences"
_SUGGESTIONS = 5
_CLOSE = 70.0  # of 100; below it a suggestion only puzzles
_CLOSE_TITLE = 60.0

_NAME = 1_000_000_000  # more than any alias is used
_TASK = 5  # times that a task's papers count where a plural leaves the generic word open

Hit = tuple[int, int, str]  # minus the weight of the form, minus the papers of the concept, its id: the least is best
Table = dict[str, list[Hit]]


@dataclass(frozen=True, slots=True)
class _Index:
    tables: dict[str, Table]
    suggestions: dict[str, str]  # form -> display name


_indexes: WeakKeyDictionary[nx.MultiDiGraph, _Index] = WeakKeyDictionary()
_paper_indexes: WeakKeyDictionary[nx.MultiDiGraph, dict[str, str]] = WeakKeyDictionary()


def resolve(g: nx.MultiDiGraph, text: str) -> str:
    """Return the id of the concept that `text` names.

    In this order: its id; its name as written, then whatever the case; the normal form of its name (hyphens, plural,
    Unicode, spelling); an alias or abbreviation, as written, then by normal form; the same written as one word; the same
    without a generic word at its ends ("long sequences", "Mamba model"); a name that holds the words and at most two
    more. Several of one rank: a name before an alias, the alias used most often, the concept in most papers, the
    smallest id. A plural without its generic word ("long sequences") means a task rather than a method.
    "method:", "dataset:" or "task:" in front looks among concepts of that kind alone. The name of a concept marked as
    ambiguous counts as an alias, so that another concept which papers mean by it more often comes first.

    Raises UnknownConcept, with up to five close names, when nothing is found.
    """
    index = _indexes.get(g)
    if index is None:
        index = _indexes[g] = _build(g)
    wanted = " ".join(text.split())
    kind, _, rest = wanted.partition(":")
    prefix = f"{kind.strip().casefold()}/" if kind.strip().capitalize() in schema.KINDS and rest.strip() else ""
    if prefix:
        wanted = rest.strip()
    for table, form in _ways(wanted):
        hits = [hit for hit in index.tables[table].get(form, ()) if hit[2].startswith(prefix)]
        if hits and table == "stripped" and _is_plural(wanted):
            # "long sequences" are what is worked on, rather than a model named for them.
            return min((w, n * _TASK if schema.kind_of_id(c) == "Task" else n, c) for w, n, c in hits)[2]
        if hits:
            return min(hits)[2]
    raise UnknownConcept(text, _suggest(index, wanted))


def _is_plural(text: str) -> bool:
    words = text.casefold().split()
    return bool(words) and words[-1].endswith("s") and singular(words[-1]) != words[-1]


def _ways(text: str) -> Iterator[tuple[str, str]]:
    """Yield (table, form to look up in it) from the strictest to the loosest."""
    normal = normal_form(text)
    yield "id", text.casefold()
    yield "written", text
    yield "name", text.casefold()
    yield "normal", normal
    yield "alias written", text
    yield "alias", normal
    # In small letters the last letter of an abbreviation looks like a plural: "mcts" is MCTS.
    yield "alias", text.casefold()
    compact = normal.replace(" ", "")
    if len(compact) >= 4:
        yield "compact", compact
    yield "stripped", normal
    stripped = _strip(normal)
    if stripped != normal:
        yield "normal", stripped
        yield "alias", stripped
        # "deep network" is not Deep Learning: with one word left, only one side may drop its generic word.
        if " " in stripped:
            yield "stripped", stripped
    if len(normal) >= 5:
        yield "within", normal


def _build(g: nx.MultiDiGraph) -> _Index:
    names = ("id", "written", "name", "normal", "alias written", "alias", "compact", "stripped", "within")
    tables: dict[str, Table] = {name: defaultdict(list) for name in names}
    suggestions: dict[str, str] = {}
    for concept, data in sorted(g.nodes(data=True)):
        if data["label"] != "Concept":
            continue
        name = data["name"]
        forms = [(name, data["mentions"], True), *((a, n, False) for a, n in _aliases(data))]
        tables["id"][concept.casefold()].append((0, 0, concept))
        for form, weight, is_name in forms:
            for table, key in _keys(form, is_name=is_name, ambiguous=data["ambiguous"]):
                # A name comes before any alias; of aliases, the more often used comes first.
                hit = (-_NAME if is_name and not data["ambiguous"] else -weight, -data["papers"], concept)
                if key and hit not in tables[table][key]:
                    tables[table][key].append(hit)
            suggestions.setdefault(normal_form(form), name)
    return _Index({name: dict(table) for name, table in tables.items()}, suggestions)


def _aliases(data: dict[str, Any]) -> Iterator[tuple[str, int]]:
    yield from zip(data["aliases"], data["alias_counts"], strict=True)


def _keys(form: str, *, is_name: bool, ambiguous: bool) -> Iterator[tuple[str, str]]:
    normal = normal_form(form)
    if is_name and not ambiguous:
        yield "written", form
        yield "name", form.casefold()
        yield "normal", normal
    yield "alias written", form
    yield "alias", normal
    yield "compact", normal.replace(" ", "")
    stripped = _strip(normal)
    if stripped != normal:
        yield "stripped", stripped
    words = normal.split()
    if is_name and 2 <= len(words) <= 6:
        for size in range(max(1, len(words) - 2), len(words)):
            for start in range(len(words) - size + 1):
                run = words[start : start + size]
                # One word within a longer name is too little to go by: "language" is not Language Server Protocol.
                if len(run) > 1 and not _HEADS.issuperset(run):
                    yield "within", " ".join(run)


def _strip(normal: str) -> str:
    """Return a normal form without the generic words at its ends, or unchanged when no other word is in it."""
    words = normal.split()
    start, end = 0, len(words)
    while end - start > 1 and words[end - 1] in _HEADS:
        end -= 1
    while end - start > 1 and words[start] in _LEADS:
        start += 1
    return " ".join(words[start:end])


def _suggest(index: _Index, text: str) -> list[str]:
    """Return names of concepts spelt nearly so, then of those that have all the words, the closest first."""
    wanted = normal_form(text)
    if not wanted:
        return []
    forms = list(index.suggestions)
    near = process.extract(wanted, forms, scorer=fuzz.ratio, limit=25, score_cutoff=_CLOSE)
    ranked = [form for form, _, _ in sorted(near, key=lambda hit: (-hit[1], hit[0]))]
    words = set(wanted.split())
    ranked += sorted((f for f in forms if words.issubset(f.split())), key=lambda f: (len(f), f))
    return list(dict.fromkeys(index.suggestions[form] for form in ranked))[:_SUGGESTIONS]


_ARXIV = re.compile(
    r"(?:arxiv:|https?://(?:www\.)?arxiv\.org/(?:abs|pdf|html)/)?(\d{4}\.\d{4,5}|[a-z.-]+/\d{7})(?:v\d+)?(?:\.pdf)?",
    re.I,
)
_DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\S+)", re.I)


def resolve_paper(g: nx.MultiDiGraph, text: str) -> str:
    """Return the id of the paper that `text` names: by id, arXiv identifier or link, DOI or link, address, or its title.

    A title is compared by its letters and digits alone, whatever their case; a part of a title names nothing.
    Raises UnknownPaper, with up to five close titles, when there is none.
    """
    index = _paper_indexes.get(g)
    if index is None:
        index = _paper_indexes[g] = _build_papers(g)
    wanted = text.strip()
    keys = [f"id {wanted.casefold()}"]
    if arxiv := _ARXIV.fullmatch(wanted):
        keys.append(f"id arxiv:{arxiv[1].casefold()}")
        keys.append(f"arxiv {arxiv[1].casefold()}")
    if doi := _DOI.fullmatch(wanted):
        keys.append(f"doi {doi[1].casefold()}")
    keys += [f"url {wanted}", f"title {_letters(wanted)}"]
    for key in keys:
        if key in index:
            return index[key]
    titles = sorted({data["title"] for _, data in g.nodes(data=True) if data["label"] == "Paper"})
    found = process.extract(
        wanted, titles, scorer=fuzz.WRatio, processor=str.casefold, limit=_SUGGESTIONS, score_cutoff=_CLOSE_TITLE
    )
    raise UnknownPaper(text, [title for title, _, _ in sorted(found, key=lambda hit: (-hit[1], hit[0]))])


def _letters(title: str) -> str:
    return "".join(c for c in title.casefold() if c.isalnum())


def _build_papers(g: nx.MultiDiGraph) -> dict[str, str]:
    index: dict[str, str] = {}
    for paper, data in sorted(g.nodes(data=True)):
        if data["label"] != "Paper":
            continue
        index.setdefault(f"id {paper.casefold()}", paper)
        for name in ("arxiv", "doi"):
            if data.get(name):
                index.setdefault(f"{name} {data[name].casefold()}", paper)
        if data.get("url"):
            index.setdefault(f"url {data['url']}", paper)
        if letters := _letters(data.get("title", "")):
            index.setdefault(f"title {letters}", paper)
    return index
