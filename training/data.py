"""The corpora as windows of word pieces, with mentions, relations and roles on words.

Each corpus keeps its own conventions; the first piece of a window names the convention (`STYLES`), so that one model
learns them all and answers in the one asked for. Reading and cutting are the product's own code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import Tokenizer

from kg.evaluation.corpora import Document, annotated, papers, scier, scierc, tdmsci
from kg.extraction.windows import cut
from kg.schema import KINDS, ROLES, SCIER_TYPES

STYLES = ("abstract", "scier", "scierc", "tdmsci")
LABELS = KINDS
MAX_WIDTH = 16  # words; 12 of 36,198 gold mentions are longer
CLS, SEP, UNK = 101, 102, 100


@dataclass
class Window:
    """One input of the encoder. `mentions` are (first word, last word, kind); `roles` run beside them, -1 unknown.

    `sentence[w]` numbers the sentence of word w; spans and relations never leave one. `title` counts the title's words.
    """

    doc: str
    style: int
    pieces: list[int]
    shapes: list[int]
    first: list[int]
    last: list[int]
    sentence: list[int]
    title: int = 0
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


def windows(tokenizer: Tokenizer, docs: Iterable[Document], style: int, *, has_relations: bool) -> list[Window]:
    """Return the windows of documents; what crosses a window's edge or is wider than MAX_WIDTH is left out."""
    out = []
    for doc in docs:
        for piece in cut(tokenizer, doc.words, doc.sentence, opening=CLS, separator=SEP, unknown=UNK, title=doc.title):
            n = len(piece.first)
            low, high = piece.start, piece.start + n
            w = Window(
                doc.id,
                style,
                piece.pieces,
                piece.shapes,
                piece.first,
                piece.last,
                piece.sentence,
                max(0, doc.title - low),
                has_relations=has_relations,
            )
            place: dict[int, int] = {}
            for i, ((a, z, kind), concept, role) in enumerate(zip(doc.mentions, doc.concepts, doc.roles, strict=True)):
                if low <= a and z < high and z - a < MAX_WIDTH:
                    place[i] = len(w.mentions)
                    w.mentions.append((a - low, z - low, LABELS.index(kind)))
                    w.concepts.append(concept)
                    w.roles.append(ROLES.index(role) if role in ROLES else -1)
            w.relations = [
                (place[h], SCIER_TYPES.index(r), place[t]) for h, r, t in doc.relations if h in place and t in place
            ]
            out.append(w)
    return out


def corpora(shared: Path, tokenizer: Tokenizer) -> dict[str, list[Window]]:
    """Return every split that is trained or measured on, by name."""
    data = shared / "data"
    out: dict[str, list[Window]] = {}
    for name in ("train", "train_conferences", "dev"):
        out[name] = windows(
            tokenizer, map(annotated, papers(data / f"annotations/{name}.jsonl")), 0, has_relations=True
        )
    for name in ("train", "dev", "test", "test_ood"):
        out[f"scier_{name}"] = windows(tokenizer, scier(data / f"scier/{name}.jsonl"), 1, has_relations=True)
    for name in ("train", "dev", "test"):
        out[f"scierc_{name}"] = windows(tokenizer, scierc(data / f"scierc/ner_{name}.txt"), 2, has_relations=False)
    for name in ("train", "test"):
        out[f"tdmsci_{name}"] = windows(tokenizer, tdmsci(data / f"tdmsci/{name}.conll"), 3, has_relations=False)
    return out
