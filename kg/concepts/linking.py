from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from kg.concepts.corrections import Corrections
from kg.concepts.records import Concept, Linking
from kg.normal import normal_form
from kg.records import Extraction, Paper
from kg.schema import SYNONYM

__all__ = ["link"]


def link(
    papers: Sequence[Paper], extractions: Mapping[str, Extraction], *, corrections: Corrections | None = None
) -> Linking:
    """Return the concepts of `papers`, whose `extractions` are keyed by text hash (first simple version)."""
    forms: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    where: dict[tuple[str, int], tuple[str, str]] = {}
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def find(x: tuple[str, str]) -> tuple[str, str]:
        while parent.get(x, x) != x:
            x = parent[x]
        return x

    pairs = set()
    for paper in sorted(papers, key=lambda p: p.id):
        found = extractions.get(paper.text_hash)
        if found is None:
            continue
        for i, m in enumerate(found.mentions):
            key = (m.kind, normal_form(m.text))
            forms[key][m.text] += 1
            where[paper.id, i] = key
        for r in found.relations:
            if r.type == SYNONYM:
                a, b = where[paper.id, r.head], where[paper.id, r.tail]
                short, long = sorted((a, b), key=lambda k: (len(k[1]), k))
                if a[0] == b[0] and _initials(short[1], long[1]):
                    pairs.add((short, long))
    meanings: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for short, long in pairs:
        meanings[short].add(long)
    for short, longs in sorted(meanings.items()):
        if len(longs) == 1:
            a, b = find(short), find(min(longs))
            parent[min(a, b)] = max(a, b)
    clusters: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for key in sorted(forms):
        clusters[find(key)].append(key)
    concepts: dict[str, Concept] = {}
    id_of: dict[tuple[str, str], str] = {}
    for keys in clusters.values():
        kind = keys[0][0]
        counts = sum((forms[k] for k in keys), Counter())
        main = max(keys, key=lambda k: (" " in k[1], sum(forms[k].values()), k))
        best = max(forms[main], key=lambda t: (forms[main][t], t))
        name = best if kind == "Dataset" or " " not in main[1] else " ".join(w[:1].upper() + w[1:] for w in main[1].split())
        slug = re.sub(r"[^a-z0-9]+", "-", main[1].encode("ascii", "ignore").decode()).strip("-") or "x"
        cid, n = f"{kind.lower()}/{slug}", 1
        while cid in concepts:
            n += 1
            cid = f"{kind.lower()}/{slug}-{n}"
        aliases = tuple(sorted(((t, c) for t, c in counts.items() if t != name), key=lambda x: (-x[1], x[0])))
        concepts[cid] = Concept(cid, name, kind, aliases)
        id_of.update(dict.fromkeys(keys, cid))
    return Linking(concepts, {m: id_of[k] for m, k in where.items()})


def _initials(short: str, long: str) -> bool:
    return "".join(w[0] for w in long.split()) == short
