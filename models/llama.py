"""The network: a Llama in PyTorch, with the names and shapes that export.py writes.

In:  stems and rows of branches (trees.py) -> out: hidden states [tokens, dim]; the logits are their products with
     token_embd.
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
    """RoPE on x [tokens, heads, head_dim]; cos and sin [tokens, 1, head_dim / 2]."""
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

    def attention(self, x, cos, sin, stems, rows, stem_of, mask):
        """Stems look back at themselves; branches at their stem and back at themselves, as the mask has it."""
        config = self.config
        groups = config.heads // config.kv_heads
        q, k, v = self.qkv(x).view(x.shape[0], -1, config.head_dim).split((config.heads, config.kv_heads, config.kv_heads), dim=1)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        count = stems.numel()

        def parts(heads):
            """[tokens, heads, head_dim] as [stems, heads, length, head_dim] and the same of rows."""
            split = (heads[:count].unflatten(0, stems.shape), heads[count:].unflatten(0, rows.shape))
            return [part.transpose(1, 2) for part in split]

        (stem_q, row_q), (stem_k, row_k), (stem_v, row_v) = parts(q), parts(k), parts(v)
        row_k = torch.cat((stem_k.index_select(0, stem_of), row_k), dim=2).repeat_interleave(groups, dim=1)
        row_v = torch.cat((stem_v.index_select(0, stem_of), row_v), dim=2).repeat_interleave(groups, dim=1)
        stem_k, stem_v = (heads.repeat_interleave(groups, dim=1) for heads in (stem_k, stem_v))
        of_stems = F.scaled_dot_product_attention(stem_q, stem_k, stem_v, is_causal=True)
        of_rows = F.scaled_dot_product_attention(row_q, row_k, row_v, attn_mask=mask)
        return torch.cat([part.transpose(1, 2).reshape(-1, config.dim) for part in (of_stems, of_rows)])

    def forward(self, x, cos, sin, stems, rows, stem_of, mask, dropout):
        mixed = self.attn_output(self.attention(self.attn_norm(x), cos, sin, stems, rows, stem_of, mask))
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

    def forward(self, stems, rows, stem_of, positions, mask, dropout=0.0):
        """Of trees.Batch, all of them; hidden states of the stems' tokens, then of the rows'."""
        ids = torch.cat((stems.reshape(-1), rows.reshape(-1)))
        x = F.dropout(self.token_embd(ids), dropout, self.training)
        places = torch.cat((torch.arange(stems.shape[1], device=ids.device).expand(stems.shape).reshape(-1), positions.reshape(-1)))
        cos, sin = (table.to(x.device)[places].unsqueeze(1).to(x.dtype) for table in rope_table(self.config, self.config.context))
        for block in self.blocks:
            x = block(x, cos, sin, stems, rows, stem_of, mask, dropout)
        return self.output_norm(x)
