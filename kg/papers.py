"""One paper for all the records that tell of it: `identify` names a record's paper, `merge` joins records.

Records are of one paper when they share an arXiv identifier or a DOI; else when their normalised titles are equal and
nobody gives that title two arXiv identifiers or two DOIs (then the title proves nothing, and its papers stay apart).

What the paper is told to be, field by field, whatever the order of the records:

    title, abstract   from one record, so that offsets into them stay true: the one with the longest abstract (a cut
                      abstract is the shorter), then the longest title, then the first in code point order
    published         the most exact (day, month, year, day without year); of equally exact ones the earliest
    authors           the longest list, then the one with the longest names (initials are shorter), then the first
    keywords          the longest list, then the first
    venue             the longest, then the first
    url               arXiv before doi.org before others, then the first
    upvotes           the highest
    arxiv, doi, source_id    the first
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kg.identifiers import arxiv_in_url, arxiv_of, doi_of, normal_title, title_id
from kg.records import Paper

__all__ = ["groups", "identify", "merge"]

_EXACTNESS = (r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d", r"\d{4}", r"--\d\d-\d\d", r".+", r"")


def identify(record: Paper) -> Paper:
    """Return the record with its id: "arxiv:2312.00752", else "doi:10.…", else "title:…" (16 hexadecimal digits).

    The arXiv identifier and the DOI are looked for in their fields, in the URL and (arXiv) in the source's own id, and
    are brought into normal form; a record without URL gets the one that they give.
    """
    arxiv = arxiv_of(record.arxiv) or arxiv_of(record.doi) or arxiv_in_url(record.url) or arxiv_of(record.source_id)
    doi = doi_of(record.doi) or (doi_of(record.url) if "doi.org/" in record.url else "")
    if arxiv:
        name, url = f"arxiv:{arxiv}", f"https://arxiv.org/abs/{arxiv}"
    elif doi:
        name, url = f"doi:{doi}", f"https://doi.org/{doi}"
    else:
        name, url = title_id(record.title), ""
    return replace(record, id=name, arxiv=arxiv, doi=doi, url=record.url or url)


def merge(records: Iterable[Paper]) -> list[Paper]:
    """Return the papers that the records tell of, sorted by id; a function of the set of records alone.

    The time is near linear in the number of records. Merging the result again changes nothing.
    """
    return [paper for paper, _ in groups(records)]


def groups(records: Iterable[Paper]) -> list[tuple[Paper, list[Paper]]]:
    """Return each paper that the records tell of, sorted by id, with its records in the order that they came in."""
    told = list(records)
    members: dict[Paper, list[int]] = defaultdict(list)
    for n, record in enumerate(told):
        members[identify(record)].append(n)
    while True:
        merged: dict[Paper, list[int]] = defaultdict(list)
        for group in _groups(list(members)):
            merged[_join(group)] += [n for paper in group for n in members[paper]]
        if len(merged) == len(members):
            ordered = sorted(merged.items(), key=lambda item: item[0].id)
            return [(paper, [told[n] for n in sorted(numbers)]) for paper, numbers in ordered]
        # A paper of two titles shows one of them, which can leave a title unambiguous that was not: look again.
        members = merged


def _groups(papers: Sequence[Paper]) -> list[list[Paper]]:
    """Return the records of each paper, in no particular order."""
    sets = _DisjointSets(len(papers))
    seen: dict[tuple[str, str], int] = {}
    titles: dict[str, list[int]] = defaultdict(list)
    for i, paper in enumerate(papers):
        for key in (("arxiv", paper.arxiv), ("doi", paper.doi)):
            if key[1]:
                sets.join(i, seen.setdefault(key, i))
        titles[normal_title(paper.title)].append(i)
    # A group may have two arXiv identifiers (by a shared DOI) and still be one paper, so groups are compared and not
    # records; as they are before any title joins them, lest the order of the titles matter.
    group = [sets.root(i) for i in range(len(papers))]
    with_arxiv = {group[i] for i, paper in enumerate(papers) if paper.arxiv}
    with_doi = {group[i] for i, paper in enumerate(papers) if paper.doi}
    for titled in titles.values():
        of_title = {group[i] for i in titled}
        if len(of_title & with_arxiv) > 1 or len(of_title & with_doi) > 1:
            same = [i for i in titled if group[i] not in with_arxiv and group[i] not in with_doi]
        else:
            same = titled
        for i in same[1:]:
            sets.join(same[0], i)
    found: dict[int, list[Paper]] = defaultdict(list)
    for i, paper in enumerate(papers):
        found[sets.root(i)].append(paper)
    return list(found.values())


class _DisjointSets:
    """The numbers 0 to n - 1 in disjoint sets: union by size, path halving. Tarjan and van Leeuwen (1984)."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))
        self._size = [1] * n

    def root(self, i: int) -> int:
        parent = self._parent
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    def join(self, i: int, j: int) -> None:
        i, j = self.root(i), self.root(j)
        if i == j:
            return
        if self._size[i] < self._size[j]:
            i, j = j, i
        self._parent[j] = i
        self._size[i] += self._size[j]


def _join(group: list[Paper]) -> Paper:
    """Return one paper for the records of a group; the rules stand at the head of this module."""
    if len(group) == 1:
        return group[0]
    text = min(group, key=lambda p: (-len(" ".join(p.abstract.split())), -len(p.title), p.title, p.abstract))
    votes = [p.upvotes for p in group if p.upvotes is not None]
    return identify(
        Paper(
            id="",
            title=text.title,
            abstract=text.abstract,
            authors=min((p.authors for p in group), key=lambda a: (-len(a), -sum(map(len, a)), a)),
            published=min((p.published for p in group), key=lambda day: (_exactness(day), day)),
            url=min((p.url for p in group), key=lambda url: (_preference(url), url)),
            venue=min((p.venue for p in group), key=lambda venue: (-len(venue), venue)),
            keywords=min((p.keywords for p in group), key=lambda words: (-len(words), words)),
            upvotes=max(votes, default=None),
            arxiv=_first(p.arxiv for p in group),
            doi=_first(p.doi for p in group),
            source_id=_first(p.source_id for p in group),
        )
    )


def _first(values: Iterable[str]) -> str:
    return min(filter(None, values), default="")


def _exactness(published: str) -> int:
    return next(i for i, form in enumerate(_EXACTNESS) if re.fullmatch(form, published, re.S))


def _preference(url: str) -> int:
    if not url:
        return 3
    return 0 if "arxiv.org/abs/" in url else 1 if "doi.org/" in url else 2
