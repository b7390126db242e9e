"""The trained model: an ONNX encoder, its tokenizer, the heads and what was measured of them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kg.errors import KgError, ModelError
from kg.extraction.heads import Heads
from kg.extraction.windows import Window
from kg.resources import folder

__all__ = ["Model", "load", "meta", "model_version"]

_FILES = ("encoder.onnx", "heads.npz", "tokenizer.json", "meta.json")


def _place(path: str | None = None) -> Path:
    chosen = path or os.environ.get("KG_MODEL")
    try:
        place = Path(chosen) if chosen else folder("model")
    except KgError as error:
        raise ModelError(str(error)) from error
    missing = [name for name in _FILES if not (place / name).is_file()]
    if missing:
        raise ModelError(f"{place} lacks {', '.join(missing)}; a model is a folder with {', '.join(_FILES)}")
    return place


@lru_cache(maxsize=4)
def meta(path: str | None = None) -> dict[str, Any]:
    """Return the model's description: version, style pieces, decoding constants, calibration, measured figures.

    Raises ModelError if the model is missing or its description cannot be read.
    """
    place = _place(path)
    try:
        found: dict[str, Any] = json.loads((place / "meta.json").read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelError(
            f"{place / 'meta.json'} is not readable as JSON ({error}); reinstall kg or retrain the model"
        ) from error
    return found


# Rules outside the trained weights change what is extracted too: count them up when they do.
RULES = 1


def model_version(path: str | None = None) -> str:
    """Return the name under which extractions are kept, as "kg-1-3f2a91c07b4d.1"; cheap, no library is loaded."""
    return f"{meta(path)['version']}.{RULES}"


@dataclass(frozen=True)
class Model:
    session: Any
    tokenizer: Any
    heads: Heads
    meta: dict[str, Any]

    def encode(self, window: Window) -> npt.NDArray[np.float32]:
        """Return the hidden states of a window's pieces, shape (pieces, hidden)."""
        feed = {
            "pieces": np.asarray([window.pieces], dtype=np.int64),
            "shapes": np.asarray([window.shapes], dtype=np.int64),
        }
        hidden: npt.NDArray[np.float32] = self.session.run(["hidden"], feed)[0][0]
        return hidden


@lru_cache(maxsize=2)
def load(path: str | None = None) -> Model:
    """Return the model in `path`, in $KG_MODEL, or the one that came with kg. Raises ModelError if it cannot be loaded."""
    import onnxruntime
    from tokenizers import Tokenizer

    place = _place(path)
    options = onnxruntime.SessionOptions()
    # One thread a process: workers are processes, and a window is too small to be shared out.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(place / "encoder.onnx"), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
        with np.load(place / "heads.npz", allow_pickle=False) as arrays:
            heads = Heads(arrays)
    except Exception as error:  # onnxruntime and tokenizers raise types of their own, some of them plain Exception
        raise ModelError(
            f"the model in {place} is damaged ({type(error).__name__}); reinstall kg or retrain the model"
        ) from error
    return Model(session, tokenizer, heads, meta(path))
