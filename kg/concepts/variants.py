"""Variants: concepts whose names, or whose papers, say that one is a version of another.

    Mamba-2 -> Mamba (version), ImageNet-1K -> ImageNet (size), Vision Mamba -> Mamba (modified), DistilBERT -> BERT (compound)

Only concepts that both occur in the library are joined, and each variant carries a mention that shows the name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from kg.concepts.documents import Document
from kg.concepts.lexicon import Lexicon
from kg.concepts.records import Concept, Variant
from kg.normal import normal_form

__all__ = ["find_variants"]

_VERSION = re.compile(r"^(.*?[a-z)+])[\s-]?v?\d+(?:\.\d+)*[a-z]?$")
_SIZE = re.compile(
    r"^(.+?)(?:[\s-](?:tiny|mini|nano|micro|small|medium|base|large|huge|giant|xl|xxl|lite|pro|plus|max|ultra|turbo)|[\s-]?\d+(?:\.\d+)?[kmbt])$"
)
_SAYS = re.compile(
    r"^(?:, |,? which is | is | \(|: )(?:an? |the )(?:[\w-]+ ){0,2}(?:variant|version|extension|successor) of (?:the )?$",
    re.I,
)


def find_variants(
    concepts: Mapping[str, Concept],
    concept_of: Mapping[tuple[str, int], str],
    documents: Sequence[Document],
    lexicon: Lexicon,
) -> tuple[Variant, ...]:
    """Return the variants among `concepts`, sorted, each once."""
    by_form: dict[tuple[str, str], list[str]] = defaultdict(list)
    for cid, concept in sorted(concepts.items()):
        by_form[concept.kind, normal_form(concept.name)].append(cid)
        for alias, _ in concept.aliases:
            by_form[concept.kind, normal_form(alias)].append(cid)
    proper = _proper(concepts, concept_of, documents)
    shown = _shown(concept_of, documents)
    found: dict[tuple[str, str], Variant] = {}
    for cid, concept in sorted(concepts.items()):
        names = [concept.name, *(a for a, _ in concept.aliases if a[:1].isupper())]
        for name in dict.fromkeys(names):
            for base, rule in _bases(name):
                tails = [
                    t
                    for t in by_form.get((concept.kind, base), ())
                    if t != cid and normal_form(concepts[t].name) == base
                ]
                if not tails or (rule in ("modified", "compound") and tails[0] not in proper):
                    continue
                place = shown.get((cid, normal_form(name)))
                if place and normal_form(concept.name) != base:
                    found.setdefault((cid, tails[0]), Variant(cid, tails[0], rule, *place))
                break
        for entry in lexicon.find(normal_form(concept.name), concept.kind):
            for parent in entry.is_a:
                for tail in by_form.get((concept.kind, normal_form(parent)), ())[:1]:
                    place = shown.get((cid, ""))
                    if tail != cid and tail in proper and place and entry.kind == concept.kind:
                        found.setdefault((cid, tail), Variant(cid, tail, "lexicon", *place))
    for variant in _said(concept_of, documents, concepts):
        found.setdefault((variant.head, variant.tail), variant)
    return tuple(sorted(v for (head, tail), v in found.items() if (tail, head) not in found or v.rule != "text"))


def _bases(name: str) -> list[tuple[str, str]]:
    """Return the normal forms of the names that a name may be a variant of, nearest first, with the rule."""
    out: list[tuple[str, str]] = []
    form = normal_form(name)
    for pattern, rule in ((_SIZE, "size"), (_VERSION, "version")):
        rest = form
        while (m := pattern.match(rest)) is not None:
            rest = m[1].strip(" -")
            if len(rest) >= 2:
                out.append((rest, rule))
    words = name.split()
    if len(words) > 1 and words[-1][:1].isupper():
        out.append((normal_form(words[-1]), "modified"))
    compound = re.search(r"[a-z0-9-]([A-Z][A-Za-z]{3,})$", name)
    if compound and (name[compound.start()] == "-" or name[compound.start()].islower()):
        out.append((normal_form(compound[1]), "compound"))
    hyphen = re.match(r"^([A-Z]\w{3,})-[A-Z]\w*$", name)
    if hyphen:
        out.append((normal_form(hyphen[1]), "compound"))
    return out


def _proper(
    concepts: Mapping[str, Concept], concept_of: Mapping[tuple[str, int], str], documents: Sequence[Document]
) -> set[str]:
    """Return the concepts whose name is one invented word: BERT, Mamba, ImageNet; not a common noun, as Attention.

    Such a name has a capital or digit inside, or is written with a capital in running text and never without.
    """
    capital: set[str] = set()
    common: set[str] = set()
    single = {
        cid: normal_form(c.name)
        for cid, c in concepts.items()
        if " " not in c.name and c.kind != "Task" and len(c.name) > 2
    }
    for document in documents:
        for i, (mention, (_, form)) in enumerate(zip(document.mentions, document.forms, strict=True)):
            cid = concept_of[document.paper.id, i]
            if single.get(cid) == form:
                if mention.text[:1].islower() and mention.text.islower():
                    common.add(cid)
                elif mention.field == "abstract" and mention.start > mention.sentence_start:
                    capital.add(cid)
    inner = {cid for cid in single if any(c.isupper() or c.isdigit() for c in concepts[cid].name[1:])}
    return (inner | capital) - common


def _shown(
    concept_of: Mapping[tuple[str, int], str], documents: Sequence[Document]
) -> dict[tuple[str, str], tuple[str, int]]:
    """Return, for each concept and normal form (and "" for any), the first mention that shows it: paper and index."""
    shown: dict[tuple[str, str], tuple[str, int]] = {}
    for document in documents:
        for i, (_, form) in enumerate(document.forms):
            cid = concept_of.get((document.paper.id, i))
            if cid is not None:
                shown.setdefault((cid, form), (document.paper.id, i))
                shown.setdefault((cid, ""), (document.paper.id, i))
    return shown


def _said(
    concept_of: Mapping[tuple[str, int], str], documents: Sequence[Document], concepts: Mapping[str, Concept]
) -> list[Variant]:
    """Return the variants that a sentence states: "X, a variant of Y"."""
    out: list[Variant] = []
    for document in documents:
        order = sorted(
            range(len(document.mentions)), key=lambda i: (document.mentions[i].field, document.mentions[i].start)
        )
        for i, j in pairwise(order):
            a, b = document.mentions[i], document.mentions[j]
            if (a.field, a.sentence_start) != (b.field, b.sentence_start) or not 8 <= b.start - a.end <= 60:
                continue
            text = document.paper.title if a.field == "title" else document.paper.abstract
            head, tail = concept_of[document.paper.id, i], concept_of[document.paper.id, j]
            if head != tail and concepts[head].kind == concepts[tail].kind and _SAYS.match(text[a.end : b.start]):
                out.append(Variant(head, tail, "text", document.paper.id, i))
    return out
