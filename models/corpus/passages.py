"""Passages of the documents with what can be asked about them, by people and by rule.

In:  models/work/documents.jsonl (texts.py), models/work/tagged.jsonl (tag.mjs).
Out: load(held_out) -> {source: [Document]}; passage(document, rng) -> Passage.
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from casing import Casing
from clause import parse, words_of
from facts import made_up
from questions import FUNCTION, Asked, learn_common, questions_of

WORK = Path(__file__).resolve().parents[1] / "work"
LENGTHS = {250: 2, 500: 3, 900: 3, 1400: 3, 2000: 3, 3000: 1.5, 4500: 1, 6000: 0.5}  # of texts, at most, in characters: how often
FRONT = re.compile(r"^(?:However|For example|In general|In addition|As a result|By contrast|In contrast|Therefore|Thus|Moreover|Furthermore|Also|In fact|Additionally|Finally|Similarly|Typically), ", re.I)


# Questions of people that only their text explains, or that are none.
NEEDS_TEXT = re.compile(
    r"^(?:[\w'’-]+ ){0,5}?(?:did|does|do|was|were|is|are|has|had|have|can|could|would|will|should) (?:he|she|it|they|his|her|their|its|this|these|that|those)\b"
    r"|\b(?:the|this) (?:passage|text|article|paragraph|author|story|study|example given)\b|\bcrossword\b",
    re.I,
)
ASKS = re.compile(r"^(?:\w+ ){0,3}?(?:what|who|whom|whose|which|when|where|why|how)\b|^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b", re.I)
ENDING = re.compile(r"(?:ies|es|ed|ing|s)$")


@dataclass
class Sentence:
    text: str
    paragraph: int
    asked: list  # of Asked, with .weak where what it asks about is not named


@dataclass
class Document:
    name: str
    source: str
    sentences: list
    title: str


@dataclass
class Passage:
    text: str
    sentences: list
    source: str
    by_people: float = 1.0  # how many of the questions that people wrote are used


def kind_of(question):
    """What a question that a person wrote asks for."""
    lower = question.lower()
    for kind, marks in (
        ("why", ("why ", "for what reason", "what is the reason", "what was the reason")),
        ("how many", ("how many", "how much")),
        ("how", ("how ", "in what way")),
        ("when", ("when ", "in what year", "what year", "in which year")),
        ("where", ("where ",)),
    ):
        if any(lower.startswith(mark) for mark in marks):
            return kind
    return "what"


def is_weak(asked, clause):
    """Whether the question names what it is about by a word that needs the text: "the plan", "a person"."""
    subject = [w for w in clause.subject if w.text not in ("(", ")")]
    return len(subject) <= 2 and subject[0].pos == "DET" and subject[-1].pos == "NOUN"


def tidy(statement):
    statement = FRONT.sub("", statement)
    return statement[:1].upper() + statement[1:]


def stems(text):
    """The words that carry meaning, without their endings."""
    return {ENDING.sub("", w) for w in re.findall(r"\w+", text.lower()) if w not in FUNCTION and len(w) > 1}


def is_usable(question, sentence):
    """Whether what a person asked is a question that stands on its own, about something that the sentence names."""
    if not 8 < len(question) < 170 or not question.endswith("?") or NEEDS_TEXT.search(question) or not ASKS.search(question):
        return False
    return bool(stems(question) & stems(sentence))


def read_sentences(document, tagged):
    text = document["text"]
    by_person = document["questions"]
    found = []
    for words in tagged["sentences"]:
        start, end = words[0][0], words[-1][1]
        sentence = text[start:end]
        paragraph = text.count("\n\n", 0, start)
        asked = []
        for one in by_person:
            if one["answer"] and one["answer"] in sentence and is_usable(one["question"], sentence):
                whole = one["answer"] == sentence
                asked.append((Asked(kind_of(one["question"]), one["question"], "" if whole else one["answer"], sentence, True), False))
        clause = parse(words_of(text, words))
        if clause is not None:
            for one in questions_of(clause):
                one.statement = tidy(one.statement)
                asked.append((one, is_weak(one, clause)))
        found.append(Sentence(sentence, paragraph, asked))
    return found


def title_of(sentences):
    """What the first definition or plain subject is about."""
    for sentence in sentences:
        for one, _ in sentence.asked:
            if one.kind == "define":
                return re.sub(r"^(?:What|Who) (?:is|are|was|were) (?:the |a |an )?", "", one.question)[:-1]
    return ""


def load(held_out):
    """The documents of every source that are held out, or those that are not."""
    learn_common(Casing())
    found = defaultdict(list)
    with open(WORK / "documents.jsonl", encoding="utf-8") as documents, open(WORK / "tagged.jsonl", encoding="utf-8") as tags:
        for line, tagged in zip(documents, tags):
            document = json.loads(line)
            if document["held_out"] == held_out:
                sentences = read_sentences(document, json.loads(tagged))
                if sentences:
                    title = title_of(sentences)
                    found[document["source"]].append(Document(document["id"], document["source"], sentences, title[:1].upper() + title[1:]))
    return found


def passage(documents, rng, most=None):
    """Neighbouring sentences of a document and of those behind it, up to a random length; sometimes under a heading."""
    goal = most or rng.choices(list(LENGTHS), LENGTHS.values())[0]
    at = rng.randrange(len(documents))
    document = documents[at]
    first = rng.randrange(max(1, len(document.sentences) - 2)) if rng.random() < 0.5 else 0
    chosen, breaks, length = [], set(), 0
    while at < len(documents) and documents[at].source == document.source:
        for sentence in documents[at].sentences[first:]:
            length += len(sentence.text) + 1
            if chosen and length > goal:
                break
            chosen.append(sentence)
        if length > goal:
            break
        breaks.add(len(chosen))
        at, first = at + 1, 0
    text = chosen[0].text
    listed = len(chosen) > 4 and rng.random() < 0.12  # some sentences as the points of a list
    points = range(*sorted(rng.sample(range(1, len(chosen)), 2))) if listed else []
    for place, (before, after) in enumerate(zip(chosen, chosen[1:]), 1):
        parted = after.paragraph != before.paragraph or place in breaks
        if place in points:
            text += f"\n- {after.text}" if place > points[0] else f"\n\n- {after.text}"
        elif place - 1 in points:
            text += f"\n\n{after.text}"
        else:
            text += ("\n\n" if parted else " ") + after.text
    if document.title and rng.random() < 0.25:
        text = rng.choice(["# {}\n\n{}", "## {}\n\n{}", "{}\n\n{}"]).format(document.title, text)
    return Passage(text, chosen, document.source)


def invented(rng):
    """A passage about things that do not exist."""
    text, facts = made_up(rng)
    return Passage(text, [Sentence(one.sentence, 0, [(a, False) for a in one.asked]) for one in facts], "made up")


def words_in(text):
    return re.findall(r"\w+(?:['’-]\w+)*", text)
