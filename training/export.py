"""Turn a trained model into the files that the product ships: a quantised ONNX encoder and the heads in half precision.

    python -m training.export runs/a/model.pt --out kg/model

The graph is written node by node: int8 weights per output channel with activations quantised on the fly, word embeddings
int8 per row, attention by onnxruntime's own operator. Windows come one at a time, so there is no padding and no mask.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from training.data import STYLES
from training.model import HEADS, HIDDEN

STYLE_ROWS = range(1, 1 + len(STYLES))  # [unused0] … of BERT's vocabulary carry the styles
DECODING = {"bias": {}, "none_bias": 0.0, "roles": {}}


def kept_pieces(vocabulary: dict[str, int]) -> list[int]:
    """Return the ids of the pieces worth shipping: Latin and Greek letters, digits and signs, without the unused ones."""
    keep = []
    for piece, i in sorted(vocabulary.items(), key=lambda kv: kv[1]):
        body = piece.removeprefix("##")
        special = piece.startswith("[") and piece.endswith("]") and len(piece) > 1
        if special and i > max(STYLE_ROWS) and piece.startswith("[unused"):
            continue
        if special or all(ord(c) < 0x400 or 0x2000 <= ord(c) < 0x2C00 for c in body):
            keep.append(i)
    return keep


class Graph:
    """Collects nodes and initialisers; `add` returns the name of a node's output."""

    def __init__(self, *, quantized: bool = True) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.init: list[onnx.TensorProto] = []
        self.quantized = quantized

    def const(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.init.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(
        self,
        op: str,
        inputs: list[str],
        out: str,
        *,
        domain: str = "",
        outputs: list[str] | None = None,
        **attributes: object,
    ) -> str:
        self.nodes.append(helper.make_node(op, inputs, outputs or [out], name=out, domain=domain, **attributes))
        return out

    def linear(self, x: str, name: str, weight: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> str:
        """Return x @ weight.T + bias; `weight` (out, in)."""
        if not self.quantized:
            y = self.add("MatMul", [x, self.const(f"{name}.w", weight.T)], f"{name}.mm")
            return self.add("Add", [y, self.const(f"{name}.b", bias)], f"{name}.y")
        scale = np.maximum(np.abs(weight).max(1), 1e-8).astype(np.float32) / 127
        q = np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8).T
        return self.add(
            "DynamicQuantizeMatMul",
            [
                x,
                self.const(f"{name}.q", q),
                self.const(f"{name}.s", scale),
                self.const(f"{name}.z", np.zeros(len(scale), np.int8)),
                self.const(f"{name}.b", bias),
            ],
            f"{name}.y",
            domain="com.microsoft",
        )

    def norm(self, x: str, name: str, weight: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> str:
        return self.add(
            "LayerNormalization",
            [x, self.const(f"{name}.w", weight), self.const(f"{name}.b", bias)],
            f"{name}.y",
            axis=-1,
            epsilon=1e-12,
        )


def build(state: dict[str, npt.NDArray[np.float32]], keep: list[int], *, quantized: bool = True) -> onnx.ModelProto:
    """Return the encoder as an ONNX model: pieces (1, t), shapes (1, t) -> hidden (1, t, HIDDEN)."""
    g = Graph(quantized=quantized)
    e = {k.removeprefix("encoder."): v for k, v in state.items() if k.startswith("encoder.")}
    word = e["word.weight"].copy()
    word[list(STYLE_ROWS)] = e["style.weight"]
    word = word[keep]
    scale = np.maximum(np.abs(word).max(1, keepdims=True), 1e-8).astype(np.float32) / 127
    table = np.clip(np.round(word / scale), -127, 127).astype(np.int8)
    rows = g.add("Gather", [g.const("word.q", table), "pieces"], "word.rows", axis=0)
    rows = g.add("Cast", [rows], "word.float", to=TensorProto.FLOAT)
    scales = g.add("Gather", [g.const("word.s", scale), "pieces"], "word.scales", axis=0)
    x = g.add("Mul", [rows, scales], "word.y")
    size = g.add("Shape", ["pieces"], "size")
    length = g.add("Slice", [size, g.const("one", np.array([1])), g.const("two", np.array([2]))], "length")
    position = g.add(
        "Slice",
        [
            g.const("position", e["position.weight"]),
            g.const("zero", np.array([0])),
            length,
            g.const("axis", np.array([0])),
        ],
        "position.y",
    )
    shapes = g.add("Gather", [g.const("shape", e["shape.weight"]), "shapes"], "shape.y", axis=0)
    x = g.add("Add", [g.add("Add", [x, position], "embed.a"), shapes], "embed.b")
    x = g.norm(x, "embed.norm", e["norm.weight"], e["norm.bias"])
    n = 1 + max(int(k.split(".")[1]) for k in e if k.startswith("layers."))
    for i in range(n):
        w = lambda name, part: e[f"layers.{i}.{name}.{part}"]  # noqa: B023, E731
        p = f"l{i}."
        qkv = g.linear(x, p + "qkv", w("qkv", "weight"), w("qkv", "bias"))
        g.add(
            "Split",
            [qkv, g.const(p + "thirds", np.array([HIDDEN] * 3))],
            p + "split",
            outputs=[p + "q", p + "k", p + "v"],
            axis=-1,
        )
        a = g.add("MultiHeadAttention", [p + "q", p + "k", p + "v"], p + "att", domain="com.microsoft", num_heads=HEADS)
        a = g.linear(a, p + "out", w("out", "weight"), w("out", "bias"))
        x = g.norm(g.add("Add", [x, a], p + "res1"), p + "norm1", w("norm1", "weight"), w("norm1", "bias"))
        up = g.add(
            "Gelu", [g.linear(x, p + "up", w("up", "weight"), w("up", "bias"))], p + "gelu", domain="com.microsoft"
        )
        down = g.linear(up, p + "down", w("down", "weight"), w("down", "bias"))
        x = g.norm(g.add("Add", [x, down], p + "res2"), p + "norm2", w("norm2", "weight"), w("norm2", "bias"))
    g.add("Identity", [x], "hidden")
    graph = helper.make_graph(
        g.nodes,
        "encoder",
        [helper.make_tensor_value_info(k, TensorProto.INT64, [1, "t"]) for k in ("pieces", "shapes")],
        [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, "t", HIDDEN])],
        g.init,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], producer_name="kg"
    )
    model.ir_version = 9
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--tokenizer", type=Path, default=Path(".cache/encoder/e5-small-v2-tokenizer.json"))
    parser.add_argument("--out", type=Path, default=Path("kg/model"))
    parser.add_argument(
        "--float", action="store_true", help="leave the encoder in float32 (for a check of what quantising costs)"
    )
    options = parser.parse_args()
    state = {k: v.float().numpy() for k, v in torch.load(options.model, weights_only=True).items()}
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer = json.loads(options.tokenizer.read_text(encoding="utf-8"))
    tokenizer["truncation"] = tokenizer["padding"] = tokenizer["post_processor"] = None
    old = tokenizer["model"]["vocab"]
    keep = kept_pieces(old)
    new = {i: n for n, i in enumerate(keep)}
    vocabulary = {piece: new[i] for piece, i in sorted(old.items(), key=lambda kv: kv[1]) if i in new}
    tokenizer["model"]["vocab"] = vocabulary
    for token in tokenizer["added_tokens"]:
        token["id"] = vocabulary[token["content"]]
    onnx.save(build(state, keep, quantized=not options.float), str(options.out / "encoder.onnx"))
    heads = {k: v.astype(np.float16) for k, v in sorted(state.items()) if not k.startswith("encoder.")}
    np.savez(options.out / "heads.npz", **heads)
    (options.out / "tokenizer.json").write_text(
        json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )
    digest = hashlib.sha256()
    for name in ("encoder.onnx", "heads.npz", "tokenizer.json"):
        digest.update((options.out / name).read_bytes())
    meta = {
        "version": f"kg-1-{digest.hexdigest()[:12]}",
        "styles": {name: new[row] for name, row in zip(STYLES, STYLE_ROWS, strict=True)},
        "separator": vocabulary["[SEP]"],
        "unknown": vocabulary["[UNK]"],
        "decoding": DECODING,
        "calibration": {"mentions": [], "relations": []},
    }
    (options.out / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    print(
        f"{options.out}: {sum(p.stat().st_size for p in options.out.iterdir()) / 1e6:.1f} MB, {meta['version']}, {len(keep)} pieces"
    )


if __name__ == "__main__":
    main()
