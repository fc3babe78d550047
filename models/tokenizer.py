"""Trains the byte-level BPE tokenizer and turns the samples into token ids.

In:  models/work/samples.jsonl (corpus/prepare.py).
Out: models/work/tokenizer.json   the tokenizer, special tokens first
     models/work/tokens.npz       ids of all samples, where each sample, its text and its answer start, its task and passage
     models/tokenization.json     [{"text", "ids"}, ...] for check.mjs to compare llama.cpp with

The pre-tokenizer is the one that llama.cpp calls "smollm": every digit alone, then GPT-2's split.

Run: python models/tokenizer.py [--keep]; with --keep the tokenizer that is there, for a network that goes on with other samples.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

MODELS = Path(__file__).resolve().parent
WORK = MODELS / "work"
VOCABULARY = 8192
LONGEST = 2048
# Where a sample begins while only its own part is trained on: behind the words that all prompts of its kind share.
MARKS = ["Text:\n---\n", "Conversation:\n---\n", "Task:\n---\n"]
END_OF_TEXT, MESSAGE_START, MESSAGE_END = SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CHECKED = [
    "Hello, world! It's 2024; they've sold 1,234.56 units (78 %).",
    "  two leading spaces,\ttabs\t\tand   runs   of spaces   ",
    "line one\nline two\n\n\nline five\r\nwindows line\n   indented\n",
    "Ünïcödé: naïve café, Straße, Łódź, Ελληνικά, русский язык",
    "اللغة العربية من أكثر اللغات انتشارًا، ويتحدثها ٤٢٢ مليون نسمة.",
    "中文文本和日本語のテキスト、한국어 문장입니다。",
    "Emoji 👩‍👩‍👧‍👦 🏳️‍🌈 and ½ ⅓ Ⅷ ² ① symbols — “quotes” ‘single’ … €5",
    '[{"question": "What\\u0027s \\"this\\"?", "answer": "A {brace} and a \\\\ backslash."}]',
    "HELLO'S DON'T don'T we'll I'd 'tis rock'n'roll '' ''' \"' '\"",
    "x=1;y=[2,3];if(a&&b||!c){return f(x)->y;} // #include <stdio.h>",
    "\u00a0no-break\u2003em space\u200bzero width\u3000ideographic\x0bvt\x0cff\x85nel",
    "हिन्दी में १२३ और e\u0301 combining, ไทย ภาษา, עברית",
    "",
    " ",
    "\n",
    "12345678901234567890",
    "https://example.org/a_b-c?d=e&f=%20g#h user@example.org",
]


def conversation(sample):
    """The text that the chat template makes of the messages, up to where the answer begins."""
    system = f"{MESSAGE_START}system\n{sample['system']}{MESSAGE_END}\n" if sample["system"] else ""
    return f"{system}{MESSAGE_START}user\n{sample['user']}{MESSAGE_END}\n{MESSAGE_START}assistant\n"


def text_start(sample, prompt):
    """Where the part of a prompt begins that is its own, in characters."""
    for mark in MARKS:
        if mark in sample["user"]:
            return prompt.index(mark) + len(mark)
    return prompt.rindex(f"{MESSAGE_START}user\n") + len(MESSAGE_START) + len("user\n")


def train(texts):
    """A byte-level BPE tokenizer trained on an iterable of texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encode(tokenizer, samples):
    """Flat ids, and the offsets of the samples, of their own parts and of their answers; leaves out those over LONGEST."""
    ids, starts, text_starts, answer_starts, tasks, passages = [], [0], [], [], [], []
    held_out = 0
    names = sorted({sample["task"] for sample in samples})
    for at in range(0, len(samples), 5000):
        block = samples[at : at + 5000]
        texts = [conversation(sample) for sample in block]
        prompts = tokenizer.encode_batch(texts)
        answers = tokenizer.encode_batch([sample["answer"] + MESSAGE_END for sample in block])
        for sample, text, prompt, answer in zip(block, texts, prompts, answers):
            if len(prompt.ids) + len(answer.ids) > LONGEST:
                continue
            text_starts.append(starts[-1] + prompt.char_to_token(text_start(sample, text)))
            answer_starts.append(starts[-1] + len(prompt.ids))
            ids.append(np.array(prompt.ids + answer.ids, np.uint16))
            starts.append(starts[-1] + len(ids[-1]))
            tasks.append(names.index(sample["task"]))
            passages.append(sample["passage"])
            held_out += sample["held_out"]
    return {
        "ids": np.concatenate(ids),
        "starts": np.array(starts, np.int64),
        "texts": np.array(text_starts, np.int64),
        "answers": np.array(answer_starts, np.int64),
        "tasks": np.array(tasks, np.uint8),
        "passages": np.array(passages, np.int64),
        "names": np.array(names),
        "held_out": np.array(held_out),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    with open(WORK / "samples.jsonl", encoding="utf-8") as lines:
        samples = [json.loads(line) for line in lines]
    if args.keep:
        tokenizer = Tokenizer.from_file(str(WORK / "tokenizer.json"))
    else:
        tokenizer = train(text for sample in samples[:20000] for text in (sample["user"], sample["answer"]))
        tokenizer.save(str(WORK / "tokenizer.json"))

    tokens = encode(tokenizer, samples)
    np.savez(WORK / "tokens.npz", **tokens)
    texts = CHECKED + [conversation(sample) + sample["answer"] for sample in samples[:5]]
    checks = [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]
    (MODELS / "tokenization.json").write_text(json.dumps(checks, ensure_ascii=False, indent=0) + "\n", "utf-8")
    kept = len(tokens["answers"])
    answer_tokens = int((tokens["starts"][1:] - tokens["answers"]).sum())
    own_tokens = int((tokens["starts"][1:] - tokens["texts"]).sum())
    print(f"vocabulary {tokenizer.get_vocab_size()}, kept {kept} of {len(samples)} samples")
    print(f"{len(tokens['ids'])} tokens, {len(tokens['ids']) / kept:.0f} a sample, {own_tokens / kept:.0f} without the shared words, {answer_tokens / kept:.0f} of them answer")


if __name__ == "__main__":
    main()
