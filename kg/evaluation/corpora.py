"""The annotated corpora as documents of words: for measuring here, and for training in training/.

Nothing of them is part of kg; they are read from a folder that holds `annotations/`, `scier/`, `scierc/` and `tdmsci/`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import SourceError
from kg.extraction.text import sentences, words
from kg.schema import KINDS, SCIER_TYPES

__all__ = ["Document", "Span", "annotated", "papers", "scier", "scierc", "tdmsci"]

Span = tuple[int, int, str]  # first word, last word, kind


@dataclass(slots=True)
class Document:
    """Words of a text with its gold annotation. `sentence[i]` numbers the sentence of word i.

    `roles` and `concepts` run beside `mentions`. `n_mentions` and `n_relations` count all that the corpus has, those which
    could not be placed on words included: they are missed by any system.
    """

    id: str
    words: list[str]
    sentence: list[int]
    title: int = 0  # words of the title, at the start
    mentions: list[Span] = field(default_factory=list)
    relations: list[tuple[int, str, int]] = field(default_factory=list)
    concepts: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    n_mentions: int = 0
    n_relations: int = 0


def _lines(path: Path) -> Iterator[str]:
    if not path.is_file():
        raise SourceError(f"no {path}; expected a folder with annotations/, scier/, scierc/ and tdmsci/")
    with path.open(encoding="utf-8") as lines:
        yield from lines


def papers(path: Path) -> list[dict[str, Any]]:
    """Return the annotated papers of a JSON Lines file, as they are."""
    return [json.loads(line) for line in _lines(path) if line.strip()]


def annotated(paper: dict[str, Any]) -> Document:
    """Return an annotated paper (title and abstract with offsets) as a document of words."""
    doc = Document(paper["id"], [], [])
    starts: dict[tuple[str, int], int] = {}
    ends: dict[tuple[str, int], int] = {}
    number = -1
    for name in ("title", "abstract"):
        text = paper[name]
        cuts = [(0, len(text))] if name == "title" else sentences(text)
        spans = iter(words(text))
        span = next(spans, None)
        for _, end in cuts:
            number += 1
            while span is not None and span[0] < end:
                starts[(name, span[0])] = ends[(name, span[1])] = len(doc.words)
                doc.words.append(text[span[0] : span[1]])
                doc.sentence.append(number)
                span = next(spans, None)
        if name == "title":
            doc.title = len(doc.words)
    place: dict[int, int] = {}
    for n, m in enumerate(paper.get("mentions", ())):
        a, z = starts.get((m["field"], m["start"])), ends.get((m["field"], m["end"]))
        if a is not None and z is not None and doc.sentence[a] == doc.sentence[z]:
            place[n] = len(doc.mentions)
            doc.mentions.append((a, z, m["type"]))
            doc.concepts.append(m["concept"])
            doc.roles.append(paper.get("roles", {}).get(m["concept"], ""))
    for r in paper.get("relations", ()):
        h, t = place.get(r["head"]), place.get(r["tail"])
        if h is not None and t is not None and doc.sentence[doc.mentions[h][0]] == doc.sentence[doc.mentions[t][0]]:
            doc.relations.append((h, r["type"], t))
    doc.n_mentions, doc.n_relations = len(paper.get("mentions", ())), len(paper.get("relations", ()))
    return doc


_SPLIT_DIGITS = re.compile(r"(?<=\d) (?=\d)")


def _flat(text: str) -> list[str]:
    """Return the words of a pre-tokenised text, digits that the corpus split ("2 0 1 6") joined again."""
    return [token[s:e] for token in _SPLIT_DIGITS.sub("", text).split() for s, e in words(token)]


def _align(sentence: list[str], entities: list[tuple[str, str]]) -> list[Span | None]:
    """Return the place of each entity string. SciER lists them in reading order, so they are looked for left to right,
    and anywhere that is still free when that fails."""
    placed: list[Span | None] = []
    taken: set[int] = set()
    at = 0
    for text, kind in entities:
        wanted = _flat(text)
        n = len(wanted)
        fits = [
            i
            for i in range(len(sentence) - n + 1)
            if n and sentence[i : i + n] == wanted and not taken & set(range(i, i + n))
        ]
        i = next((i for i in fits if i >= at), fits[0] if fits else None)
        if i is None:
            placed.append(None)
            continue
        taken |= set(range(i, i + n))
        at = max(at, i + n)
        placed.append((i, i + n - 1, kind))
    return placed


def scier(path: Path) -> list[Document]:
    """Return the documents of a SciER file (Zhang et al., 2024): sentences with entities and relations named by their text."""
    docs: dict[str, Document] = {}
    for line in _lines(path):
        row = json.loads(line)
        doc = docs.setdefault(row["doc_id"], Document(row["doc_id"], [], []))
        number = doc.sentence[-1] + 1 if doc.sentence else 0
        sentence, base = _flat(row["sentence"]), len(doc.words)
        doc.words += sentence
        doc.sentence += [number] * len(sentence)
        entities = [(e[0], e[1]) for e in row["ner"]]
        placed = _align(sentence, entities)
        names: dict[str, list[int]] = {}
        for (text, _), span in sorted(zip(entities, placed, strict=True), key=lambda p: p[1] or (-1, -1, "")):
            if span is not None:
                names.setdefault(text, []).append(len(doc.mentions))
                doc.mentions.append((base + span[0], base + span[1], span[2]))
        for head, kind, tail in row["rel"]:
            # Ends are named by their text: of several places the two nearest each other are meant.
            near = [(abs(h - t), h, t) for h in names.get(head, ()) for t in names.get(tail, ()) if h != t]
            if near and kind in SCIER_TYPES:
                _, h, t = min(near)
                if (h, kind, t) not in doc.relations:
                    doc.relations.append((h, kind, t))
        doc.n_mentions += len(entities)
        doc.n_relations += len({tuple(r) for r in row["rel"]})
    for doc in docs.values():
        doc.concepts = [" ".join(doc.words[a : z + 1]) for a, z, _ in doc.mentions]
        doc.roles = [""] * len(doc.mentions)
    return list(docs.values())


_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}


def _sentences(path: Path) -> Iterator[list[list[tuple[str, str]]]]:
    """Yield documents, each a list of sentences of (token, tag), of a file in CoNLL form."""
    document: list[list[tuple[str, str]]] = []
    sentence: list[tuple[str, str]] = []
    for line in _lines(path):
        parts = line.split()
        if parts and parts[0] == "-DOCSTART-":
            if document:
                yield document
            document = []
        elif parts:
            sentence.append((_BRACKETS.get(parts[0], parts[0]), parts[-1]))
        elif sentence:
            document.append(sentence)
            sentence = []
    if sentence:
        document.append(sentence)
    if document:
        yield document


def _tagged(name: str, rows: Iterable[list[tuple[str, str]]], kinds: dict[str, str]) -> Document:
    doc = Document(name, [], [])
    for number, sentence in enumerate(rows):
        current: list[Any] | None = None
        last = "O"
        found: list[list[Any]] = []
        for token, tag in sentence:
            pieces = [token[s:e] for s, e in words(token)] or [token]
            a, z = len(doc.words), len(doc.words) + len(pieces) - 1
            doc.words += pieces
            doc.sentence += [number] * len(pieces)
            prefix, _, label = tag.partition("-")
            if tag == "O":
                current = None
            elif current is None or prefix == "B" or last == "O" or current[2] != label:
                current = [a, z, label]
                found.append(current)
            else:
                current[1] = z
            last = tag
        doc.mentions += [(a, z, kinds[label]) for a, z, label in found if label in kinds]
    doc.n_mentions = len(doc.mentions)
    doc.concepts = [""] * doc.n_mentions
    doc.roles = [""] * doc.n_mentions
    return doc


def scierc(path: Path) -> list[Document]:
    """Return the abstracts of a SciERC file (Luan et al., 2018); its Task, Method and Material are ours, Material as Dataset."""
    kinds = {"Method": "Method", "Material": "Dataset", "Task": "Task"}
    return [_tagged(f"{path.stem}-{n}", rows, kinds) for n, rows in enumerate(_sentences(path))]


def tdmsci(path: Path) -> list[Document]:
    """Return the sentences of a TDMSci file (Hou et al., 2021), a document each; tasks and datasets, no metrics."""
    kinds = {"DATASET": "Dataset", "TASK": "Task"}
    rows = [s for document in _sentences(path) for s in document]
    return [_tagged(f"{path.stem}-{n}", [s], kinds) for n, s in enumerate(rows)]


def kinds_of(docs: Iterable[Document]) -> Counter[str]:
    """Return how many gold mentions of each kind there are."""
    counts = Counter(kind for doc in docs for _, _, kind in doc.mentions)
    return Counter({kind: counts[kind] for kind in KINDS})
