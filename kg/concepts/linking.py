from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from kg.concepts.abbreviations import looks_short
from kg.concepts.corrections import Corrections
from kg.concepts.documents import Document, read
from kg.concepts.forms import key_of
from kg.concepts.lexicon import lexicon
from kg.concepts.shortened import fuller_names
from kg.concepts.meanings import Meanings, collect, short_tokens
from kg.concepts.records import Concept, Linking
from kg.normal import normal_form
from kg.records import Extraction, Paper

__all__ = ["link"]

Node = tuple[str, str]


def link(
    papers: Sequence[Paper], extractions: Mapping[str, Extraction], *, corrections: Corrections | None = None
) -> Linking:
    """Return the concepts of `papers`, whose `extractions` are keyed by text hash."""
    documents = [
        read(paper, extractions[paper.text_hash])
        for paper in sorted(papers, key=lambda p: p.id)
        if paper.text_hash in extractions
    ]
    meanings = collect(documents, lexicon())
    df = Counter(form for document in documents for form in set(document.forms))
    forms: dict[Node, Counter[str]] = defaultdict(Counter)
    where: dict[tuple[str, int], Node] = {}
    for document in documents:
        for i, node in enumerate(resolve(document, meanings, df)):
            forms[node][document.mentions[i].text] += 1
            where[document.paper.id, i] = node
    concepts: dict[str, Concept] = {}
    id_of: dict[Node, str] = {}
    for node in sorted(forms):
        kind, key = node
        counts = forms[node]
        best = max(counts, key=lambda t: (" " in t, counts[t], t))
        name = best if kind == "Dataset" or " " not in best else " ".join(w[:1].upper() + w[1:] for w in best.split())
        slug = re.sub(r"[^a-z0-9]+", "-", normal_form(best).encode("ascii", "ignore").decode()).strip("-") or "x"
        cid, n = f"{kind.lower()}/{slug}", 1
        while cid in concepts:
            n += 1
            cid = f"{kind.lower()}/{slug}-{n}"
        aliases = tuple(sorted(((t, c) for t, c in counts.items() if t != name), key=lambda x: (-x[1], x[0])))
        concepts[cid] = Concept(cid, name, kind, aliases)
        id_of[node] = cid
    return Linking(concepts, {m: id_of[k] for m, k in where.items()})


def resolve(document: Document, meanings: Meanings, df: Counter[Node]) -> list[Node]:
    long_of: dict[Node, str] = {}
    for s in document.stated:
        if s.rule != "stated-names":
            long_of.setdefault((s.kind, s.short), s.long)
    text = " " + normal_form(document.paper.title + " " + document.paper.abstract) + " "
    names: dict[Node, str] = {}
    for s in document.stated:
        if s.rule == "stated-names":
            a, b = sorted((s.short, s.long), key=lambda f: (-df[s.kind, f], f))
            if (s.kind, b) not in names and (s.kind, a) not in names:
                names[s.kind, b] = a
    surfaces: dict[Node, str] = {form: m.text for m, form in zip(document.mentions, document.forms, strict=True)}
    resolved: list[Node] = []
    for m, (kind, form) in zip(document.mentions, document.forms, strict=True):
        seen = {form}
        long = form
        while (kind, long) in long_of and long_of[kind, long] not in seen:
            long = long_of[kind, long]
            seen.add(long)
        if long == form and form in document.defined:
            long = document.defined[form]
        if long == form:
            meaning = meanings.elsewhere(form, kind, text) if " " not in form or looks_short(m.text) else None
            if meaning:
                long = meaning.form
        surface = m.text if long == form else surfaces.get((kind, long), "")
        long = meanings.expand(long, short_tokens(surface), document.defined)
        if long == form:
            long = names.get((kind, form), form)
        resolved.append((kind, long))
    fuller = fuller_names(resolved, document)
    return [(kind, key_of(fuller.get((kind, long), long), kind)) for kind, long in resolved]
