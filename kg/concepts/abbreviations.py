"""Short forms and the long forms they stand for: how well letters fit words, and what a text defines.

The alignment follows Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation definitions in
biomedical text", made stricter where no bracket says that the two belong together.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kg.normal import normal_form, words

__all__ = [
    "EXACT",
    "LOOSE",
    "STRICT",
    "covered",
    "definitions",
    "fit",
    "looks_short",
    "partly_spelled",
    "spelled_by_beginnings",
]

EXACT = 1.0  # the initials of all words
STRICT = 0.9  # beginnings of all words: FedACD, Federated Adaptive Causal Discovery
LOOSE = 0.7  # letters in order, the first of them first: cumsum, cumulative summation

_STOP = words("a an the of for and in on to with from by via as at or over under is its using through into")
# An abbreviation may leave out a last word that only says what sort of thing it is.
_HEADS = words(
    "ability algorithm approach architecture benchmark corpus dataset framework layer mechanism method model module network "
    "paradigm pipeline procedure scheme strategy system technique training transformer task"
)
_PREFIXES = words("pre post fine re co self non semi multi cross auto")  # no name ends in one: "guided pre training"
_SHORT = re.compile(r"[^\W_](?:[\w@^+*.-]*[\w^+*])?$")


@lru_cache(maxsize=200_000)
def looks_short(surface: str) -> bool:
    """Tell whether a surface is one word with the capitals or digits of an abbreviation or an invented name."""
    word = surface.strip()
    if not _SHORT.match(word) or len(word) > 20:
        return False
    body = word[:-1] if word.endswith("s") else word
    capitals = sum(c.isupper() for c in body)
    return capitals >= 2 or (capitals >= 1 and any(c.isdigit() for c in body))


def _spelled(short: str) -> list[str]:
    """Return what a short form's letters may stand for, digits read as repeats or as words: p5 -> p5, ppppp."""
    letters = "".join(c for c in short if c.isalnum())
    ways = [letters]
    for m in re.finditer(r"\d", letters):
        n, i = int(m[0]), m.start()
        if not 2 <= n <= 6:
            continue
        if i > 0 and letters[i - 1].isalpha():  # S4 = SSSS
            ways.append(letters[: i - 1] + letters[i - 1] * n + letters[i + 1 :])
        if i + 1 < len(letters) and letters[i + 1].isalpha():  # O3D = ODDD
            ways.append(letters[:i] + letters[i + 1] * n + letters[i + 2 :])
    if re.search(r"[a-z][24][a-z]", letters):
        ways.append(re.sub(r"(?<=[a-z])4(?=[a-z])", "f", re.sub(r"(?<=[a-z])2(?=[a-z])", "t", letters)))
    if not letters[-1].isdigit():  # a number at the end is a version
        ways.append(re.sub(r"\d", "", letters))
    return [w for w in dict.fromkeys(ways) if w]


@lru_cache(maxsize=500_000)
def fit(short: str, long: str) -> float:
    """Return how well `short` abbreviates `long` (normal forms): EXACT, STRICT, LOOSE or 0.0."""
    words = long.split()
    plain = short.replace(" ", "")
    if (
        not plain.isalnum() and not plain.replace(".", "").replace("^", "").replace("*", "").isalnum()
    ):  # GSM++ is more than GSM
        return 0.0
    if len(words) < 2 and not (len(words) == 1 and len(words[0]) > len(plain) + 2):
        return 0.0
    # A name with a letter more is another name (GPT-4o), and a name is no short form of one that holds it.
    if len(plain) < 2 or len(long.replace(" ", "")) < 1.6 * len(plain) or plain in words:
        return 0.0
    content = [w for w in words if w not in _STOP]
    if not content or (plain[0] != words[0][0] and plain[0] != content[0][0] and not plain[0].isdigit()):
        return 0.0  # the first letter is the first word's in every rule below
    best = 0.0
    for letters in _spelled(plain):
        if len(letters) < 2:
            continue
        for initials in ("".join(w[0] for w in words), "".join(w[0] for w in content)):
            if letters == initials and len(content) >= 2:
                return EXACT
        if len(content) >= 2 and _prefixes(letters, words):
            best = max(best, STRICT)
        elif letters[0] == words[0][0] and _in_order(letters, words):
            best = max(best, LOOSE)
        if not best and len(content) >= 3 and words[-1] in _HEADS and fit(plain, " ".join(words[:-1])) >= STRICT:
            best = LOOSE
    return best


def covered(short: str, long: str) -> str:
    """Return the part of `long` that `short` spells: without a last word that only says what it is, or words before.

    "lstm" spells "long short term memory" in "long short term memory network"; "ssm" spells "state space model" in
    "linear state space model". Comes back as `long` where `short` spells all of it, "" where it spells no part.
    """
    if fit(short, long) >= STRICT:
        return long
    words = long.split()
    for cut in (1, 2):
        heads = all(w in _HEADS or w == "neural" for w in words[-cut:])
        if len(words) - cut >= 2 and heads and words[-cut - 1] not in _PREFIXES:
            part = " ".join(words[:-cut])
            if fit(short, part) >= STRICT:
                return part
    if fit(short, long):
        return long
    for cut in (1, 2, 3):
        part = " ".join(words[cut:])
        if len(words) - cut >= 2 and fit(short, part) == EXACT:
            return part
    return ""


def _prefixes(letters: str, words: list[str]) -> bool:
    """Tell whether `letters` are beginnings of all words, stop words at will: one or more letters of each, in order."""

    def go(i: int, w: int) -> bool:
        if w == len(words):
            return i == len(letters)
        word = words[w]
        if word in _STOP and go(i, w + 1):
            return True
        n = 0
        while i + n < len(letters) and n < len(word) and letters[i + n] == word[n]:
            n += 1
            if go(i + n, w + 1):
                return True
        return False

    return go(0, 0)


def spelled_by_beginnings(short: str, long: str) -> bool:
    """Tell whether a short form is made of beginnings of words alone, of which a few may be left out (see fit).

    Without a bracket that says so, letters from inside words prove nothing: OntoED is no Ontology Embedding.
    """
    letters, words = "".join(c for c in short if c.isalnum()), long.split()
    return len(letters) >= 2 and bool(words) and letters[0] == words[0][0] and _in_order(letters, words, inside=False)


def partly_spelled(short: str, long: str) -> bool:
    """Tell whether a short form may stand for a long one that it does not fit: half of its letters are there, in order,
    and the first begins a word.

    Not where the long form's initials are only the end of it: then its first words are missing ("baseline pseudo-mask
    (BPM)", of which "pseudo-mask" is another thing).
    """
    letters = "".join(c for c in short if c.isalnum())
    if any(fit(letters[cut:], long) >= STRICT for cut in (1, 2) if len(letters) - cut >= 2):
        return False
    if letters[0] not in {w[0] for w in long.split()}:
        return False
    found, at, plain = 0, 0, long.replace(" ", "")
    for letter in letters:
        next_at = plain.find(letter, at) + 1
        if next_at:
            found, at = found + 1, next_at
    return 2 * found >= len(letters)


def _in_order(letters: str, words: list[str], *, inside: bool = True) -> bool:
    """Tell whether `letters` stand in the words in order, and the last word and most others give a letter.

    Each letter begins a word or follows a letter taken from the same word (Schwartz and Hearst, made two-sided); where
    `inside` is false, right behind it.
    """
    missable = max(1, len([w for w in words if w not in _STOP]) // 3)

    def go(i: int, w: int, missed: int) -> bool:
        if w == len(words):
            return i == len(letters)
        word = words[w]
        last = w == len(words) - 1
        cost = 0 if word in _STOP else 1
        if not last and missed + cost <= missable and go(i, w + 1, missed + cost):
            return True
        if i >= len(letters) or word[0] != letters[i]:
            return False
        # Letters taken inside a word, left to right, at most four.
        ends = {i + 1}
        at, j = 1, i + 1
        while j < len(letters) and j - i < 6:
            at = word.find(letters[j], at) + 1
            if at == 0 or (not inside and at != j - i + 1):
                break
            j += 1
            ends.add(j)
        return any(go(end, w + 1, missed) for end in sorted(ends))

    return go(0, 0, 0)


_BRACKET = re.compile(
    r"[(\[]\s*(?:i\.e\.,?\s+|dubbed\s+|called\s+|termed\s+)?[\"'“‘*]*([^\s()\[\],;:\"'”’*]{2,12}(?:\s[A-Z][\w-]*)?)[\"'”’*]*\s*[)\],;]"
)
_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*|[^\w\s]")


def definitions(text: str) -> list[tuple[str, str, int, int]]:
    """Return what brackets define in a text: (short form, long form, start and end of the long form), in order.

    The long form stands right before the bracket, as "state space models (SSMs)"; both come back as written.
    """
    found = []
    for m in _BRACKET.finditer(text):
        short = m[1]
        if not looks_short(short):
            continue
        key = normal_form(short)
        n_letters = sum(c.isalnum() for c in key)
        before = list(_WORD.finditer(text, max(0, m.start() - 160), m.start()))
        stop = next((i for i in range(len(before) - 1, -1, -1) if before[i][0] in ".;:,!?()[]"), -1)
        words = before[stop + 1 :]
        words = [w for w in words if w[0][0].isalnum()]
        best: tuple[float, int, int] | None = None
        plain = [normal_form(w[0]) for w in words[-n_letters - 5 :]]
        for n in range(1, len(plain) + 1):
            start = words[-n].start()
            if plain[-n][0] != key[0] or plain[-n] in _STOP:
                continue
            quality = fit(key, " ".join(plain[-n:]))
            if quality and (best is None or quality > best[0]):
                best = (quality, start, words[-1].end())
        if best is not None:
            found.append((short, text[best[1] : best[2]], best[1], best[2]))
    return found
