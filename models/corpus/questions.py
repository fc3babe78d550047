"""Makes questions of plain sentences by rule: who and what, when, where, how many, why, by what, definitions, lists.

In:  clauses (clause.py).
Out: questions_of(clause, known) -> [Asked], each with a short answer and the statement that answers in a whole sentence.
"""

import re
from dataclasses import dataclass

from clause import BE, MONTHS, Word, is_date, text_of

PEOPLE = set(
    "king queen emperor president minister bishop pope duke lord general author writer poet scientist physicist chemist "
    "mathematician philosopher engineer architect painter composer singer actor actress player coach explorer leader founder "
    "inventor doctor physician nurse teacher professor researcher historian astronomer biologist economist soldier captain "
    "director producer governor senator mayor priest saint prophet son daughter brother sister wife husband".split()
)
GROUPS = {"people", "scientists", "researchers", "doctors", "soldiers", "women", "men", "children", "students", "settlers", "workers"}
# What only people do, or bodies of them.
HUMAN = set(
    "said hoped reported argued believed wrote thought wanted decided married died played sang stated claimed suggested "
    "proposed invited discovered invented founded designed composed painted directed won led ruled commanded announced "
    "noted described observed concluded appointed refused agreed asked defeated conquered arrived travelled traveled".split()
)
# What happens to people.
TO_PEOPLE = set("appointed named elected born educated drafted traded signed hired nominated awarded knighted married buried elevated ordained promoted".split())
FUNCTION = set(
    "a an the of in on at to for from by with and or but as is are was were be been being has have had do does did not no "
    "it its he his she her they their them this that these those which who what when where why how can could may might must "
    "will would should also than then there".split()
)


@dataclass
class Asked:
    kind: str  # what, when, where, how many, why, how, define, compare, describe
    question: str
    answer: str  # the shortest that answers, words of the text
    statement: str  # what the text says, as a sentence
    by_person: bool = False


def learn_common(casing):
    """Takes over which words are known in small letters. In: casing.Casing."""
    COMMON.update(word for word in casing.lower if word not in casing.proper)


def content(words):
    return [w for w in words if w.lower not in FUNCTION and any(c.isalnum() for c in w.text)]


def lowered(words):
    """Words for the middle of a sentence: the first loses its capital unless it is a name."""
    if not words:
        return words
    first = words[0]
    if first.pos in ("DET", "ADP", "ADV", "SCONJ", "NUM", "PRON") or is_common(first):
        return [Word(first.text[:1].lower() + first.text[1:], first.pos, first.lemma, first.space), *words[1:]]
    return words


COMMON = set()


def is_common(word):
    """Whether a word is known in small letters, and not as a name."""
    return word.lower in COMMON and word.text[1:].islower()


def capital(text):
    return text[:1].upper() + text[1:]


def joined(*parts):
    """Parts, texts or lists of words, with single spaces between those that are not empty."""
    texts = [part if isinstance(part, str) else text_of(part) for part in parts]
    text = " ".join(t.strip() for t in texts if t and t.strip())
    return re.sub(r"\s+([,.;:?!)])", r"\1", text)


def inverted(clause, rest):
    """"was the bridge built of stone", "did floods destroy the arches": the order of questions."""
    subject = lowered(clause.subject)
    if clause.aux is not None:
        return joined(clause.aux.lower, subject, clause.verb, rest)
    adverbs, verb = clause.verb[:-1], clause.verb[-1]
    helper = {"past": "did", "does": "does", "do": "do"}[clause.tense]
    return joined(helper, subject, adverbs, verb.lemma, rest)


def is_person(words):
    last = words[-1].lower
    return any(w.lower in PEOPLE for w in words) or last in GROUPS


def phrase_end(rest, start):
    """The end of a prepositional phrase that begins at `start`: nouns, adjectives and numbers, up to the next preposition."""
    i = start + 1
    while i < len(rest) and (rest[i].pos in ("DET", "ADJ", "NOUN", "PROPN", "NUM", "X") or rest[i].lower in ("of", "'s") or rest[i].text == "-"):
        i += 1
    return i


def object_end(rest):
    """The end of a noun phrase at the beginning of what follows the verb; 0: there is none."""
    i, nouns = 0, 0
    while i < len(rest) and (rest[i].pos in ("DET", "ADJ", "NOUN", "PROPN", "NUM", "X") or (nouns and rest[i].lower in ("of", "'s", "and")) or rest[i].text == "-"):
        nouns += rest[i].pos in ("NOUN", "PROPN")
        i += 1
    while i > 0 and rest[i - 1].lower in ("of", "and", "the", "a"):
        i -= 1
    return i if nouns else 0


def question(*parts):
    text = joined(*parts)
    text = re.sub(r"\s*,\s*$", "", text)
    return capital(text) + "?"


def questions_of(clause):
    """All questions that the rules make of a clause; none may be good."""
    made = []
    sentence = capital(text_of(clause.whole)) + "."
    statement = capital(joined(clause.front, "," if clause.front else "", clause.subject, clause.aux.text if clause.aux else "", clause.verb, clause.rest)) + "."
    subject, rest, front = clause.subject, clause.rest, clause.front
    negated = any(w.lower in ("not", "never", "no") for w in clause.verb + rest[:2])
    be = clause.aux is not None and clause.aux.lower in BE and not clause.verb
    be_done = clause.aux is not None and clause.aux.lower in BE and bool(clause.verb) and clause.verb[-1].lower in TO_PEOPLE
    pronoun = any(w.pos == "PRON" and w.lower not in ("its", "his", "her", "their") for w in rest)

    def add(kind, text, answer):
        answer = answer if isinstance(answer, str) else text_of(answer)
        answer = answer.strip(" ,;:")
        if 12 <= len(text) <= 160 and answer and not pronoun:
            made.append(Asked(kind, text, capital(answer), statement if kind != "define" else sentence))

    # What is X? What is X called?
    if be and rest and len(subject) <= 6 and not negated:
        head = rest[0].lower
        if head in ("a", "an", "the", "one", "any") and len(content(rest)) >= 2:
            who = is_person(rest[:6]) and subject[0].pos == "PROPN"
            if len(content(subject)) >= 1 and not (rest[0].lower == "one" and len(rest) < 4):
                add("define", question("who" if who else "what", clause.aux.lower, lowered(subject)), rest)
    plural = clause.aux is not None and clause.aux.lower in ("are", "were", "have") or (clause.aux is None and clause.tense == "do")
    # Who or what did it?
    tail = len(content(rest))
    if 2 <= tail and len(rest) <= 18 and not plural and not negated and not (be and rest[0].lower in ("a", "an", "one")):
        wh = "who" if is_person(subject) or (not be and clause.verb[-1].lower in HUMAN and (clause.aux is None or clause.aux.lower == "had")) else "what"
        if be_done and subject[0].pos == "PROPN" and len(subject) <= 3:
            wh = "who"
        verb = joined(clause.aux.lower if clause.aux else "", clause.verb)
        # A bare name may be of a person or of a thing.
        bare = wh == "what" and subject[0].pos == "PROPN" and len(subject) <= 2 and subject[-1].text[1:].islower() and not be
        if not bare:
            add("what", question(wh, verb, rest, *([lowered(front)] if any(w.pos in ("PROPN", "NUM") for w in front) else [])), subject)
    # When?
    for at, word in enumerate(rest):
        if word.lower in ("in", "since", "until", "during", "on", "by", "from", "around") and at + 1 < len(rest):
            end = phrase_end(rest, at)
            phrase = rest[at:end]
            if any(is_date(w) for w in phrase) and len(phrase) <= 6:
                others = rest[:at] + rest[end:]
                if len(content(others)) + len(content(clause.verb)) >= 1:
                    plain = phrase[1:] if word.lower == "in" else phrase
                    add("when", question("when", inverted(clause, others)), plain)
                break
    if front and any(is_date(w) for w in front) and len(front) <= 5:
        plain = front[1:] if front[0].lower == "in" else front
        add("when", question("when", inverted(clause, rest)), plain)
    # Where?
    for at, word in enumerate(rest):
        if word.lower in ("in", "at", "near", "on") and at + 1 < len(rest):
            end = phrase_end(rest, at)
            phrase = rest[at:end]
            names = [w for w in phrase if w.pos == "PROPN" and w.text[0].isupper()]
            if names and not any(is_date(w) or w.lower in MONTHS for w in phrase) and len(phrase) <= 8:
                others = rest[:at] + rest[end:]
                thing = be and rest[0].pos in ("DET", "NUM")  # "is a town in": not where it is one
                if len(content(others)) + len(content(clause.verb)) >= 1 and not (others and others[-1].pos == "ADP") and not thing:
                    add("where", question("where", inverted(clause, others)), phrase)
                break
    # How many?
    for at, word in enumerate(rest[:6]):
        if word.pos == "NUM" and at + 1 < len(rest) and rest[at + 1].pos in ("NOUN", "ADJ") and not is_date(word):
            end = at + 1
            while end < len(rest) and rest[end].pos in ("NOUN", "ADJ"):
                end += 1
            if end > at + 1 and rest[end - 1].lower.endswith(("s", "people", "children", "men")) and all(
                w.pos in ("ADV", "ADP", "DET") and w.lower in ("about", "around", "approximately", "nearly", "over", "more", "than", "at", "least", "almost", "some", "the") for w in rest[:at]
            ):
                asked = rest[at + 1 : end]
                others = rest[end:]
                if not be:
                    add("how many", question("how many", asked, inverted(clause, others)), rest[:end])
                break
    if subject[0].pos == "NUM" and len(subject) >= 2 and not is_date(subject[0]) and subject[1].pos in ("NOUN", "ADJ"):
        verb = joined(clause.aux.lower if clause.aux else "", clause.verb)
        add("how many", question("how many", subject[1:], verb, rest), [subject[0], *subject[1:]])
    # Why?
    for at, word in enumerate(clause.rest + clause.tail):
        line = clause.rest + clause.tail
        following = line[at + 1].lower if at + 1 < len(line) else ""
        if word.lower == "because" or (word.lower == "due" and following == "to") or (word.lower == "so" and following == "that"):
            before = line[:at]
            if before and before[-1].text == ",":
                before = before[:-1]
            reason = line[at:]
            if len(content(reason)) >= 2 and len(before) <= 16:
                text = question("why", inverted(clause, before))
                if 12 <= len(text) <= 160:
                    made.append(Asked("why", text, capital(text_of(reason)), sentence))
            break
    # What is it caused, made, followed ... by? How is it done?
    if clause.aux is not None and clause.aux.lower in BE and clause.verb and rest and rest[0].lower == "by" and not negated:
        done = clause.verb[-1].lower
        if rest[1:2] and rest[1].lower.endswith("ing") and rest[1].pos in ("VERB", "NOUN"):
            add("how", question("how", inverted(clause, [])), rest)
        elif done in ("caused", "produced", "made", "formed", "surrounded", "covered", "followed", "affected", "influenced", "driven", "spread", "transmitted", "carried", "controlled", "triggered", "replaced"):
            add("what", question("what", inverted(clause, rest[:1])), rest[1:])
        else:
            actor = rest[1:]
            if 1 <= len(actor) <= 12:
                add("what", question("who" if is_person(actor[:5]) or actor[0].pos == "PROPN" else "what", inverted(clause, rest[:1])), actor)
    # What does it do, have, include?
    if clause.aux is None or clause.aux.lower not in BE:
        end = object_end(rest)
        if end and not negated and clause.verb:
            others = rest[end:]
            verb = clause.verb[-1].lower
            if verb in ("include", "includes", "included", "contain", "contains", "involve", "involves", "cause", "causes", "caused", "affect", "affects", "produce", "produces", "require", "requires"):
                add("what", question("what", inverted(clause, [])), rest)
            elif (not others or others[0].pos == "ADP") and rest[0].pos != "NUM" and verb not in ("has", "have", "had"):
                add("what", question("what", inverted(clause, others)), rest[:end])
    if clause.aux is not None and clause.aux.lower in BE and clause.verb and rest:
        done = clause.verb[-1].lower
        if done in ("used",) and rest[0].lower in ("to", "for", "in", "as"):
            start = "what" if rest[0].lower in ("for", "to") else "how"
            add("how", question(start, inverted(clause, []), "for" if start == "what" else ""), rest)
        if done in ("called", "named", "known", "termed") and rest:
            answer = rest[1:] if rest[0].lower == "as" else rest
            add("what", question("what", inverted(clause, rest[:1] if rest[0].lower == "as" else [])), answer)
    # How long, how large?
    if be and len(rest) >= 3 and rest[0].pos == "NUM" and rest[2].lower in ("long", "high", "tall", "wide", "deep", "old", "thick"):
        add("how", question("how", rest[2].lower, clause.aux.lower, lowered(subject), rest[3:]), rest[:2])
    # How does it compare?
    line = rest
    for at, word in enumerate(line):
        if word.lower == "than" and at + 1 < len(line) and line[at + 1].pos in ("DET", "NOUN", "PROPN", "ADJ") and at > 0:
            other = line[at + 1 : phrase_end(line, at)]
            if other and not any(w.pos == "NUM" for w in other) and len(subject) <= 8 and content(other):
                helper = "do" if plural else "does"
                text = question("how", helper, lowered(subject), "compare with", lowered(other))
                if len(text) <= 150:
                    made.append(Asked("compare", text, capital(text_of(clause.whole)), sentence))
            break
    # How would you describe it?
    if be and len(subject) <= 7 and len(content(subject)) >= 1 and len(content(rest)) >= 3:
        made.append(Asked("describe", question("how would you describe", lowered(subject)), sentence[:-1], sentence))
    return [one for one in made if is_sound(one)]


# What only the text around can explain, or what speaks to the reader.
POINTING = re.compile(r"\b(?:this|these|those|such|same|above|below|here|following|former|latter|another|I|we|us|our|you|your|my|me)\b")
# A second clause that the rules took for a part of the first.
SECOND = re.compile(r" (?:but|so|while|although|whereas)\b|, |[;:“”]")
# What follows "what is" where the subject was a whole clause or an adverb.
EMPTY = re.compile(r"^(?:What|Who) (?:is|are|was|were) (?:to|that|not|just|only|often|how|why|because|what|when|where|if|\d)\b")
# A helping verb behind "did" or "does": the parse was wrong.
TWICE = re.compile(r"^(?:Why|How|When|Where|What) (?:did|do|does) .*\b(?:has|have|had|is|are|was|were|will|won[’']t|does|did|don[’']t)\b")
CUT = re.compile(r"^(?:What|Who) \w+(?:ed|ound|ought|ept|een|own) (?:by|in several)\b|\w- \w| '|\+")


TORN = re.compile(r"\w- \w| n[’']t\b|\( | \)")
# Answers that say nothing without their sentence.
BLANK = set("others other some many most all both each these those they it one ones such several few none either another he she we you i this that there".split())


def is_sound(asked):
    """Leaves out questions with marks that are not closed, words twice, next to nothing in them, or signs of a wrong parse."""
    text = asked.question
    if POINTING.search(text) or SECOND.search(text) or EMPTY.search(text) or TWICE.search(text) or CUT.search(text):
        return False
    if text.count("(") != text.count(")") or text.count('"') % 2 or re.search(r"\b(\w{3,}) \1\b", text, re.I):
        return False
    if re.search(r"[,;:(]\?$|\b(?:and|or|of|the|a|to|in|for|with|by|as)\?$", text) and asked.kind != "what":
        return False
    if re.search(r"\b(?:and|or|the|a|of)\?$", text):
        return False
    if TORN.search(asked.statement) or TORN.search(asked.answer):
        return False
    if asked.answer.lower() in BLANK or re.match(r"(?:It|This|That|These|Those|They|He|She)\b", asked.answer):
        return False
    words = re.findall(r"[\w'-]+", text.lower())
    if sum(word not in FUNCTION for word in words) < 2 and asked.kind != "define":
        return False
    if re.search(r"\b(?:such|following|follows|other|more)$", asked.answer) or re.search(r"\b(?:following|general|example)\?$", text):
        return False
    if asked.answer.lower().rstrip(".") in text.lower() and asked.kind not in ("define", "describe"):
        return False
    return len(words) >= 3 and asked.answer.count("(") == asked.answer.count(")")
