"""Reads datasets with the libraries that trainers use and prints what they hold as JSON.

usage: read_saved.py REQUEST, where REQUEST is JSON: a list of {how, path, ...}; an answer for each, in order.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets

datasets.disable_progress_bars()


def table(dataset):
    return {"columns": dataset.column_names, "rows": dataset.num_rows, "first": dataset[:3], "features": str(dataset.features)}


def splits(found):
    return {name: table(dataset) for name, dataset in found.items()}


def load_from_disk(path, **_):
    found = datasets.load_from_disk(path)
    return splits(found) if isinstance(found, datasets.DatasetDict) else table(found)


def load_folder(path, **_):
    return splits(datasets.load_dataset(path))


def load_files(path, builder, **_):
    return splits(datasets.load_dataset(builder, data_files=path))


def read_lance(path, **_):
    import lance

    found = lance.dataset(path)
    return {"rows": found.count_rows(), "columns": found.schema.names, "first": found.to_table(limit=3).to_pydict()}


def read_parquet(path, **_):
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    return {
        "rows": file.metadata.num_rows,
        "groups": file.num_row_groups,
        "codec": file.metadata.row_group(0).column(0).compression,
        "schema": str(file.schema_arrow),
        "first": file.read().slice(0, 3).to_pydict(),
    }


CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
)


def chat_template(path, builder, **_):
    """Renders every conversation with a tokenizer's chat template, and counts its tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", chat_template=CHATML)
    found = datasets.load_dataset(builder, data_files=path)["train"]
    texts = [tokenizer.apply_chat_template(row["messages"], tokenize=False) for row in found]
    tokens = [len(tokenizer(text)["input_ids"]) for text in texts]
    return {"rows": found.num_rows, "first": texts[0], "tokens": min(tokens)}


def openai_rules(path, **_):
    """What OpenAI's guide to preparing data for fine-tuning of chat models checks, by line."""
    problems = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            example = json.loads(line)
            messages = example.get("messages")
            if not messages:
                problems.append(f"{number}: missing_messages_list")
                continue
            for message in messages:
                if "role" not in message or ("content" not in message and "tool_calls" not in message):
                    problems.append(f"{number}: message_missing_key")
                if any(key not in ("role", "content", "name", "function_call", "weight", "tool_calls", "tool_call_id") for key in message):
                    problems.append(f"{number}: message_unrecognized_key")
                if message.get("role") not in ("system", "user", "assistant", "function", "tool"):
                    problems.append(f"{number}: unrecognized_role")
                content = message.get("content")
                if (not content and not message.get("tool_calls")) or (content is not None and not isinstance(content, str)):
                    problems.append(f"{number}: missing_content")
            if not any(message.get("role") == "assistant" for message in messages):
                problems.append(f"{number}: example_missing_assistant_message")
            if messages[-1].get("role") != "assistant":
                problems.append(f"{number}: last message is not the assistant's")
            if set(example) - {"messages", "tools", "parallel_tool_calls"}:
                problems.append(f"{number}: unrecognized key")
    return problems


def card(path, **_):
    """The card's metadata, as the Hub's own library reads and checks it."""
    from huggingface_hub import DatasetCard

    data = DatasetCard.load(path).data.to_dict()
    return {**data, "configs": data.get("configs")}


HOW = [load_from_disk, load_folder, load_files, read_lance, read_parquet, chat_template, openai_rules, card]
answers = []
for request in json.loads(sys.argv[1]):
    how = next(one for one in HOW if one.__name__ == request["how"])
    answers.append(how(**{key: value for key, value in request.items() if key != "how"}))
print(json.dumps(answers, default=str))
