"""The corpora as windows of word pieces, with mentions, relations and roles on words.

Each corpus keeps its own conventions; the first piece of a window names the convention (`STYLES`), so that one model
learns them all and answers in the one asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from kg.extraction.text import sentences, shape, span_words, words
from kg.schema import KINDS, ROLES, SCIER_TYPES

STYLES = ("abstract", "scier", "scierc", "tdmsci")
LABELS = KINDS
MAX_PIECES = 384
MAX_WIDTH = 16  # words; 25 of 36,198 gold mentions are longer
MAX_WORD_PIECES = 12
CLS, SEP, UNK = 101, 102, 100


@dataclass
class Window:
    """One input of the encoder. `mentions` are (first word, last word, kind); `roles` run beside them, -1 unknown.

    `sentence[w]` numbers the sentence of word w; spans and relations never leave one.
    """

    doc: str
    style: int
    pieces: list[int]
    shapes: list[int]
    first: list[int]
    last: list[int]
    sentence: list[int]
    words: list[str]
    offsets: list[tuple[str, int, int]]  # field, start, end
    mentions: list[tuple[int, int, int]] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)
    concepts: list[str] = field(default_factory=list)
    relations: list[tuple[int, int, int]] = field(default_factory=list)
    has_relations: bool = False


def load_tokenizer(path: str | Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class _Builder:
    def __init__(self, tokenizer: Tokenizer, doc: str, style: int) -> None:
        self.tokenizer = tokenizer
        self.window = Window(doc, style, [CLS], [6], [], [], [], [], [])

    def add(self, sentence: int, tokens: Sequence[tuple[str, str, int, int]]) -> None:
        """Append words (text, field, start, end) of one sentence."""
        w = self.window
        encoded = self.tokenizer.encode([t[0] for t in tokens], is_pretokenized=True, add_special_tokens=False)
        by_word: list[list[int]] = [[] for _ in tokens]
        for piece, word in zip(encoded.ids, encoded.word_ids, strict=True):
            by_word[word].append(piece)
        for (text, name, start, end), pieces in zip(tokens, by_word, strict=True):
            pieces = (pieces or [UNK])[:MAX_WORD_PIECES]
            w.first.append(len(w.pieces))
            w.pieces += pieces
            w.shapes += [shape(text)] * len(pieces)
            w.last.append(len(w.pieces) - 1)
            w.sentence.append(sentence)
            w.words.append(text)
            w.offsets.append((name, start, end))

    def separate(self) -> None:
        self.window.pieces.append(SEP)
        self.window.shapes.append(6)


def _split(groups: list[list[tuple[str, str, int, int]]], sizes: list[int], limit: int) -> Iterator[list[int]]:
    """Yield runs of consecutive sentences of about equal size, each within `limit` pieces where sentences allow."""
    total = sum(sizes)
    parts = max(1, -(-total // limit))
    target = total / parts
    run: list[int] = []
    filled = 0
    for i, size in enumerate(sizes):
        if run and (filled + size > limit or (filled >= target and parts > 1)):
            yield run
            run, filled = [], 0
        run.append(i)
        filled += size
    if run:
        yield run


def paper_windows(tokenizer: Tokenizer, paper: dict[str, Any], style: int = 0) -> list[Window]:
    """Return the windows of one annotated paper."""
    tokens: list[list[tuple[str, str, int, int]]] = []
    for name in ("title", "abstract"):
        text = paper[name]
        cut = [(0, len(text))] if name == "title" else sentences(text)
        spans = words(text)
        at = 0
        for start, end in cut:
            group = []
            while at < len(spans) and spans[at][0] < end:
                if spans[at][0] >= start:
                    s, e = spans[at]
                    group.append((text[s:e], name, s, e))
                at += 1
            if group:
                tokens.append(group)
    sizes = [
        len(tokenizer.encode([t[0] for t in g], is_pretokenized=True, add_special_tokens=False).ids) + 1 for g in tokens
    ]
    out = []
    for run in _split(tokens, sizes, MAX_PIECES - 4):
        b = _Builder(tokenizer, paper["id"], style)
        for i in run:
            b.add(i, tokens[i])
            if tokens[i][0][1] == "title":
                b.separate()
        b.separate()
        w = b.window
        w.has_relations = "relations" in paper
        starts = {(f, s): i for i, (f, s, _) in enumerate(w.offsets)}
        ends = {(f, e): i for i, (f, _, e) in enumerate(w.offsets)}
        place: dict[int, int] = {}
        for n, m in enumerate(paper.get("mentions", ())):
            a, z = starts.get((m["field"], m["start"])), ends.get((m["field"], m["end"]))
            if a is None or z is None or z - a >= MAX_WIDTH or w.sentence[a] != w.sentence[z]:
                continue
            place[n] = len(w.mentions)
            w.mentions.append((a, z, LABELS.index(m["type"])))
            w.concepts.append(m["concept"])
            role = paper["roles"].get(m["concept"])
            w.roles.append(ROLES.index(role) if role in ROLES else -1)
        for r in paper.get("relations", ()):
            h, t = place.get(r["head"]), place.get(r["tail"])
            if h is not None and t is not None and w.sentence[w.mentions[h][0]] == w.sentence[w.mentions[t][0]]:
                w.relations.append((h, SCIER_TYPES.index(r["type"]), t))
        out.append(w)
    return out


_DIGITS = re.compile(r"(?<=\d) (?=\d)")
_POINT = re.compile(r"(?<=\d) \. (?=\d)")


def scier_documents(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    docs: dict[str, list[dict[str, Any]]] = {}
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        docs.setdefault(row["doc_id"], []).append(row)
    yield from docs.items()


def scier_tokens(row: dict[str, Any]) -> tuple[list[str], list[tuple[int, int, int]], list[int]]:
    """Return a SciER sentence's words with split digits joined, its spans (first, last, kind) and, for each entity, its span.

    The corpus gives entities as strings in reading order, so they are aligned from left to right.
    """
    join = lambda s: _DIGITS.sub("", s)  # noqa: E731
    sentence = join(row["sentence"]).split()
    flat = [w for token in sentence for w in (token[s:e] for s, e in words(token))]
    spans: list[tuple[int, int, int]] = []
    taken: list[int] = []
    at = 0
    for text, kind in row["ner"]:
        wanted = [w for token in join(text).split() for w in (token[s:e] for s, e in words(token))]
        n = len(wanted)
        place = next((i for i in range(at, len(flat) - n + 1) if flat[i : i + n] == wanted), None)
        if place is None:
            place = next(
                (
                    i
                    for i in range(0, len(flat) - n + 1)
                    if flat[i : i + n] == wanted and not any(i <= z and a <= i + n - 1 for a, z, _ in spans)
                ),
                None,
            )
        if place is None:
            taken.append(-1)
            continue
        taken.append(len(spans))
        spans.append((place, place + n - 1, LABELS.index(kind)))
        at = max(at, place + n)
    return flat, spans, taken


def scier_windows(tokenizer: Tokenizer, path: Path, *, limit: int = 288, style: int = 1) -> list[Window]:
    """Return windows of neighbouring sentences of one document, with mentions and relations."""
    out: list[Window] = []
    for doc, rows in scier_documents(path):
        prepared = [(row, *scier_tokens(row)) for row in rows]
        sizes = [len(tokenizer.encode(p[1], is_pretokenized=True, add_special_tokens=False).ids) for p in prepared]
        groups = [[(w, "sentence", i, i + 1) for i, w in enumerate(p[1])] for p in prepared]
        for run in _split(groups, sizes, limit):
            b = _Builder(tokenizer, doc, style)
            for i in run:
                row, flat, spans, taken = prepared[i]
                base = len(b.window.words)
                if not flat:
                    continue
                b.add(i, [(w, f"{i}", k, k + 1) for k, w in enumerate(flat)])
                w = b.window
                offset = len(w.mentions)
                order = sorted(range(len(spans)), key=lambda k: spans[k])
                where = {k: offset + n for n, k in enumerate(order)}
                for k in order:
                    a, z, kind = spans[k]
                    w.mentions.append((base + a, base + z, kind))
                    w.roles.append(-1)
                    w.concepts.append(" ".join(flat[a : z + 1]))
                names: dict[str, list[int]] = {}
                for (text, _), t in zip(row["ner"], taken, strict=True):
                    if t >= 0:
                        names.setdefault(text, []).append(where[t])
                for head, kind, tail in row["rel"]:
                    if head in names and tail in names and kind in SCIER_TYPES:
                        # The corpus names ends by their text: of several places the two nearest are meant.
                        h, t = min(
                            ((h, t) for h in names[head] for t in names[tail] if h != t),
                            key=lambda p: abs(p[0] - p[1]),
                            default=(None, None),
                        )
                        if h is not None and t is not None and (h, SCIER_TYPES.index(kind), t) not in w.relations:
                            w.relations.append((h, SCIER_TYPES.index(kind), t))
            b.separate()
            w = b.window
            keep = [i for i, (a, z, _) in enumerate(w.mentions) if z - a < MAX_WIDTH]
            renumber = {old: new for new, old in enumerate(keep)}
            w.mentions = [w.mentions[i] for i in keep]
            w.roles = [w.roles[i] for i in keep]
            w.concepts = [w.concepts[i] for i in keep]
            w.relations = [(renumber[h], r, renumber[t]) for h, r, t in w.relations if h in renumber and t in renumber]
            w.has_relations = True
            out.append(w)
    return out


def _tagged(
    rows: Iterable[list[tuple[str, str]]], kinds: dict[str, int]
) -> Iterator[tuple[list[str], list[tuple[int, int, int]]]]:
    for sentence in rows:
        flat: list[str] = []
        spans: list[tuple[int, int, int]] = []
        current: tuple[int, int, str] | None = None
        last = "O"
        for token, tag in sentence:
            pieces = [token[s:e] for s, e in words(token)] or [token]
            a, z = len(flat), len(flat) + len(pieces) - 1
            flat += pieces
            prefix, _, name = tag.partition("-")
            if tag == "O":
                current = _close(spans, current, kinds)
            elif prefix == "B" or current is None or current[2] != name or last == "O":
                current = _close(spans, current, kinds)
                current = (a, z, name)
            else:
                current = (current[0], z, name)
            last = tag
        _close(spans, current, kinds)
        yield flat, spans


def _close(spans: list[tuple[int, int, int]], current: tuple[int, int, str] | None, kinds: dict[str, int]) -> None:
    if current is not None and current[2] in kinds:
        spans.append((current[0], current[1], kinds[current[2]]))


_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}


def conll_sentences(path: Path, token: int, tag: int) -> Iterator[list[list[tuple[str, str]]]]:
    """Yield documents (or the whole file as one) of sentences of (token, tag)."""
    document: list[list[tuple[str, str]]] = []
    sentence: list[tuple[str, str]] = []
    for line in path.open(encoding="utf-8"):
        parts = line.split()
        if parts and parts[0] == "-DOCSTART-":
            if document:
                yield document
            document = []
        elif parts:
            sentence.append((_BRACKETS.get(parts[token], parts[token]), parts[tag]))
        elif sentence:
            document.append(sentence)
            sentence = []
    if sentence:
        document.append(sentence)
    if document:
        yield document


SCIERC_KINDS = {"Method": 0, "Material": 1, "Task": 2}
TDMSCI_KINDS = {"DATASET": 1, "TASK": 2}


def conll_windows(tokenizer: Tokenizer, path: Path, style: int) -> list[Window]:
    """Return the windows of SciERC (a document each) or TDMSci (a sentence each)."""
    kinds, whole = (SCIERC_KINDS, True) if style == 2 else (TDMSCI_KINDS, False)
    out = []
    for number, document in enumerate(conll_sentences(path, 0, -1)):
        for group in [document] if whole else [[s] for s in document]:
            tagged = list(_tagged(group, kinds))
            groups = [[(w, f"{i}", k, k + 1) for k, w in enumerate(flat)] for i, (flat, _) in enumerate(tagged)]
            sizes = [
                len(tokenizer.encode([t[0] for t in g], is_pretokenized=True, add_special_tokens=False).ids)
                for g in groups
            ]
            for run in _split(groups, sizes, MAX_PIECES - 4):
                b = _Builder(tokenizer, f"{path.stem}-{number}", style)
                for i in run:
                    base = len(b.window.words)
                    b.add(i, groups[i])
                    for a, z, kind in tagged[i][1]:
                        if z - a < MAX_WIDTH:
                            b.window.mentions.append((base + a, base + z, kind))
                            b.window.roles.append(-1)
                            b.window.concepts.append("")
                b.separate()
                out.append(b.window)
    return out


def annotated(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8") if line.strip()]


def corpora(shared: Path, tokenizer: Tokenizer) -> dict[str, list[Window]]:
    """Return every split that is trained or measured on, by name."""
    data = shared / "data"
    out: dict[str, list[Window]] = {}
    for name in ("train", "train_conferences", "dev"):
        out[name] = [w for p in annotated(data / "annotations" / f"{name}.jsonl") for w in paper_windows(tokenizer, p)]
    for name in ("train", "dev", "test", "test_ood"):
        out[f"scier_{name}"] = scier_windows(tokenizer, data / "scier" / f"{name}.jsonl")
    for name in ("train", "dev", "test"):
        out[f"scierc_{name}"] = conll_windows(tokenizer, data / "scierc" / f"ner_{name}.txt", 2)
    for name in ("train", "test"):
        out[f"tdmsci_{name}"] = conll_windows(tokenizer, data / "tdmsci" / f"{name}.conll", 3)
    return out
