"""What a name is made of: the key under which equal meanings meet, and the marks that keep near names apart.

`key_of` goes further than `normal_form`: it drops heads that add nothing ("attention mechanism" is attention), turns
"predicting protein function" and "prediction of protein function" into one, and knows a few pairs of words that
authors use for one another. Which heads and words may go was counted on annotated papers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from kg.normal import words

__all__ = ["compatible", "key_of", "numbers", "stem", "stems", "strip_heads"]

# Heads that say only what sort of thing a name is. Not "network", "encoder", "agent", "learning": they change the concept.
_METHOD_HEADS = words(
    "mechanism method approach technique algorithm framework architecture model paradigm strategy scheme procedure "
    "structure methodology"
)
_TASK_HEADS = words("task problem challenge ability capability capacity")
_DATASET_HEADS = words("dataset benchmark corpus data suite collection set")
_HEADS = {"Method": _METHOD_HEADS, "Task": _TASK_HEADS, "Dataset": _DATASET_HEADS}

_STOP = words("a an the of for in on to with from by via as at or over under our this that their its")

_WORDS = {
    "visual": "vision", "mathematical": "math", "mathematics": "math", "convolutional": "convolution",
    "recommender": "recommendation", "sequential": "sequence", "dimensional": "dimension", "positional": "position",
    "attentional": "attention", "attentive": "attention", "conversational": "conversation", "net": "network",
    "foundational": "foundation", "regularizer": "regularization", "comprehending": "understanding", "comprehend": "understand", "multiple": "multi", "paraphrasing": "paraphrase", "automated": "automatic", "distilling": "distillation", "filtering": "filter", "forecasting": "prediction", "forecast": "predict", "comprehension": "understanding",
    "longer": "long", "extended": "long", "extensive": "long", "lengthy": "long", "linearized": "linear", "robotic": "robot", "medical": "medical", "parallel": "parallelism",
}  # fmt: skip


# What a bare noun stands for nearly always: in the annotated papers, nine times in ten or more.
_SHORTENED = {
    ("Method", "distillation"): "knowledge distillation", ("Method", "augmentation"): "data augmentation",
    ("Task", "translation"): "machine translation", ("Task", "inpainting"): "image inpainting",
    ("Task", "forgetting"): "catastrophic forgetting", ("Task", "language processing"): "natural language processing",
    ("Task", "natural language translation"): "machine translation", ("Task", "language translation"): "machine translation",
    ("Method", "sequence to sequence neural network"): "sequence to sequence", ("Method", "sequence to sequence network"): "sequence to sequence",
}  # fmt: skip
# The same once a head is gone: a neural model, a neural architecture and a neural network are one.
_BARE = {
    ("Task", "vision"): "computer vision",
    ("Method", "neural"): "neural network", 
    ("Method", "neural net"): "neural network", ("Method", "deep network"): "deep neural network",
    ("Method", "recurrent network"): "recurrent neural network", ("Method", "convolutional network"): "convolutional neural network",
    ("Method", "convnet"): "convolutional neural network", 
    ("Method", "deep neural"): "deep neural network", ("Method", "convolutional"): "convolutional neural network",
}  # fmt: skip


def numbers(form: str) -> tuple[str, ...]:
    """Return the numbers, sizes and versions in a normal form, sorted: "llama3.1 8b" -> ("3.1", "8b")."""
    found = re.findall(r"\d+(?:\.\d+)*[kmbt]?(?![a-z])|(?<= )(?:" + _SIZES + r")(?= |$)", " " + form)
    return tuple(sorted(found))


_SIZES = "tiny|mini|nano|micro|small|medium|base|large|huge|giant|xl|xxl|xs|lite|pro|plus|max|ultra|turbo|v\\d+"
_OPPOSED = words(
    "non un self semi weakly fully supervised unsupervised multi single bi uni zero few one two full partial local global "
    "linear hard soft sparse dense online offline static dynamic discrete continuous homogeneous heterogeneous forward "
    "backward inner outer intra inter cross micro macro left right first second third early late short long low high "
    "top bottom 2d 3d 4d white black open closed"
)


def compatible(a: str, b: str) -> bool:
    """Tell whether two normal forms may name one thing: same numbers, sizes and versions, and no opposed words."""
    if numbers(a) != numbers(b):
        return False
    x, y = set(a.split()), set(b.split())
    return not ((x ^ y) & _OPPOSED)


_ACTION = re.compile(r"(?:ing|[ts]ion)$")
_NO_ACTION = words("attention diffusion convolution prompting")
_LIKE = words("based style type like")
_MATTER = words(
    "attention sequence model graph memory retrieval content session text image token rule learning data score noise surface pose"
)


def strip_heads(form: str, kind: str) -> str:
    """Return a normal form without trailing heads that add nothing, as long as a name by itself is left."""
    words = form.split()
    heads = _HEADS[kind]
    while len(words) > 1 and words[-1] in heads:
        action = _ACTION.search(words[-2]) or words[-2] == "recommender"
        if kind == "Method" and words[-1] == "model" and action and words[-2] not in _NO_ACTION:
            break  # a pre-training model is no pre-training
        words = words[:-1]
        # A Transformer-based model is a Transformer, an attention-based one is no attention.
        if (
            kind == "Method"
            and len(words) > 1
            and words[-1] in _LIKE
            and not (words[-1] == "based" and words[-2] in _MATTER)
        ):
            words = words[:-1]
    return " ".join(words)


# Stems of verbs and of the nouns made from them, so that predict, predicting and prediction meet.
_STEM_OF = {
    "understanding": "understand", "comprehension": "comprehend", "inference": "infer", "inferring": "infer",
    "synthesis": "synth", "synthesizing": "synth", "synthesize": "synth", "analysis": "analy", "analyzing": "analy",
    "analyze": "analy", "diagnosis": "diagnos", "diagnosing": "diagnos", "decision": "decid", "retrieval": "retriev",
    "removal": "remov", "proof": "prov", "description": "describ", "describing": "describ", "recognition": "recogn",
    "recognizing": "recogn", "recognize": "recogn", "translation": "translat", "generation": "generat",
    "modification": "modif", "answer": "answer",
    "controlling": "control",
    "controlled": "control",
    "labeling": "label",
    "modeling": "model", "solution": "solv",
    "composition": "compos", "compositing": "compos", "composing": "compos", "expansion": "expand", "extension": "extend",
    "extending": "extend", "perception": "perceiv", "acquisition": "acquir", "conversion": "convert",
    "comparison": "compar", "choice": "choos", "growth": "grow", "pose": "pose",
}  # fmt: skip
_ENDINGS = re.compile(
    r"(?:ification|ifying|ify|ization|izing|ize|ations?|ating|ate|itions?|ting|tion|te|ions?|ings?|ments?|als?|ers?|ors?|ed|e)$"
)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the stem that a verb shares with the noun made from it; short words come back whole."""
    if word in _STEM_OF:
        return _STEM_OF[word]
    cut = _ENDINGS.sub("", word)
    if len(cut) < 4:
        cut = re.sub(r"(?:ing|e)$", "", word)
        return word if len(cut) < 3 else cut
    if len(cut) > 4 and cut[-1] == cut[-2] and cut[-1] not in "lsz":
        cut = cut[:-1]
    return cut


_VERB = re.compile(r"^[a-z]{3,}ing$")
_NO_VERB = words("referring learning training reasoning processing modeling during thing string spring king ring wing")
# Words that praise or point; beside a verb they are no part of the task.
_FILLERS = words(
    "the a an of such its their effective efficient novel better complex new high quality accurate robust good useful "
    "meaningful desired given more"
)
_DEPENDENCY_VERBS = words("captur model handl learn enhanc")
_VERBS = words(
    "predict generate find detect classify recognize estimate segment translate summarize understand answer model capture learn "
    "reconstruct identify forecast solve retrieve extract recover synthesize track localize edit compress denoise align "
    "rank recommend control simulate optimize match evaluate plan mitigate enhance disambiguate explain judge design aligning construct create adapt assess improve prevent avoid preserve remove select "
    "handle navigate approximate parse caption label cluster infer complete discover match verify reduce"
)


# Prepositions that authors use for one another (learning from, with, on feedback); "to" tells a direction, so it stays.
_LINKS = words("of from with on for by in via using")
_WAYS = words("method approach technique algorithm strategy scheme procedure framework paradigm methodology")
_ADJECTIVE = re.compile(r"(?:ive|al|ic|ed|ous|able|ible|ary|less|ant|ent)$")


# Modalities joined by a hyphen have no order; these are written the other way round more often.
_MODALITIES = {
    ("language", "vision"),
    ("language", "video"),
    ("language", "image"),
    ("text", "video"),
    ("language", "audio"),
}
_OPERATIONS = words("convolution attention pooling aggregation deconvolution normalization upsampling downsampling")
_PROMPTED = words("model llm lm lmm vlm mllm")
# Verbs that are nouns before the noun of an action: answer verification, model compression.
_NOUN_VERBS = words("answer model rank design plan match control caption label cluster edit")


@lru_cache(maxsize=500_000)
def key_of(form: str, kind: str) -> str:
    """Return the key of a normal form: forms of one kind that share it name one concept."""
    form = whole = _SHORTENED.get((kind, form), form)
    if kind == "Method":
        form = _object_first(form)
    form = strip_heads(form, kind)
    form = _BARE.get((kind, form), form)
    parts = [_WORDS.get(w, w) for w in form.split() if w not in ("and", "the", "a", "an")] or form.split()
    for i in range(len(parts) - 2):
        if parts[i] == "long" and parts[i + 1] in ("range", "term") and parts[i + 2] == "sequence":
            del parts[i + 1]  # long-range sequences are long sequences
            break
    for i, pair in enumerate(pairwise(parts)):
        if pair in _MODALITIES:  # a language-vision model is a vision-language model
            parts[i : i + 2] = pair[::-1]
            break
    if kind == "Task":
        return _task_key(parts)
    head = whole.rpartition(" ")[2]
    parts = strip_heads(" ".join(parts), kind).split()
    if kind != "Method":
        return " ".join(parts)
    if len(parts) > 2 and parts[-2:] == ["transformer", "network"]:
        parts = parts[:-1]
    if len(parts) > 2:
        parts = [w for i, w in enumerate(parts) if w != "based" or i == len(parts) - 1]
    if len(parts) > 2 and parts[1] == "of" and re.search(r"(?:tion|sion|ing)$", parts[0]):
        parts = [*parts[2:], parts[0]]
    parts = [w for w in parts if w not in _LINKS] or parts
    if len(parts) == 1 and _ADJECTIVE.search(parts[0]) and head in _WAYS:  # a probabilistic algorithm is no model
        parts.append("method")
    return " ".join(parts)


def _object_first(form: str) -> str:
    """Return "large language model prompting" for "prompting large language model", other forms as they are.

    A convolution operation is a convolution, too.
    """
    words = form.split()
    if len(words) > 1 and words[-1] in ("operation", "op") and words[-2] in _OPERATIONS:
        return " ".join(words[:-1])
    if len(words) > 2 and words[0] == "prompting" and words[1] not in _STOP | _LIKE and words[-1] in _PROMPTED:
        return " ".join([*words[1:], words[0]])
    return form


def _task_key(words: list[str]) -> str:
    if len(words) > 2 and words[-1] == "translation" and words[-2] == "machine":  # simultaneous (machine) translation
        words = [*words[:-2], "translation"]
    if len(words) > 2 and words[-1] == "segmentation" and words[-2] == "image":  # medical (image) segmentation
        words = [*words[:-2], "segmentation"]
    if len(words) == 1:
        return stem(words[0])
    first = words[0]
    if (
        (_VERB.match(first) and first not in _NO_VERB and words[1] not in ("on", "with"))
        or (first in _VERBS and not (first in _NOUN_VERBS and len(words) == 2 and _ACTION.search(words[1])))
        or (first in _NO_VERB and words[1] in _STOP)
        or (first in ("modeling", "learning") and words[-1] in ("dependency", "sequence", "representation"))
    ):
        rest = [w for w in words[1:] if w not in _FILLERS]
        verb = stem(first)
        if rest and rest[-1] == "dependency" and verb in _DEPENDENCY_VERBS:
            verb = "model"
        if rest:
            return " ".join([*rest, verb])
    if len(words) >= 3 and words[1] == "of" and re.search(r"(?:ion|ing|ment|al|sis|ure|ance|ence)$", first):
        rest = [w for w in words[2:] if w not in ("the", "a", "an")]
        return " ".join([*rest, stem(first)])
    return " ".join([*words[:-1], stem(words[-1])])


@lru_cache(maxsize=200_000)
def stems(form: str) -> tuple[str, ...]:
    """Return the stems of a normal form's content words, sorted; () where the order of words matters (text to image)."""
    words = form.split()
    if "to" in words or len(words) < 2:
        return ()
    return tuple(sorted(stem(_WORDS.get(w, w)) for w in words if w not in _STOP and w not in _FILLERS))
