"""Linking: the mentions of a library to its concepts.

    documents -> meanings -> resolve -> near spellings -> clusters -> kinds -> corrections -> names -> ledger, variants

It is a pure function of the set of papers and extractions, so a library built in ten steps has the concepts of one
built at once, and taking a paper out gives those of a library that never had it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kg.concepts.clusters import kinds_of_twins, near_spellings
from kg.concepts.corrections import Corrections, reference
from kg.concepts.documents import Document, read
from kg.concepts.ledger import Said, record
from kg.concepts.lexicon import Lexicon, lexicon
from kg.concepts.meanings import Meanings, collect
from kg.concepts.records import Concept, Linking
from kg.concepts.resolving import Names, Node, resolve
from kg.concepts.titles import clean, display_name, slug, title
from kg.concepts.variants import find_variants
from kg.normal import normal_form
from kg.records import Extraction, Paper
from kg.schema import KINDS

__all__ = ["link"]


@dataclass(slots=True)
class Unit:
    """The mentions of one form, seen as one kind, that were led to one node."""

    kind: str
    form: str
    surfaces: Counter[str] = field(default_factory=Counter)
    mentions: list[tuple[str, int]] = field(default_factory=list)
    papers: set[str] = field(default_factory=set)
    weight: float = 0.0
    n_open: int = 0
    ends: Counter[tuple[str, str]] = field(
        default_factory=Counter
    )  # the fullest forms it was led to, and by which rule


@dataclass(slots=True)
class Cluster:
    """A concept in the making."""

    kind: str
    units: list[Unit]
    name: str = ""
    note: str = ""

    @property
    def papers(self) -> int:
        if len(self.units) == 1:
            return len(self.units[0].papers)
        return len(set().union(*(u.papers for u in self.units)))

    @property
    def order(self) -> tuple[str, str]:
        return min((u.kind, u.form) for u in self.units)


def link(
    papers: Sequence[Paper], extractions: Mapping[str, Extraction], *, corrections: Corrections | None = None
) -> Linking:
    """Return the concepts of `papers`, whose `extractions` are keyed by text hash (see Paper.text_hash).

    Papers without an extraction are passed over; the order of papers does not matter. `corrections` beat all rules.
    """
    known = lexicon()
    documents = [
        read(paper, extractions[paper.text_hash])
        for paper in sorted({p.id: p for p in papers}.values(), key=lambda p: p.id)
        if paper.text_hash in extractions
    ]
    meanings = collect(documents, known)
    units, said = _units(documents, meanings, known)
    clusters = _clusters(units, said)
    for cluster in clusters:
        cluster.name = _name(cluster, known)
    clusters = _one_kind(clusters, known)
    if corrections is not None and (corrections.merges or corrections.splits):
        clusters = _corrected(clusters, corrections, known)
    ids = _ids(clusters)
    concepts, concept_of = {}, {}
    for cid, cluster in sorted(ids.items()):
        concepts[cid] = _concept(cid, cluster, meanings)
        for unit in cluster.units:
            concept_of.update(dict.fromkeys(unit.mentions, cid))
    merges = record(ids, said, {d.paper.id: d for d in documents})
    variants = find_variants(concepts, concept_of, documents, known)
    return Linking(concepts, dict(sorted(concept_of.items())), merges, variants)


def _units(
    documents: Sequence[Document], meanings: Meanings, known: Lexicon
) -> tuple[dict[tuple[Node, str, str], Unit], Said]:
    """Return the units by (node, kind, form), and what was said to lead them there."""
    names = Names.of(documents, known)
    units: dict[tuple[Node, str, str], Unit] = {}
    said = Said()
    for document in documents:
        pid = document.paper.id
        for i, found in enumerate(resolve(document, meanings, known, names)):
            mention, (kind, form) = document.mentions[i], document.forms[i]
            key = (found.node, kind, form)
            unit = units.get(key)
            if unit is None:
                unit = units[key] = Unit(kind, form)
            unit.surfaces[mention.text] += 1
            unit.mentions.append((pid, i))
            unit.weight += mention.confidence
            unit.n_open += found.open
            if pid not in unit.papers:
                unit.papers.add(pid)
                said.add(kind, found.steps, pid)
            unit.ends[found.form, ""] += 1
    return units, said


def _clusters(units: dict[tuple[Node, str, str], Unit], said: Said) -> list[Cluster]:
    papers: dict[Node, set[str]] = defaultdict(set)
    for (node, _, _), unit in units.items():
        papers[node] |= unit.papers
    near = near_spellings({node: len(found) for node, found in papers.items()})
    by_node: dict[Node, list[Unit]] = defaultdict(list)
    for (start, _, _), unit in sorted(units.items()):
        node, rule = start, ""
        seen = {node}
        while node in near and near[node][0] not in seen:
            node, rule = near[node]
            seen.add(node)
        if rule:
            unit.ends = Counter({(form, rule): n for (form, _), n in unit.ends.items()})
        by_node[node].append(unit)
    return [Cluster(node[0], found) for node, found in sorted(by_node.items())]


def _name(cluster: Cluster, known: Lexicon) -> str:
    """Return the lexicon's name of a cluster, else one made of its forms."""
    ends = Counter(form for u in cluster.units for form, _ in u.ends)
    # The fullest forms only: a short form in this cluster may mean something else to the lexicon.
    if 2 * sum(u.n_open for u in cluster.units) <= sum(len(u.mentions) for u in cluster.units):
        for form in sorted(ends, key=lambda f: (-ends[f], f)):
            entry = known.entry(form, cluster.kind)
            if entry is not None:
                return entry.name
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    papers: Counter[str] = Counter()
    for unit in cluster.units:
        forms[unit.form].update(unit.surfaces)
        papers[unit.form] += len(unit.papers)
    return display_name(forms, cluster.kind, papers)


def _one_kind(clusters: list[Cluster], known: Lexicon) -> list[Cluster]:
    """Return the clusters with one kind for each name, or two where both are really used (see kinds_of_twins)."""
    by_name: dict[str, list[Cluster]] = defaultdict(list)
    for cluster in clusters:
        by_name[normal_form(cluster.name)].append(cluster)
    twins: dict[str, dict[str, tuple[float, int]]] = {}
    for name, found in by_name.items():
        if len({c.kind for c in found}) > 1:
            twins[name] = {
                kind: (
                    sum(u.weight for c in found if c.kind == kind for u in c.units),
                    sum(c.papers for c in found if c.kind == kind),
                )
                for kind in {c.kind for c in found}
            }
    given = kinds_of_twins(twins, known)
    out: list[Cluster] = []
    for name, found in sorted(by_name.items()):
        groups: dict[str, list[Cluster]] = defaultdict(list)
        for cluster in found:
            groups[given.get((cluster.kind, name), cluster.kind)].append(cluster)
        for kind, members in groups.items():
            first = next((c for c in members if c.kind == kind), members[0])
            units = [u for c in members for u in c.units]
            merged = Cluster(kind, units, first.name)
            total = sum(len(u.mentions) for u in units)
            others = [(k, sum(len(u.mentions) for u in units if u.kind == k)) for k in KINDS if k != kind]
            notes = [f"also seen as {k} in {n} of {total} mentions" for k, n in others if n]
            notes += [f"also a concept as {k}" for k in KINDS if k != kind and k in groups]
            merged.note = "; ".join(notes)
            out.append(merged)
    return out


def _corrected(clusters: list[Cluster], corrections: Corrections, known: Lexicon) -> list[Cluster]:
    """Return the clusters as the user wants them: first all merges, then all splits. What names nothing here waits."""
    ids = _ids(clusters)
    named: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for cid, cluster in ids.items():
        weights = Counter({normal_form(cluster.name): 10**9})
        for unit in cluster.units:
            weights[unit.form] += len(unit.mentions)
        for form, n in weights.items():
            for kind in ("", cluster.kind):
                named[kind, reference(form)[1]].append((-n, cid))

    def find(text: str) -> str | None:
        if text in ids:
            return text
        found = named.get(reference(text))
        return min(found)[1] if found else None

    pairs = [(find(a), find(b)) for a, b in corrections.merges]
    root: dict[str, str] = {}

    def top(cid: str) -> str:
        while cid in root:
            cid = root[cid]
        return cid

    second = {b for _, b in pairs}
    for a, b in pairs:
        if a and b and top(a) != top(b):
            # The one that no line puts into another keeps its name; then the one in more papers.
            keep, gone = sorted((top(a), top(b)), key=lambda c: (c in second, -ids[c].papers, c))
            root[gone] = keep
    merged = {cid: Cluster(c.kind, list(c.units), c.name, c.note) for cid, c in ids.items() if cid not in root}
    for cid in sorted(root):
        for unit in ids[cid].units:  # units are made anew by every linking, so marking them leaves no trace
            unit.ends = Counter({(form, "correction"): n for (form, _), n in unit.ends.items()})
        merged[top(cid)].units.extend(ids[cid].units)
    for concept, form in corrections.splits:
        split = find(concept)
        if split is not None:
            _split(merged, top(split), form, known)
    return [c for c in merged.values() if c.units]


def _split(clusters: dict[str, Cluster], cid: str, form: str, known: Lexicon) -> None:
    """Take the mentions of `form` out of one cluster, into the concept of that name or a new one."""
    cluster = clusters[cid]
    wanted = normal_form(form)
    if wanted == normal_form(cluster.name) or all(u.form == wanted for u in cluster.units):
        return
    gone = [u for u in cluster.units if u.form == wanted]
    if not gone:
        return
    cluster.units = [u for u in cluster.units if u.form != wanted]
    home = next(
        (
            c
            for i, c in sorted(clusters.items())
            if i != cid and c.kind == cluster.kind and normal_form(c.name) == wanted
        ),
        None,
    )
    if home is None:
        home = clusters[f"{cid} without {wanted}"] = Cluster(cluster.kind, [])
    home.units.extend(gone)
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for unit in gone:
        forms[unit.form].update(unit.surfaces)
    home.name = home.name or display_name(forms, cluster.kind, {})
    if all(normal_form(cluster.name) != u.form for u in cluster.units):
        cluster.name = _name(cluster, known)


def _ids(clusters: Sequence[Cluster]) -> dict[str, Cluster]:
    """Return the clusters by id. Of several that one id would fit, the one in most papers has it, others add a hash."""
    from hashlib import sha256

    wanted: dict[str, list[Cluster]] = defaultdict(list)
    for cluster in clusters:
        wanted[f"{cluster.kind.lower()}/{slug(cluster.name)}"].append(cluster)
    ids: dict[str, Cluster] = {}
    for cid, found in wanted.items():
        found.sort(key=lambda c: (-c.papers, c.order))
        for n, cluster in enumerate(found):
            tail = (
                ""
                if n == 0
                else "-" + sha256("\0".join(cluster.order).encode("utf-8", "surrogatepass")).hexdigest()[:6]
            )
            while cid + tail in ids or (tail and cid + tail in wanted):
                tail += "x"
            ids[cid + tail] = cluster
    return ids


def _concept(cid: str, cluster: Cluster, meanings: Meanings) -> Concept:
    counts: Counter[str] = Counter()
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for unit in cluster.units:
        for surface, n in unit.surfaces.items():
            plain = clean(surface)
            counts[plain.casefold()] += n
            written[plain.casefold()][plain] += n
    counts.pop(cluster.name.casefold(), None)
    aliases = tuple(
        (min(written[low], key=lambda s: (-written[low][s], s)), n)
        for low, n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))
    )
    n_open = sum(u.n_open for u in cluster.units)
    ambiguous = 2 * n_open > sum(len(u.mentions) for u in cluster.units)
    note = cluster.note
    if ambiguous:
        short = max(cluster.units, key=lambda u: (u.n_open, u.form))
        rivals = [title(long) for long, _ in meanings.candidates(short.form, short.kind)[:4]]
        note = "; ".join(filter(None, (f"may stand for {', '.join(rivals)}", note)))
    return Concept(cid, cluster.name, cluster.kind, aliases, ambiguous, note)
