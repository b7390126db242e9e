"""Nodes to clusters: what is spelt nearly alike, and which kind a name seen as several kinds has.

Everything here is blocked: names meet in dictionaries of exact keys, words meet through the strings that are left when
one letter is taken out. No pair of names is compared that does not share such a string.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

from kg.concepts.forms import numbers
from kg.concepts.lexicon import Lexicon
from kg.concepts.resolving import Node
from kg.normal import words
from kg.schema import KINDS

__all__ = ["kinds_of_twins", "near_spellings"]

_RARE = 2  # a misspelling is found in that many papers at most,
_COMMON = 8  # and the word it should be in that many at least; measured on annotated papers
_MIN_WORD = 6
_ORDERED = words(
    "to from and or for of with by in on via using vs versus over under into between within as based through"
)
_BOUND = words(
    "non un self semi weakly fully pre post re co multi cross inter intra few zero one two low high long short small open "
    "closed black white free over under auto bi sub super hyper very"
)

# A name is taken for two concepts where the lesser kind has this share of the weight and this many papers.
TWO_KINDS_SHARE = 0.4
TWO_KINDS_PAPERS = 5


def near_spellings(papers: Mapping[Node, int]) -> dict[Node, tuple[Node, str]]:
    """Return the nodes that are another spelt apart, together, in another order or wrong by one letter: node -> (that other, rule).

    `papers` counts the papers of each node. The other is the one in more papers.
    """
    found: dict[Node, tuple[Node, str]] = {}
    together: dict[Node, list[Node]] = defaultdict(list)
    for node in papers:
        squeezed = node[1].replace(" ", "")
        if len(squeezed) >= 6:
            together[node[0], squeezed].append(node)
    for nodes in together.values():
        if len(nodes) > 1:
            best = min(nodes, key=lambda n: (-papers[n], n))
            for node in nodes:
                if node != best and _same_parts(node[1], best[1]):
                    found[node] = (best, "spacing")
    for nodes in _reordered(papers):
        best = min(nodes, key=lambda n: (-papers[n], n))
        for node in nodes:
            if node != best and node not in found and best not in found:
                found[node] = (best, "wording")
    wrong = _misspelt_words(papers)
    for node in sorted(papers):
        words = node[1].split()
        right = [wrong.get(w, w) for w in words]
        if right != words and node not in found:
            other = (node[0], " ".join(right))
            if other in papers and papers[other] >= papers[node] and other not in found:
                found[node] = (other, "misspelt")
    return found


def _reordered(papers: Mapping[Node, int]) -> Iterable[list[Node]]:
    """Return groups of nodes with the same words before the same head, in another order: pre-trained multilingual model.

    Words that belong to the next one (self-supervised, non-convex) stay with it; where a name has a direction or a joint
    (text to image, learning and planning), its order counts.
    """
    same: dict[tuple[str, str, tuple[str, ...]], list[Node]] = defaultdict(list)
    for kind, key in papers:
        parts = key.split()
        if len(parts) < 3 or _ORDERED & set(parts) or any(not p.isalpha() for p in parts):
            continue
        joined: list[str] = []
        for word in parts[:-1]:
            if joined and joined[-1].rpartition(" ")[2] in _BOUND:
                joined[-1] += f" {word}"
            else:
                joined.append(word)
        if joined[-1].rpartition(" ")[2] not in _BOUND:
            same[kind, parts[-1], tuple(sorted(joined))].append((kind, key))
    return [sorted(nodes) for nodes in same.values() if len(nodes) > 1]


def _same_parts(a: str, b: str) -> bool:
    """Tell whether two keys that are equal without spaces may be one: not "d 3" and "d3" in different numbers."""
    return numbers(a) == numbers(b) or numbers(a.replace(" ", "")) == numbers(b.replace(" ", ""))


def _misspelt_words(papers: Mapping[Node, int]) -> dict[str, str]:
    """Return rare words that are a common word but for one letter left out, put in, changed or swapped."""
    counts: Counter[str] = Counter()
    for (_, key), n in papers.items():
        for word in set(key.split()):
            if len(word) >= _MIN_WORD and word.isalpha():
                counts[word] += n
    common = sorted(w for w, n in counts.items() if n >= _COMMON)
    near: dict[str, list[str]] = defaultdict(list)
    for word in common:
        for part in _without_one(word):
            near[part].append(word)
    wrong: dict[str, str] = {}
    for word in sorted(counts):
        if counts[word] > _RARE:
            continue
        others = {o for part in _without_one(word) for o in near.get(part, ()) if o[0] == word[0]}
        close = [o for o in others if OSA.distance(word, o, score_cutoff=1) == 1 and not _inflected(word, o)]
        if len(close) == 1:
            wrong[word] = close[0]
    return wrong


def _without_one(word: str) -> Iterable[str]:
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]


def _inflected(a: str, b: str) -> bool:
    """Tell whether two words differ in their ends or beginnings, as other words do: encoder, encoded; coder, decoder."""
    return a[:-2] == b[:-2] or a[:-1] == b[:-2] or a[:-2] == b[:-1] or a[1:] == b or b[1:] == a or a[:3] != b[:3]


def kinds_of_twins(twins: Mapping[str, Mapping[str, tuple[float, int]]], lexicon: Lexicon) -> dict[Node, str]:
    """Return the kind that each name gets: (kind it was seen as, normal form of the name) -> kind.

    `twins` gives, for every name seen as several kinds, the weight (sum of confidences) and the papers of each kind. The
    lexicon's kind wins where it knows one; else the kind with most weight. A lesser kind keeps a concept of its own only
    where it holds 40 % of the weight of the two, in five papers or more.
    """
    given: dict[Node, str] = {}
    for name, by_kind in twins.items():
        known = {e.kind for e in lexicon.find(name)} & set(by_kind)
        ranked = sorted(by_kind, key=lambda k: (-by_kind[k][0], KINDS.index(k)))
        top = known.pop() if len(known) == 1 else ranked[0]
        for kind, (weight, papers) in by_kind.items():
            strong = weight >= TWO_KINDS_SHARE * (weight + by_kind[top][0]) and papers >= TWO_KINDS_PAPERS
            given[kind, name] = kind if strong else top
    return given
