"""Writes the trained network as a GGUF file: matrices in Q8_0, norms in F32.

In:  models/work/checkpoint.pt (train.py), models/work/tokenizer.json (tokenizer.py).
Out: models/quern-embedded.gguf, or the path given with --out.

With --sharpen S the logits are S times as large (in the last norm): a small model is surer of what it does at the usual
temperatures, as if these were divided by S.

Run: python models/export.py [--weights PATH] [--sharpen S] [--out PATH]
"""

import argparse
import json
import os
from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType, TokenType
from gguf.quants import quantize

from llama import Config

MODELS = Path(__file__).resolve().parent
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
DESCRIPTION = (
    "A very small model for trying and testing quern without a download. It writes question-shaped JSON; "
    "what it says is not reliable."
)
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def neighbours(weight, heads):
    """Reorders the rows of a q or k matrix from halves rotated together to neighbours rotated together."""
    rows, columns = weight.shape
    return weight.view(heads, 2, rows // heads // 2, columns).transpose(1, 2).reshape(rows, columns)


def tensors(config, weights, sharpen):
    """(name, tensor) of every tensor of llama.cpp's llama architecture."""
    kv_dim = config.kv_heads * config.head_dim
    yield "token_embd.weight", weights["token_embd.weight"]
    yield "output_norm.weight", weights["output_norm.weight"].float() * sharpen
    for i in range(config.layers):
        block = {name: weights[f"blocks.{i}.{name}.weight"] for name in (
            "attn_norm", "qkv", "attn_output", "ffn_norm", "gate_up", "ffn_down"
        )}
        q, k, v = block["qkv"].split((config.dim, kv_dim, kv_dim))
        gate, up = block["gate_up"].chunk(2)
        yield f"blk.{i}.attn_norm.weight", block["attn_norm"]
        yield f"blk.{i}.attn_q.weight", neighbours(q, config.heads)
        yield f"blk.{i}.attn_k.weight", neighbours(k, config.kv_heads)
        yield f"blk.{i}.attn_v.weight", v
        yield f"blk.{i}.attn_output.weight", block["attn_output"]
        yield f"blk.{i}.ffn_norm.weight", block["ffn_norm"]
        yield f"blk.{i}.ffn_gate.weight", gate
        yield f"blk.{i}.ffn_up.weight", up
        yield f"blk.{i}.ffn_down.weight", block["ffn_down"]


def add_metadata(writer, config):
    """What the file is, and the sizes of the network."""
    writer.add_name("quern-embedded")
    writer.add_description(DESCRIPTION)
    writer.add_license("cc-by-sa-4.0")
    writer.add_languages(["en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.dim)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.ffn)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_vocab_size(config.vocabulary)


def add_tokenizer(writer, path):
    """The vocabulary and merges of a tokenizer.json, and the chat template."""
    model = json.loads(path.read_text("utf-8"))["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in model["merges"]])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_eot_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=str(MODELS / "quern-embedded.gguf"))
    parser.add_argument("--weights", default=str(MODELS / "work" / "checkpoint.pt"), help="of train.py --weights, or a checkpoint")
    parser.add_argument("--sharpen", type=float, default=1.0)
    args = parser.parse_args()

    checkpoint = torch.load(args.weights, weights_only=True)
    config = Config(**checkpoint["config"])
    partial = f"{args.out}.partial"
    writer = gguf.GGUFWriter(partial, "llama")
    add_metadata(writer, config)
    add_tokenizer(writer, MODELS / "work" / "tokenizer.json")
    for name, tensor in tensors(config, checkpoint["model"], args.sharpen):
        array = tensor.float().contiguous().numpy()
        if array.ndim == 2:
            writer.add_tensor(name, quantize(array, GGMLQuantizationType.Q8_0), raw_dtype=GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial, args.out)  # processes that have the old file open keep it
    print(f"{args.out}: {Path(args.out).stat().st_size} bytes, {checkpoint['step']} steps, {checkpoint['tokens']} tokens")


if __name__ == "__main__":
    main()
