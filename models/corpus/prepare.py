"""Writes training conversations with exactly the prompts that quern asks with.

In:  models/work/documents.jsonl and tagged.jsonl (texts.py, tag.mjs), the prompts of configs/default.yaml, WordNet.
Out: models/work/samples.jsonl, one {"task", "held_out", "system", "user", "answer"} a line; the first HELD_OUT are of
     documents that are held out. `answer` is JSON as quern's grammars allow it, or plain text.

Run: python models/corpus/prepare.py [--samples N] [--seed N]
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

import yaml

import task_data
import tasks
from passages import WORK, Passage, Sentence, invented, load, passage
from questions import Asked
from wordnet import Nouns

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = 400
MIX = {"qa_generation": 44, "cot_generation": 11, "summary": 7, "qa_rating": 24, "groundedness": 4, "topics": 4, "inputs": 3, "outputs": 3}
SOURCES = {"nqg": 40, "xquad": 8, "MedQuAD": 16, "COVID-QA": 4, "made up": 22, "definitions": 10}


def definitions(nouns, rng):
    """A passage that says of several things what they are."""
    sentences = []
    for name, gloss in rng.sample(nouns.definitions, rng.randint(3, 7)):
        article = "" if name[0].isupper() else ("An " if name[0] in "aeiou" else "A ")
        subject = f"{article}{name}" if article else name
        verb = "is" if not (article == "" and gloss.startswith("a") and " who " in gloss) else "was"
        statement = f"{subject} {verb} {gloss}."
        wh = "Who" if verb == "was" else "What"
        small = subject[:1].lower() + subject[1:] if article else subject
        answer = gloss[:1].upper() + gloss[1:]
        asked = [Asked("define", f"{wh} {verb} {small}?", answer, statement), Asked("describe", f"How would you describe {small}?", "", statement)]
        if gloss.startswith("the ") and len(gloss) < 90:
            asked.append(Asked("what", f"What {verb} {gloss}?", subject, statement))
        sentences.append(Sentence(statement, 0, [(one, False) for one in asked]))
    return Passage(" ".join(s.text for s in sentences), sentences, "definitions")


class Texts:
    def __init__(self, held_out, nouns):
        documents = load(held_out)
        self.nouns = nouns
        self.groups = {
            "nqg": documents["nqg-dev"] + documents["nqg-test"],
            "xquad": documents["xquad.en"],
            "MedQuAD": documents["MedQuAD"],
            "COVID-QA": documents["COVID-QA"],
        }

    def draw(self, rng, source=None):
        source = source or rng.choices(list(SOURCES), SOURCES.values())[0]
        if source == "made up":
            return invented(rng)
        if source == "definitions":
            return definitions(self.nouns, rng)
        return passage(rng.choice(self.groups[source]), rng)


def make(task, texts, prompts, template, rubric, rng):
    """(system, user, answer) or None."""
    one = texts.draw(rng)
    # A stranger is as often of the same kind of text: telling them apart by subject alone is too easy.
    other = texts.draw(rng, one.source.split("-")[0] if one.source.startswith("nqg") and rng.random() < 0.5 else None)
    if task == "qa_rating":
        made = tasks.qa_rating(prompts, one, other, rubric, rng)
    elif task == "groundedness":
        made = tasks.groundedness(prompts, one, other, rng)
    elif task == "topics":
        return task_data.topics(prompts, template, texts.nouns, rng)
    elif task == "inputs":
        return task_data.inputs(prompts, template, one, rng)
    elif task == "outputs":
        return task_data.outputs(template, one, rng)
    else:
        made = getattr(tasks, task)(prompts, one, rng)
    return None if made is None else ("", *made)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=150_000)
    parser.add_argument("--wordnet", default="/usr/share/wordnet")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    config = yaml.safe_load((ROOT / "configs" / "default.yaml").read_text("utf-8"))
    template = yaml.safe_load((ROOT / "configs" / "templates" / "fine-tuning.yaml").read_text("utf-8"))["texts"]
    prompts, rubric = config["prompts"], config["curate"]["rubric"]
    nouns = Nouns(args.wordnet)
    counts, characters = Counter(), Counter()
    with open(WORK / "samples.jsonl", "w", encoding="utf-8") as out:
        for part, held_out, wanted in (("held out", True, HELD_OUT), ("trained", False, args.samples)):
            rng = random.Random(f"{args.seed} {part}")
            texts = Texts(held_out, nouns)
            made = 0
            while made < wanted:
                task = rng.choices(list(MIX), MIX.values())[0]
                sample = make(task, texts, prompts, template, rubric, rng)
                if sample is None:
                    continue
                system, user, answer = sample
                answer = answer if isinstance(answer, str) else tasks.dumps(answer)
                out.write(json.dumps({"task": task, "held_out": held_out, "system": system, "user": user, "answer": answer}, ensure_ascii=False) + "\n")
                counts[task] += 1
                characters[task] += len(answer)
                made += 1
    for task, count in counts.most_common():
        print(f"{task}: {count}, {characters[task] // count} characters an answer")


if __name__ == "__main__":
    main()
