"""Train the extraction model.

    python -m training.train --shared ../shared --out runs/a --epochs 5 --seed 0

The encoder computes in bfloat16 over float32 master weights, the heads in float32. Word embeddings stay frozen. An
exponential moving average of the weights is kept and is what is measured and saved.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training import weights
from training.data import MAX_WIDTH, Window, corpora, load_tokenizer
from training.measure import measure
from training.model import Batch, Model, gold_scores, log_partition, sums_of

TRAINED = ("train", "train_conferences", "scier_train", "scier_dev", "scierc_train", "tdmsci_train")


def collate(windows: list[Window], extra: list[list[tuple[int, int, int]]] | None = None) -> Batch:
    """Pad windows to one batch; `extra` adds spans beside the gold ones, without roles or relations."""
    b = len(windows)
    t = max(len(w.pieces) for w in windows)
    n = max(len(w.first) for w in windows)
    spans = [list(w.mentions) + (extra[i] if extra else []) for i, w in enumerate(windows)]
    m = max(1, max(len(s) for s in spans))
    pieces, shapes, mask = torch.zeros(b, t, dtype=torch.long), torch.full((b, t), 6), torch.zeros(b, t)
    first, last = torch.zeros(b, n, dtype=torch.long), torch.zeros(b, n, dtype=torch.long)
    sentence, lengths = torch.full((b, n), -2), torch.tensor([len(w.first) for w in windows])
    title = torch.zeros(b, m, dtype=torch.long)
    grid, span_mask, roles = torch.zeros(b, m, 3, dtype=torch.long), torch.zeros(b, m), torch.full((b, m), -1)
    pairs: list[tuple[int, int, int]] = []
    labels: list[int] = []
    for i, w in enumerate(windows):
        k = len(w.first)
        pieces[i, : len(w.pieces)] = torch.tensor(w.pieces)
        shapes[i, : len(w.shapes)] = torch.tensor(w.shapes)
        mask[i, : len(w.pieces)] = 1
        first[i, :k], last[i, :k] = torch.tensor(w.first), torch.tensor(w.last)
        sentence[i, :k] = torch.tensor(w.sentence)
        for j, (a, z, kind) in enumerate(spans[i]):
            grid[i, j] = torch.tensor((a, z, kind))
            span_mask[i, j] = 1
            title[i, j] = int(a < w.title)
        if w.roles:
            roles[i, : len(w.roles)] = torch.tensor(w.roles)
        if not w.has_relations:
            continue
        known = {}
        for h, r, q in w.relations:
            known[(h, q)] = 1 + 2 * r
            known.setdefault((q, h), 2 + 2 * r)
        order = sorted(range(len(spans[i])), key=lambda j: spans[i][j][:2])
        for x, u in enumerate(order):
            for v in order[x + 1 :]:
                if w.sentence[spans[i][u][0]] != w.sentence[spans[i][v][0]]:
                    break
                if spans[i][v][0] > spans[i][u][1]:
                    pairs.append((i, u, v))
                    labels.append(known.get((u, v), 0))
    return Batch(
        pieces,
        shapes,
        torch.tensor([w.style for w in windows]),
        mask,
        first,
        last,
        sentence,
        lengths,
        title,
        grid,
        span_mask,
        [len(w.mentions) for w in windows],
        roles,
        torch.tensor(pairs, dtype=torch.long).view(-1, 3),
        torch.tensor(labels, dtype=torch.long),
    )


def batches(windows: list[Window], budget: int, rng: random.Random) -> list[list[Window]]:
    """Return batches of about `budget` padded pieces, of windows of like length, in random order."""
    order = sorted(windows, key=lambda w: len(w.pieces) * rng.uniform(0.85, 1.15))
    out: list[list[Window]] = []
    run: list[Window] = []
    for w in order:
        if run and max(len(x.pieces) for x in [*run, w]) * (len(run) + 1) > budget:
            out.append(run)
            run = []
        run.append(w)
    out.append(run)
    rng.shuffle(out)
    return out


def spurious(
    scores: Tensor, outside: Tensor, windows: list[Window], rng: random.Random
) -> list[list[tuple[int, int, int]]]:
    """Return likely but wrong spans, so that relations learn to leave the mistakes of the mention head alone."""
    out = []
    sums = F.pad(torch.cumsum(outside, 1), (1, 0))
    for i, w in enumerate(windows):
        n = len(w.first)
        index = (torch.arange(n)[:, None] + torch.arange(1, MAX_WIDTH + 1)[None]).clamp(max=n)
        gain = scores[i, :n] - (sums[i][index] - sums[i, :n, None])[..., None]
        top = torch.topk(gain.flatten(), min(len(w.mentions) + 12, gain.numel()))
        taken = [False] * n
        for a, z, _ in w.mentions:
            taken[a : z + 1] = [True] * (z + 1 - a)
        chosen: list[tuple[int, int, int]] = []
        for value, at in zip(top.values.tolist(), top.indices.tolist(), strict=True):
            a, rest = divmod(at, MAX_WIDTH * 3)
            width, kind = divmod(rest, 3)
            z = a + width
            if value < -3 or z >= n or any(taken[a : z + 1]):
                continue
            taken[a : z + 1] = [True] * (width + 1)
            if rng.random() < 0.6:
                chosen.append((a, z, kind))
        out.append(chosen)
    return out


class Average:
    """Exponential moving average of tensors, with a warm-up so that the start is forgotten."""

    def __init__(self, tensors: list[Tensor], decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.kept = [t.detach().clone() for t in tensors]

    def update(self, tensors: list[Tensor]) -> None:
        self.steps += 1
        d = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self.kept, [t.detach() for t in tensors], 1 - d)


def losses(model: Model, windows: list[Window], rng: random.Random, options: argparse.Namespace) -> dict[str, Tensor]:
    batch = collate(windows)
    first, last, cls = model.words(batch)
    first, last, cls = first.float(), last.float(), cls.float()
    scores, outside = model.spans(first, last, batch.sentence)
    nll = (log_partition(scores, outside, batch.lengths) - gold_scores(scores, outside, batch)).sum()
    found = max(1, sum(batch.n_gold))
    out = {"mentions": nll / found}
    if options.spurious:
        with torch.no_grad():
            wrong = spurious(scores.detach(), outside.detach(), windows, rng)
        if any(wrong):
            batch = collate(windows, wrong)
    sums = sums_of(first, batch.lengths)
    word_mask = (torch.arange(first.shape[1])[None] < batch.lengths[:, None]).float()
    x = model.mentions.mentions(first, last, sums, word_mask, batch.spans, batch.span_mask, batch.title)
    if (batch.roles >= 0).any():
        out["roles"] = F.cross_entropy(
            model.mentions.roles(x, cls).flatten(0, 1), batch.roles.flatten(), ignore_index=-1
        )
    if len(batch.pairs):
        pairs = model.mentions.pairs(x, first, sums, batch.sentence, batch.spans, batch.pairs)
        out["relations"] = F.cross_entropy(pairs, batch.pair_labels, label_smoothing=0.02)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--encoder", type=Path, default=Path(".cache/encoder"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=5)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--keep", type=str, default="", help="pretrained layers to keep, comma separated")
    parser.add_argument("--budget", type=int, default=2400, help="word pieces a batch")
    parser.add_argument("--lr", type=float, default=1.5e-4)
    parser.add_argument("--head-lr", type=float, default=8e-4)
    parser.add_argument("--decay", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--spurious", type=int, default=1)
    parser.add_argument("--init", type=Path, help="start from a saved model")
    parser.add_argument("--corpora", type=str, default=",".join(TRAINED))
    parser.add_argument("--limit", type=int, default=0, help="stop after so many steps (for a trial)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    np.random.seed(options.seed)
    rng = random.Random(options.seed)

    onnx_file, tokenizer_file = weights.fetch(options.encoder)
    data = corpora(options.shared, load_tokenizer(tokenizer_file))
    model = Model(options.layers)
    keep = [int(i) for i in options.keep.split(",")] if options.keep else None
    model.encoder.load(weights.read(onnx_file), keep or list(range(options.layers)))
    if options.init:
        model.load_state_dict(torch.load(options.init, weights_only=True))
    encoder = [p for p in model.encoder.parameters() if p.requires_grad]
    heads = [*model.spans.parameters(), *model.mentions.parameters()]
    master = [p.detach().clone() for p in encoder]
    model.encoder.to(torch.bfloat16)
    encoder = [p for p in model.encoder.parameters() if p.requires_grad]
    plain = [i for i, p in enumerate(master) if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [p for i, p in enumerate(master) if i not in set(plain)],
                "lr": options.lr,
                "weight_decay": 0.01,
            },
            {"params": [master[i] for i in plain], "lr": options.lr, "weight_decay": 0.0},
            {"params": heads, "lr": options.head_lr, "weight_decay": 0.01},
        ],
        betas=(0.9, 0.98),
        fused=True,
    )
    average = Average([*master, *heads], options.decay)

    chosen = [w for name in options.corpora.split(",") for w in data[name]]
    per_epoch = len(batches(chosen, options.budget, random.Random(0)))
    steps = options.limit or int(per_epoch * options.epochs)
    warm = max(1, int(0.08 * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, max(0.0, 0.02 + 0.98 * (steps - s) / max(1, steps - warm)))
    )
    print(f"{len(chosen)} windows, {per_epoch} batches an epoch, {steps} steps", flush=True)

    def save(name: str) -> None:
        state = {k: v.detach().float().clone() for k, v in model.state_dict().items()}
        kept = iter(average.kept)
        for k, p in [
            *((f"encoder.{n}", p) for n, p in model.encoder.named_parameters() if p.requires_grad),
            *((n, p) for n, p in model.named_parameters() if not n.startswith("encoder.")),
        ]:
            state[k] = next(kept).clone()
            assert state[k].shape == p.shape
        torch.save(state, options.out / name)

    def evaluate(tag: str) -> None:
        save("model.pt")
        measured = Model(options.layers)
        measured.load_state_dict(torch.load(options.out / "model.pt", weights_only=True))
        measured.encoder.to(torch.bfloat16)
        figures = measure(measured, data)
        print(tag, json.dumps(figures), flush=True)
        with (options.out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({"tag": tag} | figures) + "\n")

    start, step, tally, epoch = time.time(), 0, {}, 0
    model.train()
    while step < steps:
        epoch += 1
        for group in batches(chosen, options.budget, rng):
            if step >= steps:
                break
            parts = losses(model, group, rng, options)
            loss = parts["mentions"] + 1.5 * parts.get("relations", 0.0) + 0.5 * parts.get("roles", 0.0)
            loss.backward()
            for p, m in zip(encoder, master, strict=True):
                m.grad = p.grad.float() if p.grad is not None else None
                p.grad = None
            torch.nn.utils.clip_grad_norm_([*master, *heads], 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            with torch.no_grad():
                for p, m in zip(encoder, master, strict=True):
                    p.copy_(m)
            average.update([*master, *heads])
            step += 1
            for k, v in parts.items():
                tally.setdefault(k, []).append(float(v.detach()))
            if step % 50 == 0:
                left = (time.time() - start) / step * (steps - step)
                shown = {k: round(sum(v) / len(v), 4) for k, v in tally.items()}
                print(f"step {step} {shown} {time.time() - start:.0f} s, {left:.0f} s left", flush=True)
                tally = {}
                if not all(math.isfinite(v) for v in shown.values()):
                    raise SystemExit("training diverged")
        if step < steps and epoch >= 2:
            evaluate(f"epoch {epoch}")
            model.train()
    evaluate("end")


if __name__ == "__main__":
    main()
