"""Reads the question data and turns every source into passages: short texts with their questions.

In:  a gzip JSONL file, one object a line: source, licence, context, question, answer ("" where there is none).
Out: load(path) -> {"xquad" | "covid" | "medquad" | "nqg": [Unit, ...]}, in the order of the file,
     so that neighbouring units come from the same article.
"""

import gzip
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass

SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"(])")
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


@dataclass
class Question:
    question: str
    answer: str
    evidence: str  # the sentence of the text that answers


@dataclass
class Unit:
    text: str
    questions: list


def sentences(text):
    """The sentences of a text, by punctuation."""
    parts = []
    start = 0
    for match in SENTENCE_END.finditer(text):
        parts.append(text[start : match.end()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def evidence_for(text, answer):
    """The sentence that contains the answer, or the answer itself where it spans several."""
    return next((s for s in sentences(text) if answer in s), answer)


def clean_question(question):
    """One question without the spacing and template marks of its source, starting with a capital."""
    question = re.sub(r"\s+", " ", question.replace("is (are)", "is")).strip()
    question = re.sub(r"\s*\?[\s?]*$", "?", question)
    return question[:1].upper() + question[1:]


def casing_from(texts):
    """{lower-case word: its usual form} for words that are nearly always capitalised inside sentences."""
    forms = defaultdict(Counter)
    for text in texts:
        for sentence in sentences(text):
            for match in WORD.finditer(sentence, 1):
                forms[match.group().lower()][match.group()] += 1
    casing = {}
    for word, counts in forms.items():
        form, count = counts.most_common(1)[0]
        if form != word and count >= 3 and count >= 0.8 * counts.total():
            casing[word] = form
    return casing


def restore(text, casing):
    """Undoes, as far as rules can, the lower-casing and the token spacing of the nqg sources."""
    text = re.sub(r'" ([^"]*?) "', r'"\1"', text)
    text = re.sub(r"\s+([,.;:?!])", r"\1", text)
    text = re.sub(r" ' ", "' ", text).replace(" - ", "-")
    text = WORD.sub(lambda m: casing.get(m.group(), m.group()), text)
    return text[:1].upper() + text[1:]


def xquad_units(rows):
    """One unit per paragraph, with all of its questions."""
    by_text = defaultdict(list)
    for row in rows:
        evidence = evidence_for(row["context"], row["answer"])
        by_text[row["context"]].append(Question(clean_question(row["question"]), row["answer"], evidence))
    return [Unit(text, questions) for text, questions in by_text.items()]


def covid_units(rows):
    """One unit per question: the whole sentences around its answer, about 400 characters to each side."""
    units = []
    for row in rows:
        answer = row["answer"].strip()
        at = row["context"].find(answer)
        window = row["context"][max(0, at - 400) : at + len(answer) + 400]
        kept = sentences(window)[1:-1]
        text = " ".join(kept)
        if answer in text and len(answer) < 300:
            answer_text = answer[:1].upper() + answer[1:]
            question = Question(clean_question(row["question"]), answer_text, evidence_for(text, answer))
            units.append(Unit(re.sub(r"\s+", " ", text), [question]))
    return units


def medquad_units(rows):
    """One unit per question; its text is the source's answer, and the first one or two sentences answer."""
    seen = Counter()
    units = []
    for row in rows:
        text = row["context"].strip()
        if "Human Phenotype Ontology" in text:
            continue
        parts = sentences(re.sub(r"[ \t]+", " ", text))
        if parts and parts[0].endswith("?"):
            parts = parts[1:]
        opening = " ".join(parts)[:50]
        seen[opening] += 1
        if len(parts) < 2 or seen[opening] > 10:
            continue
        answer = parts[0] if len(parts[0]) > 80 else " ".join(parts[:2])
        if 20 < len(answer) < 350 and len(row["question"]) < 160:
            body = " ".join(parts[:8])[:1500]
            units.append(Unit(body, [Question(clean_question(row["question"]), answer, parts[0])]))
    return units


def nqg_units(rows, casing):
    """One unit per sentence; the sentence is the answer to each of its questions."""
    by_text = defaultdict(list)
    for row in rows:
        text = restore(row["context"], casing)
        if 40 < len(text) < 320:
            by_text[text].append(Question(clean_question(restore(row["question"], casing)), text, text))
    return [Unit(text, questions) for text, questions in by_text.items()]


def load(path):
    """The units of every source in the file at `path`."""
    rows = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows[row["source"].split(" ")[0]].append(row)
    well_cased = [rows["xquad.en"], rows["COVID-QA"], rows["MedQuAD"]]
    casing = casing_from(text for source in well_cased for text in {row["context"] for row in source})
    return {
        "xquad": xquad_units(rows["xquad.en"]),
        "covid": covid_units(rows["COVID-QA"]),
        "medquad": medquad_units(rows["MedQuAD"]),
        "nqg": nqg_units(rows["nqg-dev"] + rows["nqg-test"], casing),
    }
