"""arXiv identifiers, DOIs and titles in the one form in which they can be compared."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import unquote

__all__ = ["arxiv_in_url", "arxiv_of", "doi_of", "normal_title", "title_id"]

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN(N) since April 2007, before that archive(.XX)/YYMMNNN
_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"[a-z][a-z-]*(?:\.[a-z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ARXIV = re.compile(rf"(?:arxiv[:.\s]\s*)?({_NEW}|{_OLD})(?:v\d+)?(?:\s*\[[\w.-]+\])?", re.I)
_ARXIV_URL = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html|format|ps|e-print)|ar5iv(?:\.labs\.arxiv)?\.org/(?:abs|html)|alphaxiv\.org/abs"
    rf"|(?:huggingface\.co|hf\.co)/papers|^/papers)/({_NEW}|{_OLD})(?:v\d+)?(?![\d.]*\d)",
    re.I,
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.I)
_DOI = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:?\s*)?(10\.\d{4,9}/\S+)", re.I)


def _bare(identifier: str) -> str:
    found = identifier.lower()
    if "/" in found:  # the subject class is no part of the identifier: math.GT/0309136 is math/0309136
        archive, number = found.split("/", 1)
        return f"{archive.split('.')[0]}/{number}"
    return found


def arxiv_of(text: str) -> str:
    """Return the arXiv identifier that `text` is, without version ("2312.00752", "cs/9901001"), or "".

    Takes a bare identifier, one with "arXiv:" before it, an arXiv DOI, and a link to arXiv or to the paper on the feed.
    """
    text = text.strip()
    if found := _ARXIV.fullmatch(text):
        return _bare(found[1])
    if doi := _DOI.fullmatch(text):
        inner = _ARXIV_DOI.fullmatch(doi[1])
        return arxiv_of(inner[1]) if inner else ""
    return arxiv_in_url(text)


def arxiv_in_url(url: str) -> str:
    """Return the arXiv identifier to which `url` leads, without version, or ""."""
    found = _ARXIV_URL.search(url.strip())
    return _bare(found[1]) if found else ""


def doi_of(text: str) -> str:
    """Return the DOI that `text` is or links to, in lower case and without prefix, or "". A DOI of arXiv gives ""."""
    found = _DOI.fullmatch(unquote(text.strip()))
    if not found or _ARXIV_DOI.fullmatch(found[1]):
        return ""
    return found[1].rstrip(".,;").lower()


def normal_title(title: str) -> str:
    """Return the letters and digits of a title, without case, accents, spaces and punctuation; "+" and "#" stay.

    "Schrödinger's Cat: a study" and "SCHRODINGERS CAT - A STUDY" are one; "UNet" and "UNet++" are two.
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", title).casefold())
    return "".join(c for c in letters if c.isalnum() or c in "+#") or " ".join(title.split())


def title_id(title: str) -> str:
    """Return "title:" and the first 16 hexadecimal digits of the SHA-256 of the normalised title."""
    digest = hashlib.sha256(normal_title(title).encode("utf-8", "surrogatepass")).hexdigest()
    return f"title:{digest[:16]}"
