"""Reads the question data into documents, each with the questions that people wrote about it, and writes their texts.

In:  --qa PATH: gzip JSONL, one object a line: source, licence, context, question, answer ("" where there is none);
     models/work/more.jsonl (more.py), where it is there; Debian's lists of English words (casing.py).
Out: models/work/documents.jsonl: {"id", "source", "held_out", "text", "questions": [{"question", "answer"}]}, paragraphs
     divided by blank lines; models/work/texts.jsonl: {"id", "text"} of the same, for tag.mjs.

A document is held out whole, by its number; what shares a sentence with one that is held out is left out altogether
(sources overlap: XQuAD's paragraphs are of SQuAD, as the sentences of nqg are). Nothing of it is trained on.

Run: python models/corpus/texts.py --qa PATH
"""

import argparse
import gzip
import json
import re
from collections import defaultdict
from pathlib import Path

from casing import Casing

WORK = Path(__file__).resolve().parents[1] / "work"
HELD_OUT_EVERY = 20
BLOCK = 10  # neighbouring documents of a source may be of one article: they are held out together
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"(])")
BAD = re.compile(r"https?:|doi|www\.|\bet al\b|\bFig\b|\bTable\b|\[\d|[|{}<>=_]|\bSHA\b|PMC\d|©|\bdoesnt\b|\bdont\b|\bcant\b")


def sentences(text):
    """The sentences of a text, by punctuation."""
    parts, start = [], 0
    for match in SENTENCE_END.finditer(text):
        parts.append(text[start : match.end()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def is_prose(sentence):
    """Whether a sentence is one: begins with a capital, ends with a full stop, of words mostly."""
    letters = sum(c.isalpha() or c == " " for c in sentence)
    return (
        30 <= len(sentence) <= 320
        and re.match(r"[A-Z]", sentence)
        and sentence.endswith((".", "!"))
        and not BAD.search(sentence)
        and letters > 0.85 * len(sentence)
        and sentence.count("(") == sentence.count(")")
        and sentence.count('"') % 2 == 0
        and sentence.count("“") == sentence.count("”")
        and " - " not in sentence
    )


def plain(text):
    """In the basic plane of Unicode, with simple spaces."""
    text = "".join(c for c in text if ord(c) < 0x10000)
    return re.sub(r"\s+", " ", text.replace("\u00ad", "")).strip()


def clean_question(question):
    """One question without the spacing and template marks of its source, starting with a capital."""
    question = plain(question.replace("is (are)", "is"))
    question = re.sub(r"\s*\?[\s?]*$", "?", question)
    return question[:1].upper() + question[1:]


def paragraphs(kept, size=5):
    return "\n\n".join(" ".join(kept[i : i + size]) for i in range(0, len(kept), size))


def xquad(rows, _casing):
    by_text = defaultdict(list)
    for row in rows:
        by_text[plain(row["context"])].append({"question": clean_question(row["question"]), "answer": plain(row["answer"])})
    yield from by_text.items()


def covid(rows, _casing):
    by_text = defaultdict(list)
    for row in rows:
        kept = [s for s in sentences(plain(row["context"])) if is_prose(s)]
        if len(kept) >= 3:
            by_text[paragraphs(kept)].append({"question": clean_question(row["question"]), "answer": plain(row["answer"])})
    for text, questions in by_text.items():
        yield text, [q for q in questions if q["answer"] in text and 1 < len(q["answer"]) < 250]


def medquad(rows, _casing):
    seen = set()
    for row in rows:
        if "Human Phenotype Ontology" in row["context"] or "MedlinePlus Medical Dictionary" in row["context"]:
            continue
        kept = []
        for sentence in sentences(plain(row["context"])):
            if is_prose(sentence) and sentence not in seen:
                kept.append(sentence)
                seen.add(sentence)
        if len(kept) >= 3:
            kept = kept[:14]
            question = clean_question(row["question"])
            # What the source answers with begins with the answer itself.
            yield paragraphs(kept), [{"question": question, "answer": kept[0]}] if len(question) < 140 else []


def nqg(rows, casing):
    by_text = defaultdict(list)
    for row in rows:
        text = casing.restore(plain(row["context"]))
        if is_prose(text):
            by_text[text].append({"question": clean_question(casing.restore(plain(row["question"]))), "answer": text})
    texts = list(by_text)
    for at in range(0, len(texts) - 3, 6):
        group = texts[at : at + 6]
        whole = " ".join(group).lower()
        yield " ".join(group), [q for text in group for q in by_text[text] if is_spelt(q["question"], whole, casing)]


def more(casing):
    """source -> [(text, questions, what it is a part of)] of more.jsonl: what is prose of them, the questions answered in it and spelt well."""
    found = defaultdict(list)
    path = WORK / "more.jsonl"
    if not path.exists():
        return found
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            kept = [" ".join(s for s in sentences(plain(paragraph)) if is_prose(s)) for paragraph in document["text"].split("\n\n")]
            text = "\n\n".join(paragraph for paragraph in kept if paragraph)
            if len(text) < 200:
                continue
            asked = []
            for one in document["questions"]:
                answer = plain(one["answer"])
                at = text.lower().find(answer.lower())
                whole = f" {text} "[at : at + len(answer) + 2]
                if at < 0 or not 1 < len(answer) < 250 or whole[0].isalnum() or whole[-1].isalnum():
                    continue
                question = clean_question(casing.restore(one["question"]) if document.get("lower") else one["question"])
                if is_spelt(question, text.lower(), casing):
                    asked.append({"question": question, "answer": text[at : at + len(answer)]})
            found[document["source"]].append((text, asked, document["whole"]))
    return found


def sentence_keys(text):
    """What a sentence is known by, however it is written: its letters and digits; short ones are anybody's."""
    keys = (re.sub(r"\W+", "", sentence.lower()) for sentence in re.split(r"(?<=[.!?])\s+", text))
    return {key for key in keys if len(key) > 40}


def is_spelt(question, text, casing):
    """Whether every word of a question is one that the lists know, or one of the text."""
    for word in re.findall(r"[^\W\d_]{3,}", question):
        lower = word.lower()
        if lower not in casing.lower and lower not in casing.proper and lower not in text:
            return False
    return True


READERS = {"xquad.en": xquad, "COVID-QA": covid, "MedQuAD": medquad, "nqg-dev": nqg, "nqg-test": nqg}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", required=True)
    args = parser.parse_args()
    rows = defaultdict(list)
    with gzip.open(args.qa, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows[row["source"].split(" ")[0]].append(row)
    casing = Casing()
    others = more(casing)
    cased = [row["context"] for source in ("xquad.en", "MedQuAD", "COVID-QA") for row in rows[source]]
    casing.learn([text for found in others.values() for text, _, _ in found] + cased)
    WORK.mkdir(exist_ok=True)
    read = {}
    for source, found in ({source: reader(rows[source], casing) for source, reader in READERS.items()} | others).items():
        # Neighbours without a name of the whole are blocks.
        numbers = {}
        for number, (text, asked, *whole) in enumerate(found):
            part = numbers.setdefault(whole[0] if whole else number // BLOCK, len(numbers))
            held_out = part % HELD_OUT_EVERY == 0
            read.setdefault(source, []).append({"id": f"{source}:{number}", "source": source, "held_out": held_out, "text": text, "questions": asked})
    kept_back = {key for list_ in read.values() for one in list_ if one["held_out"] for key in sentence_keys(one["text"])}
    totals = {}
    with open(WORK / "documents.jsonl", "w", encoding="utf-8") as documents, open(WORK / "texts.jsonl", "w", encoding="utf-8") as texts:
        for source, list_ in read.items():
            kept = [one for one in list_ if one["held_out"] or kept_back.isdisjoint(sentence_keys(one["text"]))]
            for document in kept:
                documents.write(json.dumps(document, ensure_ascii=False) + "\n")
                texts.write(json.dumps({"id": document["id"], "text": document["text"]}, ensure_ascii=False) + "\n")
            held = sum(one["held_out"] for one in kept)
            characters, questions = sum(len(one["text"]) for one in kept), sum(len(one["questions"]) for one in kept)
            totals[source] = f"{len(kept)} documents, {characters} characters, {questions} questions; {held} held out, {len(list_) - len(kept)} left out"
    for source, total in totals.items():
        print(f"{source}: {total}")


if __name__ == "__main__":
    main()
