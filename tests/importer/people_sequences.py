"""Modules as people write them: of sequences, and of numbers of several kinds."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import weight_norm
from torch.nn.utils.parametrizations import weight_norm as weight_norm_anew


class Tagger(nn.Module):
    def __init__(self, vocab: int = 100, dim: int = 32, hidden: int = 24, tags: int = 9) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, dim, padding_idx=0)
        self.drop = nn.Dropout(0.3)
        self.rnn = nn.LSTM(dim, hidden, num_layers=2, bidirectional=True, batch_first=True, dropout=0.2)
        self.fc = nn.Linear(hidden * 2, tags)

    def forward(self, tokens: Tensor) -> Any:
        x = self.drop(self.embed(tokens))
        out, _ = self.rnn(x)
        return F.log_softmax(self.fc(self.drop(out)), dim=-1)


class Tower(nn.Module):
    def __init__(self, n: int, dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n, 64), nn.ReLU(), nn.Linear(64, dim))

    def forward(self, x: Tensor) -> Any:
        return F.normalize(self.net(x), dim=-1)


class TwoTower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.user_emb = nn.Embedding(50, 16)
        self.item_emb = nn.Embedding(80, 16)
        self.user = Tower(20, 8)
        self.item = Tower(19, 8)
        self.logit_scale = nn.Parameter(torch.tensor(2.3))

    def forward(self, user_id: Tensor, user_feats: Tensor, item_id: Tensor, item_feats: Tensor) -> Any:
        u = self.user(torch.cat([self.user_emb(user_id), user_feats], -1))
        i = self.item(torch.cat([self.item_emb(item_id), item_feats], -1))
        return (u * i).sum(-1) * self.logit_scale.exp()


class CausalMHA(nn.Module):
    def __init__(self, d: int = 32) -> None:
        super().__init__()
        self.emb = nn.Embedding(60, d)
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.norm = nn.LayerNorm(d)
        self.fc = nn.Linear(d, 60)

    def forward(self, x: Tensor) -> Any:
        h = self.emb(x)
        L = h.size(1)
        causal = torch.triu(torch.ones(L, L, dtype=torch.bool, device=h.device), diagonal=1)
        a, _ = self.attn(h, h, h, attn_mask=causal, need_weights=False)
        return self.fc(self.norm(h + a))


class Positional(nn.Module):
    def __init__(self, d: int, n: int = 64) -> None:
        super().__init__()
        pe = torch.zeros(n, d)
        position = torch.arange(0, n, dtype=torch.float).unsqueeze(1)
        div = torch.exp(torch.arange(0, d, 2).float() * (-math.log(10000.0) / d))
        pe[:, 0::2] = torch.sin(position * div)
        pe[:, 1::2] = torch.cos(position * div)
        self.register_buffer("pe", pe.unsqueeze(0))

    def forward(self, x: Tensor) -> Any:
        return x + self.pe[:, : x.size(1)]


class Seq2Seq(nn.Module):
    def __init__(self, d: int = 32) -> None:
        super().__init__()
        self.src_emb = nn.Embedding(70, d)
        self.tgt_emb = nn.Embedding(70, d)
        self.pos = Positional(d)
        self.transformer = nn.Transformer(d, 4, 2, 2, 64, batch_first=True)
        self.generator = nn.Linear(d, 70)
        self.d = d

    def forward(self, src: Tensor, tgt: Tensor) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(tgt.size(1), device=src.device)
        s = self.pos(self.src_emb(src) * math.sqrt(self.d))
        t = self.pos(self.tgt_emb(tgt) * math.sqrt(self.d))
        return self.generator(self.transformer(s, t, tgt_mask=mask))


class WNConv(nn.Module):
    """A TCN."""

    def __init__(self, cin: int, cout: int, k: int, d: int) -> None:
        super().__init__()
        self.conv1 = weight_norm(nn.Conv1d(cin, cout, k, dilation=d, padding=(k - 1) * d))
        self.conv2 = weight_norm_anew(nn.Conv1d(cout, cout, k, dilation=d, padding=(k - 1) * d))
        self.chomp = (k - 1) * d
        self.down = nn.Conv1d(cin, cout, 1) if cin != cout else None

    def forward(self, x: Tensor) -> Any:
        h = F.relu(self.conv1(x)[:, :, : -self.chomp].contiguous())
        h = F.relu(self.conv2(h)[:, :, : -self.chomp].contiguous())
        return F.relu(h + (x if self.down is None else self.down(x)))


class TCN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(*[WNConv(2 if i == 0 else 16, 16, 3, 2**i) for i in range(4)])
        self.linear = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Any:
        return self.linear(self.network(x)[:, :, -1])


class Einsum(nn.Module):
    def __init__(self, d: int = 32, h: int = 4) -> None:
        super().__init__()
        self.wq = nn.Parameter(torch.randn(h, d, d // h) * 0.1)
        self.wk = nn.Parameter(torch.randn(h, d, d // h) * 0.1)
        self.wv = nn.Parameter(torch.randn(h, d, d // h) * 0.1)
        self.wo = nn.Parameter(torch.randn(h, d // h, d) * 0.1)

    def forward(self, x: Tensor) -> Any:
        q = torch.einsum("bnd,hde->bhne", x, self.wq)
        k = torch.einsum("bnd,hde->bhne", x, self.wk)
        v = torch.einsum("bnd,hde->bhne", x, self.wv)
        a = torch.einsum("bhne,bhme->bhnm", q, k).div(math.sqrt(q.shape[-1])).softmax(-1)
        o = torch.einsum("bhnm,bhme->bhne", a, v)
        return torch.einsum("bhne,hed->bnd", o, self.wo)


class GPTMask(nn.Module):
    def __init__(self, d: int = 32, depth: int = 3, heads: int = 4, n: int = 16, vocab: int = 64) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocab, d)
        self.wpe = nn.Embedding(n, d)
        self.h = nn.ModuleList(
            [
                nn.ModuleDict(
                    {
                        "ln_1": nn.LayerNorm(d),
                        "attn": nn.Linear(d, 3 * d),
                        "proj": nn.Linear(d, d),
                        "ln_2": nn.LayerNorm(d),
                        "fc": nn.Linear(d, 4 * d),
                        "out": nn.Linear(4 * d, d),
                    }
                )
                for _ in range(depth)
            ]
        )
        self.ln_f = nn.LayerNorm(d)
        self.lm_head = nn.Linear(d, vocab, bias=False)
        self.lm_head.weight = self.wte.weight
        self.heads = heads
        self.register_buffer("bias", torch.tril(torch.ones(n, n)).view(1, 1, n, n))

    def forward(self, idx: Tensor) -> Any:
        b, t = idx.size()
        pos = torch.arange(0, t, dtype=torch.long, device=idx.device).unsqueeze(0)
        x = self.wte(idx) + self.wpe(pos)
        for m in self.h:
            q, k, v = m["attn"](m["ln_1"](x)).split(x.shape[-1], dim=2)
            q, k, v = (y.view(b, t, self.heads, -1).transpose(1, 2) for y in (q, k, v))
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = att.masked_fill(self.bias[:, :, :t, :t] == 0, float("-inf"))
            y = F.softmax(att, dim=-1) @ v
            x = x + m["proj"](y.transpose(1, 2).contiguous().view(b, t, -1))
            x = x + m["out"](F.gelu(m["fc"](m["ln_2"](x))))
        return self.lm_head(self.ln_f(x))


class GRUSeq(nn.Module):
    """Encoder, attention over time, packed by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(12, 16, batch_first=True)
        self.score = nn.Linear(16, 1)
        self.register_buffer("mean", torch.randn(12))
        self.register_buffer("std", torch.rand(12) + 0.5)
        self.fc = nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Any:
        x = (x - self.mean) / self.std
        h, hn = self.gru(x)
        a = torch.softmax(self.score(torch.tanh(h)), dim=1)
        ctx = torch.bmm(a.transpose(1, 2), h).squeeze(1)
        return self.fc(ctx + hn[-1])


class CRNN(nn.Module):
    def __init__(self, n: int = 37) -> None:
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),
        )
        self.rnn = nn.LSTM(32 * 8, 32, bidirectional=True)
        self.fc = nn.Linear(64, n)

    def forward(self, x: Tensor) -> Any:
        f = self.cnn(x)
        b, c, h, w = f.size()
        f = f.permute(3, 0, 1, 2).reshape(w, b, c * h)
        out, _ = self.rnn(f)
        return self.fc(out).log_softmax(2)


class Asks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.l = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Any:
        y = self.l(x)
        if y.mean().item() > 0:
            y = y * 2
        return y


class Asks2(Asks):
    def forward(self, x: Tensor) -> Any:
        y = self.l(x)
        if (y > 0).any():
            y = y * 2
        return y


class Asks3(Asks):
    def forward(self, x: Tensor) -> Any:
        y = self.l(x)
        idx = torch.nonzero(y[0] > 0)
        return y[:, idx.squeeze(-1)]
