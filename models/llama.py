"""The network: a Llama in PyTorch, with the names and shapes that export.py writes.

In:  ids [batch, length] -> out: hidden states [batch, length, dim]; the logits are their products with token_embd.
RoPE rotates the two halves of a head (export.py reorders them for llama.cpp, which rotates neighbours).
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Config:
    vocabulary: int = 8192
    dim: int = 512
    layers: int = 8
    heads: int = 8
    kv_heads: int = 2
    ffn: int = 1280
    rope_base: float = 10000.0
    norm_eps: float = 1e-5
    context: int = 2048

    @property
    def head_dim(self):
        return self.dim // self.heads

    as_dict = asdict


# full: for a GPU; small: what two cores can train in an hour or two.
SIZES = {"full": Config(), "small": Config(dim=256, layers=6, heads=4, kv_heads=2, ffn=640)}


def rope_table(config, length):
    """cos and sin of every position and frequency, [length, head_dim / 2]."""
    frequencies = config.rope_base ** (-torch.arange(0, config.head_dim, 2).float() / config.head_dim)
    angles = torch.outer(torch.arange(length).float(), frequencies)
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    """RoPE on x [batch, heads, length, head_dim]."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class Block(nn.Module):
    """Attention with grouped keys and values, then SwiGLU; each after RMSNorm and added to its input."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        kv_dim = config.kv_heads * config.head_dim
        self.attn_norm = nn.RMSNorm(config.dim, config.norm_eps)
        self.qkv = nn.Linear(config.dim, config.dim + 2 * kv_dim, bias=False)
        self.attn_output = nn.Linear(config.dim, config.dim, bias=False)
        self.ffn_norm = nn.RMSNorm(config.dim, config.norm_eps)
        self.gate_up = nn.Linear(config.dim, 2 * config.ffn, bias=False)
        self.ffn_down = nn.Linear(config.ffn, config.dim, bias=False)

    def forward(self, x, cos, sin, dropout):
        config = self.config
        batch, length, _ = x.shape
        heads = self.qkv(self.attn_norm(x)).view(batch, length, -1, config.head_dim).transpose(1, 2)
        q, k, v = heads.split((config.heads, config.kv_heads, config.kv_heads), dim=1)
        groups = config.heads // config.kv_heads
        k = rotate(k, cos, sin).repeat_interleave(groups, dim=1)
        v = v.repeat_interleave(groups, dim=1)
        mixed = F.scaled_dot_product_attention(rotate(q, cos, sin), k, v, is_causal=True)
        mixed = self.attn_output(mixed.transpose(1, 2).reshape(batch, length, config.dim))
        x = x + F.dropout(mixed, dropout, self.training)
        gate, up = self.gate_up(self.ffn_norm(x)).chunk(2, dim=-1)
        return x + F.dropout(self.ffn_down(F.silu(gate) * up), dropout, self.training)


class Llama(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocabulary, config.dim)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.output_norm = nn.RMSNorm(config.dim, config.norm_eps)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                last = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(parameter, std=0.02 / (2 * config.layers) ** 0.5 if last else 0.02)

    def forward(self, ids, dropout=0.0):
        x = F.dropout(self.token_embd(ids), dropout, self.training)
        cos, sin = (table.to(x) for table in rope_table(self.config, ids.shape[1]))
        for block in self.blocks:
            x = block(x, cos, sin, dropout)
        return self.output_norm(x)
