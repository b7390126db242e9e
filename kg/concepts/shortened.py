"""Names that a paper cuts short after it has given them in full: "summarization" for its text summarization."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import OSA

from kg.concepts.documents import Document, Form
from kg.concepts.forms import compatible, key_of, stems
from kg.concepts.rules import SCORES
from kg.normal import words

__all__ = ["fuller_names"]

_ACTION = re.compile(r"(?:tion|sion|ing|ment|al|sis|ance)$")
# Capabilities that are tasks of their own beside their special kinds.
_GENERAL = words(
    "perception reasoning learning training modeling prompting recommendation planning alignment coding rendering"
)
# What narrows a task instead of naming its object: few-shot segmentation is no segmentation.
_NARROWING = re.compile(
    r"(?:shot|supervised|step|domain|aware|based|level|free|line|guided|driven|time|end|scale|wise|form|ended|turn|hop|"
    r"adaptive|generative|abstractive|extractive|interactive|zero|deep|joint|sparse|dense|robust|fair|online|offline|"
    r"single|multiple|set|biased|personalized|sequential|hierarchical|strategic|simultaneous|neural|lingual|modal|binary|incremental|continual|federated|controllable)$"
)
_LINKING = words("for with on via in over under using from")
# Parts that a paper names after a method of its own ("Hydra heads"); kept by Methods that are plain words.
_PARTS = words("head block layer module model network family series system unit operator")


def fuller_names(resolved: Sequence[Form], document: Document) -> dict[Form, tuple[str, str, float]]:
    """Return, for the forms of a paper that are another of its forms cut short, misspelt or reworded, that other form.

    The values are that form, the rule and its score (see rules.RULES).
    """
    counts: dict[Form, int] = {}
    first: dict[Form, int] = {}
    order = sorted(
        range(len(resolved)), key=lambda i: (document.mentions[i].field != "title", document.mentions[i].start)
    )
    for rank, i in enumerate(order):
        counts[resolved[i]] = counts.get(resolved[i], 0) + 1
        first.setdefault(resolved[i], rank)
    capital = {resolved[i] for i in order if document.mentions[i].text[:1].isupper()}
    fuller: dict[Form, tuple[str, str, float]] = {}
    for kind in ("Method", "Dataset", "Task"):
        forms = sorted(f for k, f in counts if k == kind)
        for form in forms:
            for rule, other in (
                ("cut-short", _task(form, forms, first) if kind == "Task" and " " not in form else None),
                ("cut-short", _longer_title(form, forms, document, kind)),
                ("misspelt", _misspelt(form, forms, counts, kind)),
                ("reworded", _reworded(form, forms, counts, kind)),
                ("cut-short", _left_out(form, forms, kind)),
                ("part", _part(form, forms, kind, capital)),
            ):
                if other:
                    fuller[kind, form] = (other, rule, SCORES[rule])
                    break
    return {form: other for form, other in fuller.items() if (form[0], other[0]) not in fuller}


def _task(form: str, forms: Sequence[str], first: dict[Form, int]) -> str | None:
    """Return the only task that ends in the bare action `form` and names its object."""
    if form in _GENERAL or not _ACTION.search(form):
        return None
    longer = [f for f in forms if f.endswith(" " + form)]
    if len(longer) != 1:
        return None
    modifier = longer[0].split()[:-1]
    if len(modifier) > 2 or "and" in modifier or any(_NARROWING.search(w) for w in modifier):
        return None
    return longer[0]


def _longer_title(form: str, forms: Sequence[str], document: Document, kind: str) -> str | None:
    """Return the only form that goes on after `form` with "for ...", if a short name stands for it."""
    if form.count(" ") < 2 or any(s.long == form for s in document.stated):
        return None
    longer = [f for f in forms if f.startswith(form + " ") and f[len(form) + 1 :].split()[0] in _LINKING]
    named = {s.long for s in document.stated if s.kind == kind}
    longer = [f for f in longer if f in named]
    return longer[0] if len(longer) == 1 else None


def _misspelt(form: str, forms: Sequence[str], counts: dict[Form, int], kind: str) -> str | None:
    """Return the more frequent form that differs from `form` by one letter, put in, left out, changed or swapped."""
    if len(form) < 10:
        return None
    for other in forms:
        likely = other != form and abs(len(other) - len(form)) <= 1 and counts[kind, other] > counts[kind, form]
        if (
            likely
            and compatible(form, other)
            and OSA.distance(form, other, score_cutoff=1) == 1
            and _long_words(form, other)
        ):
            return other
    return None


def _long_words(a: str, b: str) -> bool:
    """Tell whether the words in which two forms differ have letters enough for a slip: not MorphMLP-S and MorphMLP-B."""
    x, y = a.split(), b.split()
    return len(x) != len(y) or all(min(len(v), len(w)) >= 4 for v, w in zip(x, y, strict=True) if v != w)


def _reworded(form: str, forms: Sequence[str], counts: dict[Form, int], kind: str) -> str | None:
    """Return the form with the same stems in another order or inflection: "distributed computation", "distributed computing"."""
    mine = stems(form)
    if not mine:
        return None
    same = [f for f in forms if f != form and stems(f) == mine and compatible(f, form)]
    best = min([*same, form], key=lambda f: (-counts[kind, f], f.split()[0].endswith("ing"), f))
    return best if best != form else None


def _left_out(form: str, forms: Sequence[str], kind: str) -> str | None:
    """Return the only form with one word more than `form` inside it, that is no number and no opposite.

    `form` has four words or more, a method five: self-supervised hierarchical pre-training is a method of its own.
    """
    words = form.split()
    if len(words) < (5 if kind == "Method" else 4):
        return None
    longer = []
    for other in forms:
        more = other.split()
        if len(more) == len(words) + 1 and more[-1] == words[-1] and compatible(form, other):
            at = next((i for i, w in enumerate(words) if w != more[i]), len(words))
            if (
                at > 0 and more[at + 1 :] == words[at:] and not _NARROWING.search(more[at])
            ):  # a word before the name makes another one
                longer.append(other)
    return longer[0] if len(longer) == 1 else None


def _part(form: str, forms: Sequence[str], kind: str, capital: set[Form]) -> str | None:
    """Return the name that `form` carries before a plain noun: "hydra" of "hydra head"."""
    words = form.split()
    if kind != "Method" or len(words) != 2 or words[1] not in _PARTS or words[0] not in forms:
        return None
    return words[0] if (kind, words[0]) in capital and key_of(words[0], kind) == words[0] else None
