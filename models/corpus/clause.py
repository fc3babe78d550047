"""Takes a tagged sentence apart: what comes before, the subject, the verb, and what follows it.

In:  words of tag.mjs with their text.
Out: parse(words) -> Clause, or None where the sentence is not of the plain kind that questions can be made of.
"""

from dataclasses import dataclass, field

BE = {"is", "are", "was", "were"}
HAVE = {"has", "have", "had"}
MODAL = {"can", "could", "may", "might", "must", "will", "would", "should"}
DO = {"do", "does", "did"}
NOMINAL = {"NOUN", "PROPN", "ADJ", "NUM", "DET", "X", "SYM"}
PREPOSITIONS = {"of", "in", "for", "from", "to", "with", "on", "at", "between", "among", "by", "near", "over", "under", "through", "against", "within", "during", "about", "into"}
RELATIVE = {"which", "who", "whom", "whose", "that", "where", "when", "while", "whereas", "although", "though", "because", "since", "if", "unless", "as", "but", "so", "however"}
LOST = {"However", "Although", "The", "In", "This", "These", "It", "There", "They", "A", "An", "When", "If", "For", "Some"}
MONTHS = set("january february march april may june july august september october november december".split())


@dataclass
class Word:
    text: str
    pos: str
    lemma: str
    space: bool  # whether white space stands before it

    @property
    def lower(self):
        return self.text.lower()


@dataclass
class Clause:
    front: list  # "In 1066," without its comma; may be empty
    subject: list
    aux: Word | None  # is, has, can, ...; None: a verb by itself
    verb: list  # adverbs and the main verb behind the auxiliary; empty for "is" with what it says
    rest: list  # up to where the main clause ends
    whole: list  # the sentence, without its final stop

    tail: list = field(default_factory=list)  # what was cut off the rest

    @property
    def tense(self):
        """Of a verb without auxiliary: "past", "does" (he builds) or "do" (they build)."""
        verb = self.verb[-1]
        if verb.lower == verb.lemma:
            return "do"
        return "does" if verb.lower.endswith("s") and not verb.lower.endswith("ss") else "past"


def words_of(text, tagged):
    """Words of a sentence from offsets."""
    found, end = [], None
    for start, stop, pos, lemma in tagged:
        found.append(Word(text[start:stop], pos, lemma, end is not None and start > end))
        end = stop
    return found


def text_of(words):
    return "".join((" " if i > 0 and word.space else "") + word.text for i, word in enumerate(words))


def is_date(word):
    return (word.pos == "NUM" and len(word.text) == 4 and word.text.isdigit() and 1000 <= int(word.text) <= 2100) or (
        word.lower in MONTHS and word.text[0].isupper()
    )


def subject_end(words, start):
    """Where the noun phrase that begins at `start` ends, or None. Prepositional phrases of nouns belong to it."""
    i, nouns = start, 0
    while i < len(words):
        word = words[i]
        if word.pos in NOMINAL or (word.pos == "PART" and word.text in ("'s", "’s", "'")):
            nouns += word.pos in ("NOUN", "PROPN")
        elif word.pos == "PRON" and word.lower in ("its", "his", "her", "their"):
            pass
        elif word.pos == "ADP" and nouns and word.lower in PREPOSITIONS and word.lower != "to":
            pass
        elif word.pos == "CCONJ" and word.lower in ("and", "or") and nouns:
            pass
        elif word.text in ("-", "(", ")") and nouns:
            pass
        elif word.pos == "ADV" and i + 1 < len(words) and words[i + 1].pos in ("ADJ", "NUM"):
            pass
        else:
            break
        i += 1
    while i > start and words[i - 1].pos in ("ADP", "CCONJ", "DET"):
        return None
    return i if nouns else None


def rest_end(words, start):
    """Where the main clause ends: before a relative clause, another main clause or a semicolon."""
    for i in range(start, len(words)):
        word = words[i]
        following = words[i + 1] if i + 1 < len(words) else None
        if word.text in (";", ":", "--", "–", "—"):
            return i
        if word.text == "," and following is not None:
            if following.lower in RELATIVE or following.lower in ("including", "such", "with"):
                return i
            if following.lower in ("and", "or") and starts_clause(words, i + 2):
                return i
            if following.pos == "VERB" and following.lower.endswith("ing"):
                return i
        if word.lower in ("and", "but") and i > start and starts_clause(words, i + 1) and word.pos == "CCONJ":
            return i
    return len(words)


def starts_clause(words, i):
    """Whether a clause with a subject and a verb, or a further verb of the same subject, begins here."""
    if i >= len(words):
        return False
    if words[i].pos == "PRON" and words[i].lower not in ("its", "his", "her", "their"):
        return True
    if words[i].pos == "AUX" or (words[i].pos == "VERB" and not words[i].lower.endswith("ing")):
        return True
    end = subject_end(words, i)
    return end is not None and end < len(words) and words[end].pos in ("AUX", "VERB") and not words[end].lower.endswith("ing")


def parse(words):
    """The parts of a sentence; None where it has no plain order of subject, verb and what follows."""
    words = list(words)
    if len(words) < 5 or words[-1].text != ".":
        return None
    whole = words[:-1]
    front, i = [], 0
    first = words[0]
    if first.pos in ("ADP", "ADV", "SCONJ"):
        comma = next((k for k, word in enumerate(words[:12]) if word.text == ","), None)
        if comma is None:
            return None
        # A clause at the front is not part of what is asked.
        front = words[:comma] if first.pos == "ADP" and not any(w.pos in ("VERB", "AUX") for w in words[:comma]) else []
        i = comma + 1
    end = subject_end(words, i)
    if end is None or end - i > 14 or end >= len(words) - 2:
        return None
    subject = words[i:end]
    if subject[0].text in ("(", "-") or text_of(subject).count("(") != text_of(subject).count(")"):
        return None
    if all(word.pos in ("DET", "NUM", "ADJ") for word in subject):
        return None
    # "This", "These", "such": what they point at stands elsewhere.
    if subject[0].lower in ("this", "these", "that", "those", "such", "other", "another", "both", "each", "some", "many", "most", "one", "first", "second", "more", "several", "all"):
        return None
    if any(word.lower in ("its", "his", "her", "their") for word in subject):
        return None
    aux, j = None, end
    if words[j].pos == "AUX" or words[j].lower in BE | HAVE | MODAL | DO:
        aux = words[j]
        if aux.lower not in BE | HAVE | MODAL | DO:
            return None
        j += 1
    verb = []
    while j < len(words) and (words[j].pos in ("ADV", "AUX") or (words[j].pos == "PART" and words[j].lower == "not")):
        verb.append(words[j])
        j += 1
    if j < len(words) and words[j].pos == "VERB":
        verb.append(words[j])
        j += 1
    elif aux is not None and aux.lower in BE:
        # "is a disease": adverbs belong to what follows.
        j -= len(verb)
        verb = []
    elif aux is not None and aux.lower in HAVE and not verb:
        aux, verb = None, [Word(aux.text, "VERB", "have", aux.space)]
    else:
        return None
    if aux is None and (not verb or len(verb) > 2 or verb[-1].lower.endswith("ing")):
        return None
    if aux is None and len(verb) == 2 and verb[0].pos != "ADV":
        return None
    # "A disease caused by a virus is ...": not what the sentence says of its subject.
    if aux is None and verb[-1].lower != verb[-1].lemma and not verb[-1].lower.endswith("s"):
        later = next((w for w in words[j:] if w.lower in RELATIVE or w.text == "," or w.lower in BE | MODAL | {"has", "had"}), None)
        if (later is not None and later.lower in BE | MODAL | {"has", "had"}) or verb[-1].lower in ("called", "named", "known", "termed", "based", "given"):
            return None
    # Two sentences whose full stop was lost.
    if any(a.text[-1:].islower() and b.text in LOST for a, b in zip(whole, whole[1:])):
        return None
    stop = rest_end(whole, j)
    rest, tail = whole[j:stop], whole[stop:]
    if not rest and not verb:
        return None
    return Clause(front, subject, aux, verb, rest, whole, tail)
