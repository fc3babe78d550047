"""Turns passages into conversations with exactly the prompts that quern asks with.

In:  the prompts of configs/default.yaml, passages (passages.py), a random.Random.
Out: each maker returns (user text, answer as a Python value), or None where a passage gives nothing.
"""

import json
import re
from collections import Counter

from passages import words_in

TYPES = ["what", "how", "why", "compare", "explain"]
TYPE_OF = {"what": "what", "when": "what", "where": "what", "define": "what", "how many": "how", "how": "how", "why": "why", "compare": "compare", "describe": "explain"}
# Which other kinds stand in where the text has none of what is asked for.
INSTEAD = {"what": "what explain how why", "how": "how what explain", "why": "why explain what", "compare": "compare explain what", "explain": "explain why what"}
SHORT = {"when": 0.5, "how many": 0.5, "where": 0.4, "what": 0.2, "how": 0.2, "why": 0.15}
WEAK = 0.12
MOST_PAIRS = 4
RUBRIC = ["correctness", "groundedness", "completeness", "clarity", "usefulness"]


def fill(prompt, values):
    """The prompt with its placeholders replaced in one pass; every other brace stays."""
    return re.sub(r"\{(\w+)\}", lambda m: str(values[m.group(1)]) if m.group(1) in values else m.group(), prompt).rstrip()


def wish(types):
    """As quern says which types it wants."""
    counts = Counter(types)
    if len(counts) == 1:
        return f"{types[0]}."
    return ", ".join(f"{name} ({count})" for name, count in counts.items()) + "."


def answer_of(asked, rng):
    """The statement, or, for some kinds more often, the short answer alone."""
    if asked.answer and rng.random() < SHORT.get(asked.kind, 0):
        return asked.answer
    return asked.statement


def candidates(passage, rng):
    """(place, Asked) of each sentence, in the order of the text; those that need the text to be understood only now and then,
    those that people wrote as often as the passage has it."""
    found = []
    for place, sentence in enumerate(passage.sentences):
        for asked, weak in sentence.asked:
            if rng.random() < (WEAK if weak else passage.by_people if asked.by_person else 1.0):
                found.append((place, asked))
    return found


def choose(passage, types, rng):
    """(place, Asked, the type it is for): of another kind where there is none; each of a sentence of its own."""
    pool = candidates(passage, rng)
    rng.shuffle(pool)
    chosen, used, texts = [], set(), set()
    for wanted in types:
        found = None
        for kind in INSTEAD[wanted].split(" "):
            for place, asked in pool:
                if TYPE_OF[asked.kind] == kind and place not in used and asked.question not in texts:
                    found = (place, asked)
                    break
            if found:
                break
        if found:
            used.add(found[0])
            texts.add(found[1].question)
            chosen.append((*found, wanted))
    return sorted(chosen, key=lambda one: one[0])


def tail_of(types, rng):
    """What quern appends to the prompt: the types, and the language where it is sure of it."""
    text = f"\nQuestion types: {wish(types)}" if types else ""
    return text + ("\nLanguage: English." if rng.random() < 0.85 else "")


def qa_generation(prompts, passage, rng):
    count = rng.choice([1, 2, 3, 3, 4, 4, 4, 4])
    count = max(1, min(count, MOST_PAIRS, len(passage.sentences)))
    types = [rng.choice(TYPES) for _ in range(count)]
    chosen = choose(passage, types, rng)
    if not chosen:
        return None
    if len(chosen) < count and rng.random() < 0.8:
        count, types = len(chosen), [wanted for _, _, wanted in chosen]
    planned = rng.random() < 0.9
    shows_types = planned and len(set(types)) > 1
    pairs = [
        ({"type": TYPE_OF[a.kind] if TYPE_OF[a.kind] in types else types[min(i, len(types) - 1)]} if shows_types else {})
        | {"question": a.question, "answer": answer_of(a, rng)}
        for i, (_, a, _) in enumerate(chosen)
    ]
    user = fill(prompts["qa_generation"], {"text": passage.text, "num_pairs": count}) + tail_of(types if planned else [], rng)
    if rng.random() < 0.12:
        taken = {a.question for _, a, _ in chosen}
        others = [a.question for _, a in candidates(passage, rng) if a.question not in taken]
        if others:
            known = rng.sample(others, min(len(others), rng.randint(1, 5)))
            user += "\nThese have been asked already; ask others:" + "".join(f"\n- {q}" for q in known)
    return user, pairs


BRIDGES = {
    "when": "The time that it gives is {}.",
    "where": "The place that it gives is {}.",
    "how many": "The number that it gives is {}.",
    "why": "The reason that it gives is {}.",
}


def middle(text):
    """A short answer for the middle of a sentence."""
    first = text.split(" ", 1)[0]
    small = first.lower() in ("the", "a", "an", "in", "on", "at", "by", "from", "because", "due", "to", "about", "since", "until", "with", "one", "two", "three", "both")
    return text[:1].lower() + text[1:] if small else text


def cot_generation(prompts, passage, rng):
    pool = [(place, a) for place, a in candidates(passage, rng) if a.answer and a.kind not in ("describe", "compare")]
    if not pool:
        return None
    count = 1 if rng.random() < 0.8 else 2
    types = [rng.choice(TYPES) for _ in range(count)]
    chosen = sorted(rng.sample(pool, min(count, len(pool))), key=lambda one: one[0])
    records = []
    for _, asked in chosen:
        evidence = asked.statement.rstrip(".")
        bridge = BRIDGES.get(asked.kind, "What is asked for is {}.").format(middle(asked.answer).rstrip("."))
        records.append({"question": asked.question, "reasoning": f'The text says: "{evidence}." {bridge}', "answer": asked.answer})
    shows_types = len(set(types)) > 1
    records = [({"type": TYPE_OF[a.kind] if TYPE_OF[a.kind] in types else types[0]} if shows_types else {}) | r for r, (_, a) in zip(records, chosen)]
    user = fill(prompts["cot_generation"], {"text": passage.text, "num_examples": count}) + tail_of(types, rng)
    return user, records


def summary(prompts, passage, rng):
    """The opening and the sentences that have most words in common with the rest, in the order of the text."""
    sentences = [s.text for s in passage.sentences]
    if len(sentences) < 3 or passage.source == "wiki-split":  # whose sentences are of one text two by two only
        return None
    counts = Counter(w for s in sentences for w in {x.lower() for x in words_in(s) if len(x) > 3})
    scores = [sum(counts[w] - 1 for w in {x.lower() for x in words_in(s) if len(x) > 3}) / (8 + len(words_in(s))) for s in sentences]
    best = sorted(range(1, len(sentences)), key=lambda i: -scores[i])[: 1 if len(sentences) < 6 else 2]
    chosen = [0, *sorted(best)]
    user = fill(prompts["summary"], {"text": passage.text})
    if rng.random() < 0.85:
        user += "\nLanguage: English."
    return user, {"summary": " ".join(sentences[i] for i in chosen)}


MONTHS = "January February March April May June July August September October November December".split()
NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve".split()


def altered(answer, names, rng):
    """(altered answer, (the right words, the wrong ones)) with one number, month or name changed; None: nothing to change."""
    places = []
    for match in re.finditer(r"\d[\d,.]*\d|\d", answer):
        places.append((match, "digits"))
    for match in re.finditer(r"\b(?:" + "|".join(MONTHS) + r")\b", answer):
        places.append((match, "month"))
    for match in re.finditer(r"\b(?:" + "|".join(NUMBER_WORDS) + r")\b", answer, re.I):
        places.append((match, "word"))
    for match in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*", answer):
        places.append((match, "name"))
    if not places:
        return None
    match, kind = rng.choice(places)
    old = match.group()
    if kind == "digits":
        at = rng.choice([i for i, c in enumerate(old) if c.isdigit()])
        new = old[:at] + str((int(old[at]) + rng.randint(1, 9)) % 10) + old[at + 1 :]
        if new[0] == "0":
            new = "4" + new[1:]
    elif kind == "month":
        new = rng.choice([m for m in MONTHS if m != old])
    elif kind == "word":
        new = rng.choice([w for w in NUMBER_WORDS if w != old.lower()])
    else:
        others = [n for n in names if n != old and n not in answer]
        if not others:
            return None
        new = rng.choice(others)
    if new == old:
        return None
    return answer[: match.start()] + new + answer[match.end() :], (old, new)


def names_in(passage):
    return sorted({m.group() for s in passage.sentences for m in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*", s.text)})


def quoted(statement, around=""):
    """Some words of a statement, with those that count among them."""
    words = statement.rstrip(".").split(" ")
    if len(words) <= 14:
        return " ".join(words)
    at = 0
    if around:
        before = statement.find(around)
        at = max(0, len(statement[:before].split(" ")) - 8) if before >= 0 else 0
    part = words[at : at + 14]
    return " ".join(part)


def rated_pair(passage, other, rng):
    """(question, answer, reason, is good, kind) of a pair that is true, mismatched or subtly altered.

    The reason quotes what the text says of the question before it says whether the answer differs: one step at a time.
    """
    pool = candidates(passage, rng)
    if not pool:
        return None
    _, asked = rng.choice(pool)
    answer = answer_of(asked, rng) if rng.random() < 0.7 or not asked.answer else asked.answer
    kind = rng.random()
    if kind < 0.45:
        return asked.question, answer, f'The text says "{quoted(asked.statement, asked.answer)}".', True, "true"
    if kind < 0.72:
        changed = altered(answer, names_in(passage) + names_in(other), rng)
        if changed is not None:
            wrong, (old, new) = changed
            said = asked.statement if old in asked.statement else answer
            return asked.question, wrong, f'The text says "{quoted(said, old)}", not "{new}".', False, "altered"
    if kind < 0.87:
        far = [a for _, a in pool if a.question != asked.question and a.statement != asked.statement]
        stranger = rng.choice(far) if far and rng.random() < 0.5 else rng.choice([a for _, a in candidates(other, rng)] or [None])
        if stranger is not None:
            reason = f'The text says "{quoted(asked.statement, asked.answer)}", which is not the answer.'
            return asked.question, answer_of(stranger, rng), reason, False, "mismatched answer"
    strangers = [a for _, a in candidates(other, rng)]
    if not strangers:
        return None
    stranger = rng.choice(strangers)
    return stranger.question, answer_of(stranger, rng), "The text does not say this.", False, "mismatched"


def grades(is_good, kind, rng):
    if is_good:
        criteria = [rng.randint(8, 10), rng.randint(8, 10), rng.randint(7, 10), rng.randint(7, 10), rng.randint(6, 9)]
        return dict(zip(RUBRIC, criteria)), rng.randint(8, 10)
    clear = rng.randint(5, 9)
    wrong = [rng.randint(1, 3), rng.randint(1, 3) if kind != "mismatched answer" else rng.randint(1, 5), rng.randint(1, 4), clear, rng.randint(1, 4)]
    return dict(zip(RUBRIC, wrong)), rng.randint(1, 3)


def qa_rating(prompts, passage, other, rubric, rng):
    made = rated_pair(passage, other, rng)
    if made is None:
        return None
    question, answer, reason, is_good, kind = made
    criteria, rating = grades(is_good, kind, rng)
    text = "\n".join(f"- {name}: {meaning}" for name, meaning in rubric.items())
    user = fill(prompts["qa_rating"], {"rubric": text, "text": passage.text, "question": question, "answer": answer})
    return user, {"reason": reason[:200], "criteria": criteria, "rating": rating}


def groundedness(prompts, passage, other, rng):
    pool = candidates(passage, rng)
    made = rated_pair(passage, other, rng)
    if made is None or not pool:
        return None
    question, answer, reason, is_good, _ = made
    user = fill(prompts["groundedness"], {"text": passage.text, "question": question, "answer": answer})
    quote = ""
    if is_good:
        quote = re.sub(r'^The text says "|"\.$', "", reason)
        if quote not in passage.text:
            return None
    return user, {"quote": quote, "supported": is_good}


def dumps(value):
    """JSON as quern's grammars allow it: a space behind each comma and colon."""
    return json.dumps(value, ensure_ascii=False)
