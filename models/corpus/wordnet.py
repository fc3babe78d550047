"""Topics, and sentences that define things, from WordNet's nouns.

In:  the folder with WordNet's data.noun (Debian's wordnet-base).
Out: Nouns(path): .under [(name, [names of kinds of it])], .definitions [(name, gloss)].
"""

import re
from pathlib import Path


class Nouns:
    def __init__(self, folder):
        names, below, glosses = {}, {}, {}
        for line in Path(folder, "data.noun").read_text("utf-8").split("\n"):
            if not line or line.startswith("  "):
                continue
            data, gloss = line.split(" | ", 1)
            fields = data.split(" ")
            count = int(fields[3], 16)
            words = [fields[4 + 2 * i].replace("_", " ") for i in range(count)]
            names[fields[0]] = words[0]
            glosses[fields[0]] = re.split(r";\s*\"|\s*;\s", gloss.strip())[0].strip()
            at = 4 + 2 * count
            pointers = int(fields[at])
            below[fields[0]] = [fields[at + 2 + 4 * i] for i in range(pointers) if fields[at + 1 + 4 * i] in ("~", "~i")]
        self.under = [
            (names[key], [names[k] for k in kinds])
            for key, kinds in below.items()
            if 5 <= len(kinds) <= 80
        ]
        self.definitions = [
            (names[key], gloss)
            for key, gloss in glosses.items()
            if re.match(r"(?:an?|the|any) ", gloss) and 25 < len(gloss) < 160 and "(" not in gloss and '"' not in gloss
        ]
