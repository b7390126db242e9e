"""One encoder pass with three heads: mentions, relations between them, and their roles.

Mentions are segments scored as a whole and normalised over all ways to cut the text (a semi-Markov conditional random
field, Sarawagi and Cohen 2004), so that spans compete with the spans they overlap and every span has a marginal
probability. Mention vectors then look at each other and at the words (two small transformer layers, in the spirit of
PURE, Zhong and Chen 2021, and PL-Marker, Ye et al. 2022, without a second pass of the encoder), and pairs of one
sentence are classified.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kg.extraction.text import SHAPES
from kg.schema import ROLES, SCIER_TYPES
from training.data import LABELS, MAX_WIDTH, STYLES

HIDDEN, HEADS, INNER = 384, 12, 1536
SPAN = 64  # width of the start and end vectors of a kind
MENTION = 256
N_RELATIONS = 1 + 2 * len(SCIER_TYPES)  # none, then each type forwards and backwards
DISTANCES = (1, 2, 3, 5, 8, 12, 20, 40)


class Dropout(nn.Module):
    """Dropout with masks cut at random offsets out of one pre-drawn pool: on a CPU drawing takes longer than the layer."""

    pool: dict[tuple[float, torch.dtype], Tensor] = {}

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        key = (self.p, x.dtype)
        if key not in Dropout.pool:
            Dropout.pool[key] = ((torch.rand(1 << 23) >= self.p).float() / (1 - self.p)).to(x.dtype)
        pool = Dropout.pool[key]
        start = int(torch.randint(0, len(pool) - x.numel(), (1,)))
        return x * pool[start : start + x.numel()].view_as(x)


class Layer(nn.Module):
    def __init__(self, hidden: int = HIDDEN, heads: int = HEADS, inner: int = INNER, dropout: float = 0.1) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm1 = nn.LayerNorm(hidden, eps=1e-12)
        self.up = nn.Linear(hidden, inner)
        self.down = nn.Linear(inner, hidden)
        self.norm2 = nn.LayerNorm(hidden, eps=1e-12)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        w = torch.softmax(torch.matmul(q * (d // self.heads) ** -0.5, k.transpose(-1, -2)) + mask, -1)
        a = torch.matmul(w, v).transpose(1, 2).reshape(b, t, d)
        x = self.norm1(x + self.drop(self.out(a)))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class Encoder(nn.Module):
    def __init__(self, layers: int = 12) -> None:
        super().__init__()
        self.word = nn.Embedding(30522, HIDDEN)
        self.word.weight.requires_grad_(False)
        self.position = nn.Embedding(512, HIDDEN)
        self.shape = nn.Embedding(len(SHAPES), HIDDEN)
        self.style = nn.Embedding(len(STYLES), HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.drop = Dropout(0.1)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))

    def load(self, state: dict[str, Tensor], keep: list[int] | None = None) -> None:
        """Take the weights of a pretrained BertModel; `keep` names the layers taken."""
        g = lambda k: torch.as_tensor(state[k].copy())  # noqa: E731
        with torch.no_grad():
            self.word.weight.copy_(g("embeddings.word_embeddings.weight"))
            self.position.weight.copy_(g("embeddings.position_embeddings.weight"))
            self.shape.weight.copy_(g("embeddings.token_type_embeddings.weight")[:1].expand(len(SHAPES), -1))
            self.style.weight.copy_(self.word.weight[101].expand(len(STYLES), -1))
            self.norm.weight.copy_(g("embeddings.LayerNorm.weight"))
            self.norm.bias.copy_(g("embeddings.LayerNorm.bias"))
            for i, layer in zip(keep or range(len(self.layers)), self.layers, strict=True):
                p = f"encoder.layer.{i}."
                layer.qkv.weight.copy_(
                    torch.cat([g(f"{p}attention.self.{n}.weight") for n in ("query", "key", "value")])
                )
                layer.qkv.bias.copy_(torch.cat([g(f"{p}attention.self.{n}.bias") for n in ("query", "key", "value")]))
                for name, path in (
                    ("out", "attention.output.dense"),
                    ("norm1", "attention.output.LayerNorm"),
                    ("up", "intermediate.dense"),
                    ("down", "output.dense"),
                    ("norm2", "output.LayerNorm"),
                ):
                    getattr(layer, name).weight.copy_(g(f"{p}{path}.weight"))
                    getattr(layer, name).bias.copy_(g(f"{p}{path}.bias"))

    def forward(self, pieces: Tensor, shapes: Tensor, style: Tensor, mask: Tensor) -> Tensor:
        """Return hidden states, shape (batch, pieces, HIDDEN)."""
        x = self.word(pieces)
        x = torch.cat([self.style(style)[:, None], x[:, 1:]], 1)
        x = x + self.position.weight[: pieces.shape[1]] + self.shape(shapes)
        x = self.drop(self.norm(x))
        bias = ((1 - mask.to(x.dtype)) * -10000.0)[:, None, None]
        for layer in self.layers:
            x = layer(x, bias)
        return x


class SpanHead(nn.Module):
    """Scores of every segment of at most MAX_WIDTH words of one sentence, and of every word as outside."""

    def __init__(self) -> None:
        super().__init__()
        k = len(LABELS)
        self.start = nn.Linear(HIDDEN, k * SPAN)
        self.end = nn.Linear(HIDDEN, k * SPAN)
        self.start_bias = nn.Linear(HIDDEN, k)
        self.end_bias = nn.Linear(HIDDEN, k)
        self.inside = nn.Linear(HIDDEN, k)
        self.outside = nn.Linear(HIDDEN, 1)
        self.before = nn.Linear(HIDDEN, k)
        self.after = nn.Linear(HIDDEN, k)
        self.width = nn.Parameter(torch.zeros(MAX_WIDTH, k))

    def forward(self, first: Tensor, last: Tensor, sentence: Tensor) -> tuple[Tensor, Tensor]:
        """Take the first and last pieces of words, shape (b, n, HIDDEN); return (b, n, MAX_WIDTH, kinds) by start and
        width - 1, and outside scores (b, n)."""
        b, n, _ = first.shape
        k = len(LABELS)
        q = self.start(first).view(b, n, k, SPAN).transpose(1, 2)
        e = self.end(last).view(b, n, k, SPAN).transpose(1, 2)
        full = torch.matmul(q, e.transpose(-1, -2)).float() * SPAN**-0.5  # (b, k, start, end)
        pad = MAX_WIDTH
        full = F.pad(full, (0, pad))
        index = torch.arange(n)[:, None] + torch.arange(MAX_WIDTH)[None]  # end word of (start, width)
        band = full.gather(3, index[None, None].expand(b, k, n, MAX_WIDTH)).permute(0, 2, 3, 1)
        inside = F.pad(torch.cumsum(self.inside(first).float(), 1), (0, 0, 1, pad))  # (b, 1 + n + pad, k)
        inside[:, n + 1 :] = inside[:, n : n + 1]
        sums = inside[:, index + 1] - inside[:, :n, None]
        ends = F.pad(self.end_bias(last).float(), (0, 0, 0, pad))[:, index]
        # The neighbours of a segment say where it may not be cut: what stands before its start and after its end.
        before = F.pad(self.before(last).float(), (0, 0, 1, 0))[:, :n, None]
        after = F.pad(self.after(first).float(), (0, 0, 0, pad + 1))[:, index + 1]
        scores = band + sums + ends + before + after + self.start_bias(first).float()[:, :, None] + self.width
        labels = F.pad(sentence, (0, pad), value=-1)
        ok = labels[:, index] == sentence[:, :, None]
        return scores.masked_fill(~ok[..., None], -1e4), self.outside(first).float().squeeze(-1)


def log_partition(scores: Tensor, outside: Tensor, lengths: Tensor) -> Tensor:
    """Return log of the sum over all segmentations, shape (batch,). `scores` as SpanHead gives them."""
    b, n, w, _ = scores.shape
    by_start = torch.logsumexp(scores, -1)  # (b, n, w)
    # Re-index by end: at end j the segment of width v starts at j - v + 1.
    start = torch.arange(n)[:, None] - torch.arange(w)[None]
    by_end = by_start.gather(1, start.clamp(min=0)[None].expand(b, n, w)).masked_fill((start < 0)[None], -1e4)
    window = torch.full((b, w), -1e4)
    window[:, 0] = 0.0  # alpha[j], alpha[j-1], … newest first
    alphas = []
    for j in range(n):
        options = torch.cat([window + by_end[:, j], window[:, :1] + outside[:, j : j + 1]], 1)
        alpha = torch.logsumexp(options, 1, keepdim=True)
        alphas.append(alpha)
        window = torch.cat([alpha, window[:, :-1]], 1)
    table = torch.cat(alphas, 1)
    return table.gather(1, (lengths - 1)[:, None]).squeeze(1)


class MentionLayers(nn.Module):
    """Mention vectors that look at the words of the window and at each other; roles and relations are read from them."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(3 * HIDDEN, MENTION)
        self.kind = nn.Embedding(len(LABELS), MENTION)
        self.field = nn.Embedding(2, MENTION)
        self.norm = nn.LayerNorm(MENTION)
        self.words = nn.Linear(HIDDEN, 2 * MENTION)
        self.query = nn.Linear(MENTION, MENTION)
        self.read = nn.Linear(MENTION, MENTION)
        self.norm1 = nn.LayerNorm(MENTION)
        self.mix = Layer(MENTION, 4, 2 * MENTION)
        self.role = nn.Sequential(
            nn.Linear(MENTION + HIDDEN, MENTION), nn.GELU(), Dropout(0.1), nn.Linear(MENTION, len(ROLES))
        )
        # pairs
        self.head = nn.Linear(MENTION, MENTION)
        self.tail = nn.Linear(MENTION, MENTION)
        self.pair_query = nn.Linear(MENTION, 4 * 64)
        self.pair_key = nn.Linear(HIDDEN, 4 * 64)
        self.pair_value = nn.Linear(HIDDEN, MENTION)
        self.position_bias = nn.Embedding(
            6, 4
        )  # where a word stands: before both, in the first, between, in the second, after, beyond
        self.between = nn.Linear(HIDDEN, MENTION)
        self.distance = nn.Embedding(len(DISTANCES) + 1, MENTION)
        self.kinds = nn.Embedding(len(LABELS) ** 2, MENTION)
        self.hidden = nn.Linear(6 * MENTION, 2 * MENTION)
        self.drop = Dropout(0.15)
        self.classify = nn.Linear(2 * MENTION, N_RELATIONS)

    def mentions(
        self, first: Tensor, last: Tensor, sums: Tensor, word_mask: Tensor, spans: Tensor, mask: Tensor, title: Tensor
    ) -> Tensor:
        """Return mention vectors (b, m, MENTION); `spans` (b, m, 3) first word, last word, kind; `sums` (b, n + 1, HIDDEN)."""
        b, m, _ = spans.shape
        at = lambda x, i: x.gather(1, i[..., None].expand(b, m, x.shape[-1]))  # noqa: E731
        a, z = spans[..., 0], spans[..., 1]
        mean = (at(sums, z + 1) - at(sums, a)) / (z - a + 1)[..., None].to(sums.dtype)
        x = self.project(torch.cat([at(first, a), at(last, z), mean.to(first.dtype)], -1))
        x = self.norm(x + self.kind(spans[..., 2]) + self.field(title))
        key, value = self.words(first).chunk(2, -1)
        weights = (
            torch.matmul(self.query(x), key.transpose(1, 2)) * MENTION**-0.5
            + ((1 - word_mask.to(x.dtype)) * -10000.0)[:, None]
        )
        x = self.norm1(x + self.read(torch.matmul(torch.softmax(weights, -1), value)))
        return self.mix(x, ((1 - mask.to(x.dtype)) * -10000.0)[:, None, None])

    def roles(self, x: Tensor, cls: Tensor) -> Tensor:
        return self.role(torch.cat([x, cls[:, None].expand(-1, x.shape[1], -1)], -1)).float()

    def pairs(self, x: Tensor, first: Tensor, sums: Tensor, sentence: Tensor, spans: Tensor, pairs: Tensor) -> Tensor:
        """Return relation scores (p, N_RELATIONS); `pairs` (p, 3): window, left mention, right mention, in text order."""
        w, i, j = pairs.unbind(1)
        left, right = x[w, i], x[w, j]
        a1, z1, k1 = spans[w, i].unbind(1)
        a2, z2, k2 = spans[w, j].unbind(1)
        n = first.shape[1]
        place = torch.arange(n)[None]
        where = (
            (place >= a1[:, None]).long()
            + (place > z1[:, None]).long()
            + (place >= a2[:, None]).long()
            + (place > z2[:, None]).long()
        )
        inside = sentence[w] == sentence[w, a1][:, None]
        q = self.pair_query(self.head(left) + self.tail(right)).view(-1, 4, 64)
        k = self.pair_key(first).view(first.shape[0], n, 4, 64)[w]
        scores = torch.einsum("phd,pnhd->phn", q, k) * 0.125 + self.position_bias(where).permute(0, 2, 1)
        scores = scores.masked_fill(~inside[:, None], -1e4)
        v = self.pair_value(first).view(first.shape[0], n, 4, MENTION // 4)[w]
        context = torch.einsum("phn,pnhd->phd", torch.softmax(scores, -1), v).reshape(-1, MENTION)
        gap = (a2 - z1 - 1).clamp(min=0)
        between = (sums[w, a2] - sums[w, (z1 + 1).clamp(max=n)]) / gap.clamp(min=1)[:, None].to(sums.dtype)
        between = self.between(between.to(first.dtype)) * (gap > 0)[:, None].to(first.dtype)
        bucket = (gap[:, None] >= torch.tensor(DISTANCES)[None]).sum(1)
        extra = self.distance(bucket) + self.kinds(k1 * len(LABELS) + k2)
        features = torch.cat([left, right, left * right, context, between, extra], -1)
        return self.classify(self.drop(F.gelu(self.hidden(self.drop(features))))).float()


@dataclass
class Batch:
    pieces: Tensor
    shapes: Tensor
    style: Tensor
    mask: Tensor
    first: Tensor
    last: Tensor
    sentence: Tensor
    lengths: Tensor
    title: Tensor
    spans: Tensor
    span_mask: Tensor
    n_gold: list[int]
    roles: Tensor
    pairs: Tensor
    pair_labels: Tensor


class Model(nn.Module):
    def __init__(self, layers: int = 12) -> None:
        super().__init__()
        self.encoder = Encoder(layers)
        self.spans = SpanHead()
        self.mentions = MentionLayers()

    def words(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the hidden states of first and last pieces of words, (b, n, HIDDEN), and of the window's first piece."""
        h = self.encoder(batch.pieces, batch.shapes, batch.style, batch.mask)
        at = lambda i: h.gather(1, i[..., None].expand(-1, -1, HIDDEN))  # noqa: E731
        return at(batch.first), at(batch.last), h[:, 0]


def sums_of(first: Tensor, lengths: Tensor) -> Tensor:
    """Return running sums over words with a leading zero, (b, n + 1, HIDDEN), in float32."""
    return F.pad(torch.cumsum(first.float(), 1), (0, 0, 1, 0))


def gold_scores(scores: Tensor, outside: Tensor, batch: Batch) -> Tensor:
    """Return the score of the gold segmentation, shape (batch,)."""
    out = []
    for i in range(scores.shape[0]):
        n = int(batch.lengths[i])
        g = batch.n_gold[i]
        a, z, k = batch.spans[i, :g].unbind(1)
        keep = torch.ones(n)
        for s, e in zip(a.tolist(), z.tolist(), strict=True):
            keep[s : e + 1] = 0
        out.append(scores[i, a, z - a, k].sum() + (outside[i, :n] * keep).sum())
    return torch.stack(out)


def parameter_count(model: nn.Module) -> int:
    return sum(math.prod(p.shape) for p in model.parameters())
