"""Writes training conversations with exactly the prompts that quern asks with.

In:  models/work/documents.jsonl and tagged.jsonl (texts.py, tag.mjs), the prompts of configs/default.yaml, WordNet.
Out: models/work/samples.jsonl, one {"task", "passage", "held_out", "system", "user", "answer"} a line; the first HELD_OUT
     are of documents that are held out. `answer` is JSON as quern's grammars allow it, or plain text. Samples about the
     same text stand together and have the same number as `passage`: train.py reads the text once for all of them.

Run: python models/corpus/prepare.py [--samples N] [--by-people SHARE] [--seed N] [--processes N]
"""

import argparse
import json
import random
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

import yaml

import task_data
import tasks
from passages import WORK, Passage, Sentence, invented, load, passage
from questions import Asked
from wordnet import Nouns

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = 400
PART = 5000  # samples that one seed makes
# How many samples of a task a text gives; a part of one: that often.
OF_A_TEXT = {"qa_generation": 4, "cot_generation": 2, "qa_rating": 5, "summary": 0.5, "groundedness": 0.5}
# The others, which have no text in common.
BESIDE = {"topics": 0.25, "inputs": 0.15, "outputs": 0.4}
# Texts by kind: how often, and of which sources.
SOURCES = {
    "questions": (42, ["nqg-dev", "nqg-test", "new_wiki", "xquad.en", "QED"]),
    "stories": (7, ["FairytaleQA"]),
    "medicine": (9, ["MedQuAD", "COVID-QA"]),
    "technology": (9, ["18F", "digitalgov", "OWASP", "opensource.guide", "rust-book", "ethereumbook"]),
    "reference": (14, ["factbook", "wikitext", "wiki-split"]),
    "books": (3, ["origin-of-species", "voyage-of-the-beagle", "franklin", "sherlock-holmes"]),
    "made up": (11, []),
    "definitions": (5, []),
}


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
    def __init__(self, held_out, nouns, by_people):
        documents = load(held_out)
        self.nouns, self.by_people = nouns, by_people
        self.groups = {kind: [one for source in sources for one in documents[source]] for kind, (_, sources) in SOURCES.items()}
        self.shares = {kind: share for kind, (share, sources) in SOURCES.items() if not sources or self.groups[kind]}

    def draw(self, rng, kind=None):
        kind = kind or rng.choices(list(self.shares), self.shares.values())[0]
        if kind == "made up":
            return invented(rng)
        if kind == "definitions":
            return definitions(self.nouns, rng)
        found = passage(self.groups[kind], rng)
        found.by_people = self.by_people
        return found


def times(number, rng):
    """A whole number whose mean is `number`."""
    return int(number) + (rng.random() < number % 1)


def conversations(texts, prompts, template, rubric, rng):
    """[[(task, (system, user, answer))]]: what a text gives, and what is made beside it, each in a list of its own."""
    kind = rng.choices(list(texts.shares), texts.shares.values())[0]
    one = texts.draw(rng, kind)
    about = []
    for task, number in OF_A_TEXT.items():
        for _ in range(times(number, rng)):
            # A stranger is as often of the same kind of text: telling them apart by subject alone is too easy.
            other = texts.draw(rng, kind if rng.random() < 0.5 else None)
            if task == "qa_rating":
                made = tasks.qa_rating(prompts, one, other, rubric, rng)
            elif task == "groundedness":
                made = tasks.groundedness(prompts, one, other, rng)
            else:
                made = getattr(tasks, task)(prompts, one, rng)
            # A short text has only one thing to ask about.
            if made and all(made[1] != answer for _, (_, _, answer) in about):
                about.append((task, ("", *made)))
    beside = []
    for task, number in BESIDE.items():
        for _ in range(times(number, rng)):
            if task == "topics":
                made = task_data.topics(prompts, template, texts.nouns, rng)
            elif task == "inputs":
                made = task_data.inputs(prompts, template, one, rng)
            else:
                made = task_data.outputs(template, one, rng)
            if made:
                beside.append([(task, made)])
    return [about, *beside]


class Maker:
    """Makes a part of the samples; the same seed, number and count, the same samples."""

    def __init__(self, held_out, wordnet, by_people):
        config = yaml.safe_load((ROOT / "configs" / "default.yaml").read_text("utf-8"))
        self.template = yaml.safe_load((ROOT / "configs" / "templates" / "fine-tuning.yaml").read_text("utf-8"))["texts"]
        self.prompts, self.rubric = config["prompts"], config["curate"]["rubric"]
        self.held_out, self.texts = held_out, Texts(held_out, Nouns(wordnet), by_people)

    def part(self, seed, number, count):
        rng = random.Random(f"{seed} {self.held_out} {number}")
        made, passage = [], number * PART
        while len(made) < count:
            for group in conversations(self.texts, self.prompts, self.template, self.rubric, rng):
                for task, (system, user, answer) in group:
                    answer = answer if isinstance(answer, str) else tasks.dumps(answer)
                    made.append({"task": task, "passage": passage, "held_out": self.held_out, "system": system, "user": user, "answer": answer})
                passage += 1
        return made[:count]


maker = None  # of a process


def start(wordnet, by_people):
    global maker
    maker = Maker(False, wordnet, by_people)


def run(job):
    return maker.part(*job)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=150_000)
    parser.add_argument("--by-people", type=float, default=1.0, help="how many of the questions that people wrote are used; those by rule are regular, and learnt from far fewer samples")
    parser.add_argument("--wordnet", default="/usr/share/wordnet")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    counts, characters = Counter(), Counter()
    with open(WORK / "samples.jsonl", "w", encoding="utf-8") as out, Pool(args.processes, start, (args.wordnet, args.by_people)) as pool:

        def write(samples):
            for sample in samples:
                out.write(json.dumps(sample, ensure_ascii=False) + "\n")
                counts[sample["task"]] += 1
                characters[sample["task"]] += len(sample["answer"])

        write(Maker(True, args.wordnet, args.by_people).part(args.seed, 0, HELD_OUT))
        jobs = [(args.seed, at // PART, min(PART, args.samples - at)) for at in range(0, args.samples, PART)]
        for samples in pool.imap(run, jobs):
            write(samples)
    for task, count in counts.most_common():
        print(f"{task}: {count}, {characters[task] // count} characters an answer")


if __name__ == "__main__":
    main()
