"""Saved Daily Papers pages as HTML: the JSON that the page carries, else its cards."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kg.identifiers import arxiv_in_url
from kg.papers import identify
from kg.records import Paper
from kg.sources import dates
from kg.sources.cleaning import clean, fold
from kg.sources.entries import Skip
from kg.sources.furniture import notes
from kg.sources.objects import papers_within
from kg.sources.opening import Source

if TYPE_CHECKING:
    from lxml.html import HtmlElement

__all__ = ["is_html", "read_html"]

_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.I)
_MARKUP = re.compile(
    r"(?:<!--.*?-->|<\?.*?\?>|\s)*<(?:!doctype\s+html|html|head|body|meta|div|main|article|title|script)\b", re.I | re.S
)


def is_html(source: Source) -> bool:
    return bool(_MARKUP.match(source.head))


def read_html(source: Source, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of a saved page, in its order, each once."""
    import lxml.html

    text = _decoded(source)
    # lxml refuses characters that have no place in XML, and a text that declares its encoding.
    parser = lxml.html.HTMLParser(
        encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = lxml.html.document_fromstring(clean(text).encode("utf-8"), parser=parser)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise source.error("HTML that cannot be read; save the page again, complete") from error
    papers = list(_carried(root)) or list(_cards(root, skip))
    if not papers:
        raise source.error(
            "HTML without papers; expected a saved https://huggingface.co/papers page (its data-props or its cards)"
        )
    yield from dict.fromkeys(papers)


def _decoded(source: Source) -> str:
    """Return the page's characters: UTF-8 or UTF-16, else the encoding that it declares."""
    declared = _CHARSET.search(source.head.encode("utf-8", "replace"))
    if source.encoding == "utf-8" and declared:
        try:
            codec = codecs.lookup(declared[1].decode()).name
        except LookupError:
            codec = "utf-8"
        if codec not in ("utf-8", "utf-16", "utf-16-le", "utf-16-be"):
            return source.data().decode(codec, "replace")
    return source.text()


def _carried(root: HtmlElement) -> Iterator[Paper]:
    """Yield the papers of the JSON in the page, those of the feed's own part where it is there."""
    for path in ("//*[@data-target='DailyPapers']/@data-props", "//@data-props"):
        found = False
        for text in root.xpath(path):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                continue  # cut; the cards may be whole
            for paper in papers_within(value):
                found = True
                yield paper
        if found:
            return


def _cards(root: HtmlElement, skip: Skip) -> Iterator[Paper]:
    """Yield the papers of the cards: a heading that links to /papers/<arXiv id>, in an <article> with the rest."""
    for heading in root.xpath("//h1|//h2|//h3|//h4"):
        link = next(
            (a.get("href") for a in (*heading.iterancestors("a"), *heading.iter("a")) if _is_paper(a.get("href"))), ""
        )
        if not link:
            continue
        title = fold(heading.text_content())
        if not title:
            skip(f"card of {link}: no title")
            continue
        card = next(heading.iterancestors("article"), None)
        yield identify(_of_card(title, arxiv_in_url(link), card))


def _is_paper(href: str | None) -> bool:
    return bool(href and arxiv_in_url(href))


def _of_card(title: str, arxiv: str, card: HtmlElement | None) -> Paper:
    published, upvotes, abstract = "", None, ""
    if card is not None:
        abstract = max((fold(p.text_content()) for p in card.iter("p")), key=len, default="")
        moments = [dates.iso(time.get("datetime") or time.text_content()) for time in card.iter("time")]
        for text in map(fold, card.itertext()):
            said = notes(text) if text else None
            if said is not None:
                upvotes = said.number if upvotes is None else upvotes
                moments.append(said.published)
        published = next(filter(None, moments), "")
        upvotes = upvotes if upvotes is not None and _leads(card, upvotes, title) else None
    return Paper(id="", title=title, abstract=abstract, arxiv=arxiv, published=published, upvotes=upvotes)


def _leads(card: HtmlElement, number: int, title: str) -> bool:
    """Tell whether the number stands before the title, as votes do; comments are counted after it."""
    words = fold(card.text_content())
    return 0 <= words.find(str(number)) < words.find(title)
