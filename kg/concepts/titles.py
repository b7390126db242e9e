"""Display names and ids: a concept's name as an encyclopedia would title it, and the slug made of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from kg.concepts.abbreviations import looks_short
from kg.normal import normal_form, singular, words

__all__ = ["clean", "display_name", "slug", "title"]

_SMALL = words("a an the of for and in on to with from by via as at or over under vs through between into without per")
_TEX = re.compile(r"\\(?:text\w*|underline|uline|emph|math\w+|mbox|bf|it)\b\s*|[{}$\\]|\*\*")
_DETERMINER = re.compile(r"^(?:the|a|an|our|this|that|its|their)\s+", re.I)
_WORD = re.compile(r"[^\s\-–/]+")
_NOUNS = {
    verb: noun
    for noun, verbs in {
        "Prediction": "predict predicting", "Generation": "generate generating", "Detection": "detect detecting",
        "Classification": "classify classifying", "Recognition": "recognize recognizing", "Estimation": "estimate estimating",
        "Segmentation": "segment segmenting", "Translation": "translate translating", "Summarization": "summarize summarizing",
        "Understanding": "understand", "Modeling": "model capture capturing", "Reconstruction": "reconstruct reconstructing",
        "Identification": "identify identifying", "Solving": "solve solving", "Retrieval": "retrieve retrieving",
        "Extraction": "extract extracting", "Recovery": "recover recovering", "Synthesis": "synthesize synthesizing",
        "Localization": "localize localizing", "Compression": "compress compressing", "Alignment": "align aligning",
        "Ranking": "rank", "Optimization": "optimize optimizing", "Evaluation": "evaluate evaluating",
        "Mitigation": "mitigate mitigating", "Reduction": "reduce reducing", "Verification": "verify verifying",
        "Completion": "complete completing", "Answering": "answer answering", "Processing": "process",
        "Approximation": "approximate approximating", "Simulation": "simulate simulating", "Recommendation": "recommend recommending",
        "Discovery": "discover discovering", "Disambiguation": "disambiguate disambiguating", "Selection": "select selecting",
        "Removal": "remove removing", "Enhancement": "enhance enhancing", "Decomposition": "decompose decomposing",
    }.items()
    for verb in sorted(words(verbs))
}  # fmt: skip
_ACTION = re.compile(r"(?:ing|[ts]ion|ment|ance)$", re.I)
# Verbs that end names ("Order-Matters", "Language Model Knows"), and what follows "of" (bag-of-words): no plural heads.
_VERBS = words("matters knows thinks learns works needs speaks sees helps")
_BRACKET = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")


_CAMEL_S = re.compile(r"[A-Z][A-Za-z]*[A-Z][a-z]{2,}s")


@lru_cache(maxsize=200_000)
def clean(surface: str) -> str:
    """Return a surface without markup, determiners or line breaks."""
    text = (
        _TEX.sub("", surface.replace("\\infty", "∞"))
        if "\\" in surface or "{" in surface or "$" in surface or "**" in surface
        else surface
    )
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    text = text.strip(" \"'“”‘’.,;:")
    short = _BRACKET.sub("", text)
    if short and " " in short:
        text = short
    return _DETERMINER.sub("", text) or surface


@lru_cache(maxsize=200_000)
def title(surface: str) -> str:
    """Return a surface in Title Case with its head in the singular: "state space models" -> "State Space Model".

    A word with a capital or digit beyond its first letter stays as written.
    """
    text = clean(surface)
    words = text.split(" ")
    head = next((i - 1 for i, w in enumerate(words) if i and w.lower() in _SMALL), len(words) - 1)
    words[head] = _singular(words[head])
    out = []
    for i, word in enumerate(words):
        first = i == 0 or i == len(words) - 1

        def capital(m: re.Match[str], first: bool = first, word: str = word) -> str:
            part = m[0]
            if any(c.isupper() or c.isdigit() for c in part):
                return part
            if part in _SMALL and not (first and m.start() == 0):
                return part
            return part[:1].upper() + part[1:]

        if word.isalpha():
            plain = word if not word.islower() or (word in _SMALL and not first) else word[0].upper() + word[1:]
            out.append(plain)
        else:
            out.append(_WORD.sub(capital, word))
    return " ".join(out)


def _singular(word: str) -> str:
    """Return a written word in the singular, its case kept: "Networks" -> "Network", "LLMs" -> "LLM"."""
    if len(word) > 2 and word.endswith("s") and word[-2].isupper() and word[:-1].upper() == word[:-1]:
        return word[:-1]
    lead, _, last = word.rpartition("-")
    if last.lower() in _VERBS or lead.lower().endswith(("-of", "-it", "-in", "-to", "-for")):
        return word
    if not last.isalpha() or last.isupper() or last[1:] != last[1:].lower():
        # Names in mixed case lose only a plain plural: Ptr-Nets, GlueStacks.
        return (
            word[:-1]
            if re.search(r"[a-z]{2}(?<![su])s$", word) and word[:1].isupper() and looks_short(word[:-1])
            else word
        )
    one = singular(last.lower())
    if one == last.lower():
        return word
    one = last[0] + one[1:] if last[0].isupper() else one
    return f"{lead}-{one}" if lead else one


def display_name(forms: Mapping[str, Counter[str]], kind: str, papers: Mapping[str, int]) -> str:
    """Return the name of a concept from its normal forms with their surfaces; `papers` counts the papers of each form.

    The full name is preferred to an abbreviation, an invented name (BERT, Mamba, S4) to its explanation, a noun phrase to
    a gerund; of equals, the one in more papers.
    """
    if len(forms) == 1:
        ((form, surfaces),) = forms.items()
        written = _written(form, surfaces, kind)
        return _noun_phrase(written) if kind == "Task" else written
    counts = {form: sum(surfaces.values()) for form, surfaces in forms.items()}
    short = {
        form for form, surfaces in forms.items() if " " not in form or all(looks_short(clean(s)) for s in surfaces)
    }
    longs = [f for f in forms if f not in short]
    if longs:

        def rank(form: str) -> tuple[object, ...]:
            written = any(looks_short(t) for s in forms[form] for t in re.split(r"[\s\-]+", clean(s)))
            gerund = kind == "Task" and re.match(r"[a-z]+ing ", form) is not None
            of = kind == "Task" and " of " in form
            return (gerund or of, written and len(longs) > 1, -papers.get(form, 0), -counts[form], -len(form), form)

        best = min(longs, key=rank)
        plain = [f for f in short if " " not in f and _top(forms[f])[1:].islower()]
        if plain:  # "embedding" beside a rare "embedding model"; but "attention mechanism" beside attention
            common = min(plain, key=lambda f: (-papers.get(f, 0), f))
            if papers.get(best, 0) < 0.3 * papers.get(common, 0):
                best = common
        names = [f for f in short if _invented(f, forms[f], best)]
        if names:
            name = min(names, key=lambda f: (-papers.get(f, 0), -counts[f], f))
            if counts[name] >= counts[best]:
                best = name
        initials = min((f for f in short if f not in plain), key=lambda f: (-papers.get(f, 0), f), default=None)
        if initials and papers.get(initials, 0) >= max(5, 5 * sum(papers.get(f, 0) for f in longs)):
            best = initials  # nobody writes it out: CLIP
    else:
        best = min(forms, key=lambda f: (-papers.get(f, 0), -counts[f], f))
    written = _written(best, forms[best], kind)
    return _noun_phrase(written) if kind == "Task" else written


def _noun_phrase(name: str) -> str:
    """Return a task's name that starts with a verb as a noun phrase: "Predicting Protein Function" -> "Protein Function Prediction".

    What follows a preposition stays behind it. A name with no such verb comes back as it is.
    """
    words = name.split()
    noun = _NOUNS.get(words[0].lower())
    if len(words) == 2 and words[0].lower() in ("answer", "model", "rank", "process") and _ACTION.search(words[1]):
        return name  # answer verification, model compression: no verbs
    if noun is None or len(words) < 2 or words[1].lower() in _SMALL - {"the", "a", "an"}:
        return name
    cut = next((i for i, w in enumerate(words) if i > 1 and w.lower() in _SMALL), len(words))
    object_ = [w for w in words[1:cut] if w.lower() not in ("the", "a", "an")]
    if not object_ or (cut < len(words) and words[cut].lower() in ("and", "or")):
        return name
    return " ".join([*object_[:-1], _singular(object_[-1]), noun, *words[cut:]])


def _invented(form: str, surfaces: Counter[str], long: str) -> bool:
    """Tell whether a short form is a name by itself, not just the initials of `long`."""
    top = _top(surfaces)
    body = top[:-1] if top.endswith("s") else top
    if long.startswith(form + " ") and top[:1].isupper():  # "Hydra" beside "Hydra head"
        return True
    if not any(c.isupper() for c in body):
        return False
    # Of names in capitals alone, annotators wrote out nearly all; of mixed ones only short ones (CoAT, HiSS).
    return any(c.isdigit() for c in body) or (any(c.islower() for c in body[1:]) and len(body) >= 5)


def _top(surfaces: Mapping[str, int]) -> str:
    return min(surfaces, key=lambda s: (-surfaces[s], s))


def _written(form: str, surfaces: Counter[str], kind: str) -> str:
    """Return how to write a form: as found most often for datasets and names, else in Title Case."""
    votes: Counter[str] = Counter()
    # An invented name that nobody writes without its s has it: DecoderLens, VLMaps. RNNs and ResNets are plurals.
    whole = all(_CAMEL_S.fullmatch(clean(s)) for s in surfaces)
    for surface, n in surfaces.items():
        plain = clean(surface)
        if whole:
            votes[plain] += n
            continue
        votes[
            _singular(plain) if kind == "Dataset" and " " not in plain else plain if kind == "Dataset" else title(plain)
        ] += n
    # Of writings that differ in capitals, the more frequent; hyphens before spaces where they tie.
    return min(votes, key=lambda s: (-votes[s], s.count(" "), s))


@lru_cache(maxsize=200_000)
def slug(name: str) -> str:
    """Return the part of an id that a name gives: ASCII letters, digits and single hyphens; never empty."""
    plain = (
        name.replace("+", " plus ")
        .replace("*", " star ")
        .replace("^", "-")
        .replace("#", " sharp ")
        .replace("∞", " infinity ")
    )
    plain = "".join(_GREEK.get(c, c) for c in plain.casefold())
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:96].strip("-")
    return made or "x" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


_GREEK = {c: normal_form(c) for c in "αβγδεϵζηθικλμνξπρστυφϕχψω"}
