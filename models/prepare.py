"""Writes training conversations with exactly the prompts that quern asks with.

In:  --qa PATH (see sources.py), and the prompts of configs/default.yaml.
Out: models/work/samples.jsonl, one {"task", "user", "answer"} a line; `answer` is JSON as json.dumps writes it.

Run: python models/prepare.py --qa PATH [--samples N] [--seed N]
"""

import argparse
import json
import random
import re
from collections import Counter
from pathlib import Path

import yaml

import sources

MODELS = Path(__file__).resolve().parent
TASKS = {"qa_generation": 60, "cot_generation": 13, "summary": 13, "qa_rating": 14}
WEIGHTS = {"xquad": 30, "covid": 15, "medquad": 25, "nqg": 30}
LENGTHS = {200: 3, 450: 3, 800: 2, 1400: 1, 2300: 1}  # of texts, at most, in characters: how often
GOOD = [
    "The answer is right and the text supports it.",
    "The question is clear and the text gives this answer.",
    "The answer is complete and comes from the text.",
]
WRONG_ANSWER = "The text does not give this answer to the question."
WRONG_NUMBER = "The number in the answer is not the one in the text."
WRONG_QUESTION = "The question is not about this text."


def passage(units, source, rng):
    """A text of one to several neighbouring units, up to a random length, and its questions in text order."""
    goal = rng.choices(list(LENGTHS), LENGTHS.values())[0]
    first = rng.randrange(len(units))
    chosen = [units[first]]
    length = len(units[first].text)
    for unit in units[first + 1 : first + 12]:
        length += len(unit.text)
        if length > goal:
            break
        chosen.append(unit)
    per_unit = [unit.questions if source == "xquad" else [rng.choice(unit.questions)] for unit in chosen]
    if source == "nqg":
        lines = [" ".join(u.text for u in chosen[i : i + 5]) for i in range(0, len(chosen), 5)]
    else:
        lines = [unit.text for unit in chosen]
    return "\n\n".join(lines), [question for questions in per_unit for question in questions]


def pick(questions, rng):
    """One to five of the questions, in their order."""
    count = rng.randint(1, min(5, len(questions)))
    return [questions[i] for i in sorted(rng.sample(range(len(questions)), count))]


def fill(prompt, values):
    """The prompt with its placeholders replaced in one pass; every other brace stays."""
    return re.sub(r"\{(\w+)\}", lambda m: str(values.get(m.group(1), m.group())), prompt)


def qa_generation(text, questions, _other, rng):
    """Values for the prompt, and the answer: as many pairs as asked for."""
    chosen = pick(questions, rng)
    pairs = [{"question": q.question, "answer": q.answer} for q in chosen]
    return {"text": text, "num_pairs": len(pairs)}, pairs


def cot_generation(text, questions, _other, rng):
    """As qa_generation, with a reasoning that quotes the sentence that answers."""
    examples = []
    for q in pick(questions, rng)[:3]:
        reasoning = f"The text says: {q.evidence} This gives the answer."
        examples.append({"question": q.question, "reasoning": reasoning, "answer": q.answer})
    return {"text": text, "num_examples": len(examples)}, examples


def summary(text, _questions, _other, _rng):
    """The leading sentences of the first paragraphs, as a stand-in for a summary."""
    paragraphs = text.split("\n\n")
    leading = sources.sentences(paragraphs[0])[:2] if len(paragraphs) == 1 else [
        sources.sentences(paragraph)[0] for paragraph in paragraphs[:3]
    ]
    return {"text": text}, {"summary": " ".join(leading)}


def qa_rating(text, questions, other, rng):
    """A true pair rated 8 to 10, or one with a wrong answer, number or question rated 1 to 3."""
    q = rng.choice(questions)
    question, answer, reason, rating = q.question, q.answer, rng.choice(GOOD), rng.randint(8, 10)
    kind = rng.random()
    if kind < 0.2:
        answer, reason = other.answer, WRONG_ANSWER
    elif kind < 0.4:
        question, answer, reason = other.question, other.answer, WRONG_QUESTION
    elif kind < 0.55 and re.search(r"\d", answer):
        answer, reason = re.sub(r"\d", lambda m: str((int(m.group()) + rng.randint(1, 9)) % 10), answer), WRONG_NUMBER
    if reason not in GOOD:
        rating = rng.randint(1, 3)
    return {"text": text, "question": question, "answer": answer}, {"reason": reason, "rating": rating}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", required=True, help="gzip JSONL of source, licence, context, question, answer")
    parser.add_argument("--samples", type=int, default=36000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    rng = random.Random(args.seed)
    prompts = yaml.safe_load((MODELS.parent / "configs" / "default.yaml").read_text("utf-8"))["prompts"]
    units = sources.load(args.qa)
    makers = {"qa_generation": qa_generation, "cot_generation": cot_generation, "summary": summary, "qa_rating": qa_rating}
    counts = Counter()
    (MODELS / "work").mkdir(exist_ok=True)
    with open(MODELS / "work" / "samples.jsonl", "w", encoding="utf-8") as out:
        for _ in range(args.samples):
            task = rng.choices(list(TASKS), TASKS.values())[0]
            source = rng.choices(list(WEIGHTS), WEIGHTS.values())[0]
            if source == "nqg" and task == "cot_generation":
                source = "xquad"  # an nqg answer is its whole sentence: nothing is left to reason about
            text, questions = passage(units[source], source, rng)
            other = rng.choice(rng.choice(units[source]).questions)
            values, answer = makers[task](text, questions, other, rng)
            user = fill(prompts[task], values)
            if rng.random() < 0.5:
                user = user.rstrip("\n")  # callers may or may not keep the last line break
            json.dump({"task": task, "user": user, "answer": json.dumps(answer, ensure_ascii=False)}, out, ensure_ascii=False)
            out.write("\n")
            counts[f"{task} {source}"] += 1
    print({name: len(found) for name, found in units.items()})
    print(dict(sorted(counts.items())))


if __name__ == "__main__":
    main()
