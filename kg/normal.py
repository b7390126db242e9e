"""The normal form of a term: what stays when case, hyphens, plural, Unicode and spelling no longer matter.

    normal_form("State-Space Models") == normal_form("state space model") == "state space model"

Two surfaces with one normal form name the same thing; the reverse does not hold (see kg.concepts for the rest).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["normal_form", "singular", "words"]


def words(text: str) -> frozenset[str]:
    """Return the words of a list written with spaces."""
    return frozenset(text.split())


_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "∞": "infinity",
}  # fmt: skip
_GREEK_NAMES = "|".join(sorted({*_GREEK.values(), "infty", "ell"}, key=len, reverse=True))
_GREEK_LETTERS = str.maketrans(_GREEK)
_PLAIN = re.compile(r"[\w \-]*")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_TEX_GREEK = re.compile(r"\\(" + _GREEK_NAMES + r")(?![a-z])")
# \textbf{S}elf -> Self; the letters that authors underline or set in bold to explain a name stay in their words.
_TEX_STYLE = re.compile(
    r"\\(?:text(?:bf|it|sc|tt|rm|sf)?|underline|uline|emph|math(?:bf|cal|it|rm|bb|sf|tt|scr|frak)|mbox|bf|it)\b\s*"
)
_DASHES = re.compile(r"[‐‑‒–—―−﹣－_/]|(?<=\w)-|-(?=\w)")
_DROPPED = re.compile(r"\*\*|(?<![a-z])\*|[{}$\\\"'`´‘’“”~,;:!?()\[\]<>|™®]")
_PLURAL_CAPITALS = re.compile(r"(?<![A-Za-z])((?:[A-Za-z0-9]*[-@^])?[A-Za-z0-9]+[A-Z0-9])s(?![A-Za-z0-9])")
_CAPITALS = re.compile(r"(?<![A-Za-z])((?=[0-9]*[A-Z])[A-Z0-9]{1,4}S)(?![A-Za-z0-9])")
_SPACES = re.compile(r"\s+")
_DIGIT_JOIN = re.compile(r"(?<=[a-z])\s+v?(?=\d+(?:\.\d+)*(?:k|m|b|t)?(?:\s|$))")

# British to American, and words written together, apart or with a hyphen. Keys are matched as whole words.
_SPELLING = {
    "adaption": "adaptation", "modelling": "modeling", "modelled": "modeled", "labelled": "labeled", "labelling": "labeling",
    "unlabelled": "unlabeled", "colour": "color", "colourization": "colorization", "behaviour": "behavior",
    "behavioural": "behavioral", "neighbour": "neighbor", "neighbourhood": "neighborhood", "centre": "center",
    "fibre": "fiber", "tumour": "tumor", "grey": "gray", "catalogue": "catalog", "dialog": "dialogue", "licence": "license",
    "defence": "defense", "signalling": "signaling", "travelling": "traveling", "programme": "program", "artefact": "artifact",
    "acknowledgement": "acknowledgment", "analyse": "analyze", "analysing": "analyzing", "channelling": "channeling",
    "multilevel": "multi level", "pretraining": "pre training", "pretrained": "pre trained", "pretrain": "pre train",
    "finetuning": "fine tuning", "finetuned": "fine tuned", "finetune": "fine tune", "posttraining": "post training",
    "multimodal": "multi modal", "multitask": "multi task", "multiscale": "multi scale", "multiagent": "multi agent",
    "multilingual": "multi lingual", "multiview": "multi view", "multihead": "multi head", "multilayer": "multi layer",
    "multihop": "multi hop", "multiclass": "multi class", "multilabel": "multi label", "multivariate": "multi variate",
    "multispectral": "multi spectral", "multidimensional": "multi dimensional", "multistep": "multi step",
    "crossmodal": "cross modal", "crosslingual": "cross lingual", "crossdomain": "cross domain",
    "semisupervised": "semi supervised", "selfsupervised": "self supervised", "selfattention": "self attention",
    "autoencoder": "auto encoder", "autoencoding": "auto encoding", "autoregressive": "auto regressive",
    "autoregression": "auto regression", "nonlinear": "non linear", "nonparametric": "non parametric",
    "nonconvex": "non convex", "feedforward": "feed forward", "backpropagation": "back propagation",
    "backpropagating": "back propagating", "bidirectional": "bi directional", "bilevel": "bi level",
    "spatiotemporal": "spatio temporal", "spatio": "spatio", "timeseries": "time series", "realtime": "real time",
    "dataset": "dataset", "subword": "sub word", "subspace": "sub space", "subgraph": "sub graph", "subtask": "sub task",
    "superresolution": "super resolution", "deepfake": "deep fake", "hyperparameter": "hyper parameter",
    "multilayered": "multi layered", "cotraining": "co training", "reranking": "re ranking", "reranker": "re ranker",
    "reidentification": "re identification", "rescoring": "re scoring", "lowrank": "low rank", "keypoint": "key point",
    "keyphrase": "key phrase", "preprocessing": "pre processing", "postprocessing": "post processing",
    "neurosymbolic": "neuro symbolic", "seq2seq": "sequence to sequence", "metalearning": "meta learning",
    "openset": "open set", "microservice": "micro service", "zeroshot": "zero shot", "fewshot": "few shot",
    "chatbot": "chat bot", "database": "data base", "multiresolution": "multi resolution", "antispoofing": "anti spoofing",
    "equivariance": "equivariance", "versus": "vs", "infty": "infinity", "normalisation": "normalization",
}  # fmt: skip
# -isation and the like follow a rule; the listed words are no British spellings.
_ISE = re.compile(r"(?<=[a-z]{3})is(e|ed|es|er|ers|ing|ation|ations)$")
_NOT_ISE = re.compile(
    r"(?:ex|sup|adv|dev|rev|comp|dem|surm|prec|conc|no|ra|pra|prom|franch|paraphr|telev|merchand|superv|improv|d|w|cr|no|"
    r"expert|surpr|excerc|exerc|enterpr|dis|mis)is(?:e|ed|es|er|ers|ing|ation|ations)$"
)

# Words whose last s is no plural, beside those that end in -ss, -us, -is (see singular).
_NO_PLURAL = words(
    "series species corpus news physics statistics mathematics dynamics kinematics robotics genomics proteomics linguistics "
    "semantics mechanics economics electronics graphics analytics ethics aesthetics informatics acoustics optics "
    "transcriptomics heuristics genetics thermodynamics metabolomics hydrodynamics aerodynamics phonetics biometrics chaos "
    "lens always across access process bias gas atlas alias christmas texas kubernetes pandas paris james mars adams windows "
    "canvas kmeans means sales sos gps dns https sms cms rms pos ros ios tss loss less class mass cross express aids "
    "bayes socrates keras hastings dubins "
    "hans jeopardy cosmos axios themis this its his yes plus versus towards does has was is as us"
)
_PLURAL_ICS = words(
    "metrics characteristics topics subtopics logics mimics tactics fabrics critics rubrics quadrics superquadrics geodesics "
    "diagnostics generics infographics diacritics harmonics epidemics pandemics conics mosaics synthetics plastics traffics "
    "specifics clinics comics lyrics demographics academics"
)
_IRREGULAR = {
    "matrices": "matrix", "vertices": "vertex", "indices": "index", "appendices": "appendix", "corpora": "corpus",
    "criteria": "criterion", "phenomena": "phenomenon", "hypotheses": "hypothesis", "analyses": "analysis", "bases": "basis",
    "theses": "thesis", "syntheses": "synthesis", "diagnoses": "diagnosis", "prognoses": "prognosis", "crises": "crisis",
    "parentheses": "parenthesis", "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "feet": "foot", "teeth": "tooth", "leaves": "leaf", "halves": "half", "lives": "life", "knives": "knife",
    "taxa": "taxon", "automata": "automaton", "stimuli": "stimulus", "nuclei": "nucleus", "radii": "radius",
    "equilibria": "equilibrium", "minima": "minimum", "maxima": "maximum", "optima": "optimum", "extrema": "extremum",
    "spectra": "spectrum", "loci": "locus", "foci": "focus", "ads": "ad", "biases": "bias", "lenses": "lens", "movies": "movie", "cookies": "cookie", "caches": "cache", "ties": "tie", "aliases": "alias",
    "axes": "axis", "niches": "niche", "headaches": "headache", "curricula": "curriculum", "simplices": "simplex", "atlases": "atlas",
    "gases": "gas", "canvases": "canvas", "viruses": "virus", "buses": "bus", "statuses": "status", "consensuses": "consensus",
}  # fmt: skip


@lru_cache(maxsize=200_000)
def singular(word: str) -> str:
    """Return the singular of one lower-case word: "models" -> "model"; a word that is no plural comes back as it is."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word in _NO_PLURAL or word.endswith(("ss", "us", "is", "'s")):
        # RNNs and GNNs are long enough; of three letters, only a plural abbreviation (LMs) reaches the caller as capitals.
        return word
    if word.endswith("ics") and word not in _PLURAL_ICS:  # connectomics, olympics: sciences and games
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def _word(word: str) -> str:
    word = _SPELLING.get(word, word)
    if " " in word:
        return word
    one = singular(word)
    if one != word:
        one = _SPELLING.get(one, one)
    if _ISE.search(one) and not _NOT_ISE.search(one):
        one = _ISE.sub(r"iz\1", one)
    return one


@lru_cache(maxsize=500_000)
def normal_form(text: str) -> str:
    """Return the normal form of a term: lower case, one space between words, American spelling, each word singular.

    Text that has no letters or digits comes back stripped and lower-cased, never empty unless `text` is blank.
    """
    # "LMs" loses its plural s and "MCTS" keeps its last letter, as long as case can tell them apart.
    text = _PLURAL_CAPITALS.sub(r"\1", text)
    text = _CAPITALS.sub(lambda m: m[1] + "\ue000", text)
    plain = unicodedata.normalize("NFKC", text)
    if "\\" in plain:
        plain = _TEX_GREEK.sub(lambda m: m[1].replace("infty", "infinity"), _TEX_STYLE.sub("", plain))
    plain = plain.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_GREEK_LETTERS))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    if not _PLAIN.fullmatch(plain):
        plain = _POSSESSIVE.sub("", plain)
        plain = _DROPPED.sub(lambda m: "" if m[0] not in ",;:()[]|" else " ", plain)
    plain = plain.replace("&", " and ")
    plain = _SPACES.sub(" ", _DASHES.sub(" ", plain)).strip(" .-^")
    plain = " ".join(_word(w) for w in plain.split() if w != "-").replace("\ue000", "")
    # mamba 2, mamba2 and mamba v2 are one.
    plain = _DIGIT_JOIN.sub("", plain)
    return plain or _SPACES.sub(" ", text).strip().casefold()
