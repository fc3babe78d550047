"""Writes quern's embedded model as a Hugging Face folder, so that a real vLLM can serve a real model in tests.

usage: .venv-vllm/bin/python test/servers/embedded-to-huggingface.py OUT_DIR
Needs gguf-py, which llama.cpp's sources carry (test/servers/build-llama-server.sh unpacks them).
"""

import json
import pathlib
import sys

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / ".bench/src/gguf-py"))

import torch  # noqa: E402
from gguf import GGUFReader  # noqa: E402
from gguf.quants import dequantize  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers  # noqa: E402

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
reader = GGUFReader(root / "models/quern-embedded.gguf")
value = lambda key: reader.get_field(key).contents()  # noqa: E731

heads, kv_heads = value("llama.attention.head_count"), value("llama.attention.head_count_kv")
layers, width = value("llama.block_count"), value("llama.embedding_length")

names = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def unpermuted(weight, count):
    """llama.cpp turns neighbouring values of a head, Hugging Face the two halves of it."""
    rows, columns = weight.shape
    return weight.view(count, rows // count // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


weights = {}
for tensor in reader.tensors:
    data = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())
    parts = tensor.name.removesuffix(".weight").split(".")
    if parts[-1] == "attn_q":
        data = unpermuted(data, heads)
    if parts[-1] == "attn_k":
        data = unpermuted(data, kv_heads)
    prefix = f"model.layers.{parts[1]}." if parts[0] == "blk" else ""
    weights[f"{prefix}{names[parts[-1]]}.weight"] = data.to(torch.bfloat16).contiguous()
save_file(weights, out / "model.safetensors", metadata={"format": "pt"})

tokens, merges = value("tokenizer.ggml.tokens"), value("tokenizer.ggml.merges")
kinds = value("tokenizer.ggml.token_type")
tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, [tuple(m.split(" ")) for m in merges]))
# "smollm": digits one by one, then bytes.
tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
)
tokenizer.decoder = decoders.ByteLevel()
control = [token for token, kind in zip(tokens, kinds) if kind == 3]
tokenizer.add_special_tokens([AddedToken(token, special=True) for token in control])
tokenizer.save(str(out / "tokenizer.json"))
end = tokens[value("tokenizer.ggml.eos_token_id")]
(out / "tokenizer_config.json").write_text(
    json.dumps(
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": end,
            "pad_token": tokens[value("tokenizer.ggml.padding_token_id")],
            "model_max_length": value("llama.context_length"),
            "chat_template": value("tokenizer.chat_template"),
            "clean_up_tokenization_spaces": False,
        },
        indent=2,
    )
)
(out / "config.json").write_text(
    json.dumps(
        {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_size": width,
            "intermediate_size": value("llama.feed_forward_length"),
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "num_key_value_heads": kv_heads,
            "head_dim": width // heads,
            "hidden_act": "silu",
            "max_position_embeddings": value("llama.context_length"),
            "rms_norm_eps": value("llama.attention.layer_norm_rms_epsilon"),
            "rope_theta": value("llama.rope.freq_base"),
            "vocab_size": len(tokens),
            "eos_token_id": value("tokenizer.ggml.eos_token_id"),
            "pad_token_id": value("tokenizer.ggml.padding_token_id"),
            "bos_token_id": None,
            "tie_word_embeddings": "lm_head.weight" not in weights,
            "torch_dtype": "bfloat16",
        },
        indent=2,
    )
)
print(f"{len(weights)} tensors, {len(tokens)} tokens in {out}")
