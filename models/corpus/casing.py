"""Gives words of a text that was lower-cased at its source their capital letters back, as far as word lists know them.

In:  lists of English words with their usual capitals: Debian's wamerican-large and wbritish-large.
     learn(texts) adds how texts with capitals write their words.
Out: Casing(paths).restore(text).
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
ALWAYS = {"i": "I", "us": "us", "u.s.": "U.S."}
# Names that stand for a thing of their own only together.
PHRASES = re.compile(
    r"\b(new york|united states|united kingdom|super bowl|world war|great britain|new zealand|south africa|north america|"
    r"south america|soviet union|middle east|roman empire|european union|supreme court|los angeles|san diego|san francisco|"
    r"new england|north carolina|south carolina|hong kong|puerto rico|sri lanka|cold war|civil war|red sea|black sea|"
    r"pacific ocean|atlantic ocean|indian ocean|prime minister|house of representatives|university of \w+|"
    r"republic of \w+|city of \w+|kingdom of \w+|battle of \w+|king \w+|queen \w+|pope \w+)\b"
)
WORDS = ["/usr/share/dict/american-english-large", "/usr/share/dict/british-english-large"]
SMALL = {"of", "the", "and", "in", "for"}


class Casing:
    def __init__(self, paths=WORDS):
        lower, self.proper = set(), {}
        for word in (word for path in paths for word in Path(path).read_text("utf-8").split("\n")):
            if word.endswith(("'s", "’s")) or not word:
                continue
            if word.islower():
                lower.add(word)
            elif word[0].isupper():
                self.proper.setdefault(word.lower(), word)
        self.lower = lower
        self.usual = {}

    def learn(self, texts):
        """Takes over words that texts nearly always write in one way inside of sentences: "Tesla", "DNA"."""
        seen = defaultdict(Counter)
        for text in texts:
            for match in re.finditer(r"(?<=[a-z,] )[A-Za-z]{2,}", text):
                seen[match.group().lower()][match.group()] += 1
        for word, forms in seen.items():
            form, count = forms.most_common(1)[0]
            total = sum(forms.values())
            if total >= 3 and count >= 0.9 * total:
                self.usual[word] = form

    def restore(self, text):
        text = re.sub(r'" ([^"]*?) "', r'"\1"', text)
        text = re.sub(r"\s+([,.;:?!%])", r"\1", text)
        text = re.sub(r" ' ", "' ", text).replace(" - ", "-").replace(" / ", "/").replace("$ ", "$")
        text = re.sub(r"\( ", "(", re.sub(r" \)", ")", text))
        text = PHRASES.sub(lambda m: " ".join(w if w in SMALL else w.capitalize() for w in m.group().split(" ")), text)
        words = list(WORD.finditer(text))
        forms = [self.form(m.group()) for m in words]
        # A word that is a name as well is one where it stands beside a name.
        for i, (m, form) in enumerate(zip(words, forms)):
            word = m.group()
            if form == word and word in self.proper and len(word) > 2:
                near = [j for j in (i - 1, i + 1) if 0 <= j < len(words) and abs(words[j].start() - m.start()) < 24]
                touching = [j for j in near if text[min(m.end(), words[j].end()) : max(m.start(), words[j].start())] == " "]
                if any(forms[j][:1].isupper() and words[j].group().lower() not in self.lower for j in touching):
                    forms[i] = self.proper[word]
        parts, end = [], 0
        for m, form in zip(words, forms):
            parts += [text[end : m.start()], form]
            end = m.end()
        text = "".join(parts) + text[end:]
        return text[:1].upper() + text[1:]

    def form(self, word):
        if word in ALWAYS:
            return ALWAYS[word]
        plain = re.sub(r"['’]s$", "", word)
        if plain in self.usual:
            return self.usual[plain] + word[len(plain) :]
        if not word.islower() or word in self.lower or len(word) < 3:
            return word
        base = re.sub(r"['’]s$", "", word)
        ending = word[len(base) :]
        if base in self.lower:
            return word
        if base in self.proper:
            return self.proper[base] + ending
        # Regular forms of words that the list has.
        for suffix in ("s", "es", "ed", "ing", "er", "ly", "ness"):
            if base.endswith(suffix) and (base[: -len(suffix)] in self.lower or base[: -len(suffix)] + "e" in self.lower):
                return word
        if re.match(r"(non|anti|pre|post|sub|super|multi|inter|micro|bio|neo|pseudo|hyper|immuno|cyto)", base):
            return word
        return base.capitalize() + ending
