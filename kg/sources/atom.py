"""arXiv's answer to a query, as Atom. https://info.arxiv.org/help/api/user-manual.html"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from kg.identifiers import arxiv_of
from kg.papers import identify
from kg.records import Paper
from kg.sources import dates
from kg.sources.cleaning import fold, shown
from kg.sources.entries import Skip
from kg.sources.opening import Source

__all__ = ["is_atom", "read_atom"]

_MARKUP = re.compile(r"\s*(?:<\?xml\b|<feed\b|<rss\b|<rdf:RDF\b)", re.I)


def is_atom(source: Source) -> bool:
    return bool(_MARKUP.match(source.head)) and not re.search(r"<!doctype\s+html|<html\b", source.head[:2000], re.I)


def read_atom(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of an Atom (or RSS) answer; identifiers lose their version, texts their line breaks."""
    import feedparser

    # A stream, since feedparser takes a string that looks like a link for one.
    answer = feedparser.parse(io.BytesIO(source.data()), sanitize_html=False, resolve_relative_uris=False)
    if answer.bozo and not isinstance(answer.get("bozo_exception"), feedparser.CharacterEncodingOverride):
        raise source.error(
            f"XML that is cut or broken ({shown(answer.get('bozo_exception'))}); save the answer of arXiv's API again"
        )
    n_papers = 0
    for number, entry in enumerate(answer.entries, 1):
        title = fold(entry.get("title", ""))
        link = entry.get("id") or entry.get("link", "")
        if not title:
            skip(f"entry {number}: no title")
            continue
        if title == "Error" and "/api/errors" in link:
            raise source.error(f"an error that arXiv's API gave ({shown(entry.get('summary', ''))}); ask it again")
        n_papers += 1
        yield identify(
            Paper(
                id="",
                title=title,
                abstract=fold(entry.get("summary", "")),
                authors=tuple(filter(None, (fold(author.get("name", "")) for author in entry.get("authors", ())))),
                published=dates.iso(entry.get("published") or entry.get("updated", "")),
                url="" if arxiv_of(link) else fold(entry.get("link", "")),
                venue=fold(entry.get("arxiv_journal_ref", "")),
                arxiv=arxiv_of(link),
                doi=fold(entry.get("arxiv_doi", "")),
            )
        )
    if not n_papers:
        raise source.error("XML without papers; expected the Atom answer of arXiv's API, with its <entry> elements")
