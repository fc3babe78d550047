"""Trains the byte-level BPE tokenizer and turns the samples into token ids.

In:  models/work/samples.jsonl (prepare.py).
Out: models/work/tokenizer.json   the tokenizer, vocabulary 4096, special tokens first
     models/work/tokens.npz       ids of all samples, and where each sample, its text and its answer start
     models/tokenization.json     [{"text", "ids"}, ...] for check.mjs to compare llama.cpp with

The pre-tokenizer is the one that llama.cpp calls "smollm": every digit alone, then GPT-2's split.

Run: python models/tokenizer.py
"""

import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

MODELS = Path(__file__).resolve().parent
WORK = MODELS / "work"
VOCABULARY = 4096
LONGEST = 1024
TEXT_MARK = "Text:\n---\n"
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


def conversation(user):
    """The text that the chat template makes of one user message, up to where the answer begins."""
    return f"{MESSAGE_START}user\n{user}{MESSAGE_END}\n{MESSAGE_START}assistant\n"


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
    """Flat ids, and the offsets of the samples, of their texts and of their answers; leaves out those over LONGEST."""
    prompts = tokenizer.encode_batch([conversation(sample["user"]) for sample in samples])
    answers = tokenizer.encode_batch([sample["answer"] + MESSAGE_END for sample in samples])
    ids, starts, text_starts, answer_starts = [], [0], [], []
    for sample, prompt, answer in zip(samples, prompts, answers):
        if len(prompt.ids) + len(answer.ids) <= LONGEST:
            text_at = conversation(sample["user"]).index(TEXT_MARK) + len(TEXT_MARK)
            text_starts.append(starts[-1] + prompt.char_to_token(text_at))
            answer_starts.append(starts[-1] + len(prompt.ids))
            ids += prompt.ids + answer.ids
            starts.append(len(ids))
    return {
        "ids": np.array(ids, np.uint16),
        "starts": np.array(starts, np.int64),
        "texts": np.array(text_starts, np.int64),
        "answers": np.array(answer_starts, np.int64),
    }


def main():
    with open(WORK / "samples.jsonl", encoding="utf-8") as lines:
        samples = [json.loads(line) for line in lines]
    tokenizer = train(text for sample in samples[:12000] for text in (sample["user"], sample["answer"]))
    tokenizer.save(str(WORK / "tokenizer.json"))

    tokens = encode(tokenizer, samples)
    np.savez(WORK / "tokens.npz", **tokens)
    texts = CHECKED + [conversation(sample["user"]) + sample["answer"] for sample in samples[:5]]
    checks = [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]
    (MODELS / "tokenization.json").write_text(json.dumps(checks, ensure_ascii=False, indent=0) + "\n", "utf-8")
    kept = len(tokens["answers"])
    answer_tokens = int((tokens["starts"][1:] - tokens["answers"]).sum())
    print(f"vocabulary {tokenizer.get_vocab_size()}, kept {kept} of {len(samples)} samples")
    print(f"{len(tokens['ids'])} tokens, {len(tokens['ids']) / kept:.0f} a sample, {answer_tokens / kept:.0f} of them answer")


if __name__ == "__main__":
    main()
