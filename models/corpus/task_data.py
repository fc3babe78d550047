"""Conversations of the stages that make data from a task: topics, inputs, outputs.

In:  prompts and the template `fine-tuning`, passages, WordNet's nouns (wordnet.py), a random.Random.
Out: each maker returns (system text or "", user text, answer; a str where it is plain text).
"""

import json
import re

from passages import words_in
from tasks import candidates, fill

GUIDANCE = "The data is for training a model to do the task well.\n\n"
# A task, what it wants of an input ("passage", "question"), and what its output is.
TASKS = [
    ("Write a headline for the news story that the user sends.", "passage", "headline"),
    ("Write a short title for the text that the user sends.", "passage", "headline"),
    ("Summarize the text of the user in one sentence.", "passage", "sentence"),
    ("Say in one sentence what the text is about.", "passage", "sentence"),
    ("Shorten the message of the user to its most important sentence.", "passage", "sentence"),
    ("Answer the user's question about the text in one sentence.", "both", "answer"),
    ("Answer questions of customers from the text that they send.", "both", "answer"),
    ("List the most important words of the text.", "passage", "keywords"),
    ("Find the keywords of an article.", "passage", "keywords"),
    ("Write a question that the text answers.", "passage", "question"),
    ("Make a quiz question of what the user tells you.", "passage", "question"),
]


# Of the output: what it is, as a key of JSON and as a requirement.
KEYS = {
    "headline": ["headline", "title"],
    "sentence": ["summary", "sentence"],
    "answer": ["answer", "reply"],
    "keywords": ["keywords", "words"],
    "question": ["question"],
}
REQUIREMENTS = {
    "headline": ["Short: At most ten words.", "Length: No more than twelve words.", "Facts: Say only what the story says."],
    "sentence": ["Short: One sentence.", "Facts: Nothing that the text does not say."],
    "answer": ["Complete: Answer in a whole sentence.", "Facts: Use only the text."],
    "keywords": ["Number: Five words.", "Form: Words with commas between them."],
    "question": ["Clear: One question.", "Answerable: The text answers it."],
}
INPUT_KEYS = ["text", "story", "message", "article", "body"]


def required(instruction, gives, rng):
    """The task's text, at times with requirements."""
    if rng.random() < 0.6:
        return instruction
    chosen = rng.sample(REQUIREMENTS[gives], rng.randint(1, 2))
    return f"{instruction}\n\nRequirements of the output:\n" + "\n".join(f"{i}. {one}" for i, one in enumerate(chosen, 1))


def schema_of(*keys):
    schema = {"type": "object", "properties": {key: {"type": "string"} for key in keys}, "required": list(keys)}
    return json.dumps(schema, separators=(",", ":"))


def title(name):
    return name[:1].upper() + name[1:]


def topics(prompts, template, nouns, rng):
    name, under = rng.choice(nouns.under)
    under = [title(one) for one in rng.sample(under, len(under)) if 2 < len(one) <= 40]
    if len(under) < 3:
        return None
    count = min(len(under), rng.choice([2, 3, 3, 4, 6, 8]))
    asked, known = under[:count], under[count : count + rng.choice([0, 0, 3, 6])]
    instruction = rng.choice([f"Answer questions about {name}.", f"Describe kinds of {name}.", rng.choice(TASKS)[0]])
    top = "about " in instruction or "kinds of" in instruction
    path = "none, the whole task" if top and rng.random() < 0.5 else title(name)
    guidance = GUIDANCE + template["topics"].strip()
    user = fill(
        prompts["topics"],
        {"task": instruction, "guidance": guidance, "known": "; ".join(known) or "none", "path": path, "side": "", "count": count},
    )
    return "", user, asked


def input_text(passage, rng, sentences):
    return " ".join(s.text for s in passage.sentences[:sentences])


def topic_of(passage, rng):
    """What a passage is about: the words that stand in its questions most often."""
    found = [a.question for _, a in candidates(passage, rng)]
    names = [re.sub(r"^(?:What|Who) (?:is|are|was|were) (?:the |a |an )?", "", q)[:-1] for q in found if re.match(r"(?:What|Who) (?:is|are|was|were) (?:the |a |an )?[\w' -]{3,30}\?$", q)]
    if names:
        return title(rng.choice(names))
    longest = [w for w in words_in(passage.text) if len(w) > 6 and w.isalpha()]
    return title(rng.choice(longest)) if longest else None


def inputs(prompts, template, first, rng):
    """Inputs about a topic, all from one passage; plain, or objects with one or two texts."""
    topic = topic_of(first, rng)
    if topic is None:
        return None
    instruction, _, gives = rng.choice([t for t in TASKS if t[1] != "both"])
    made, rest = [], [s.text for s in first.sentences]
    while rest and len(made) < 8:
        size = rng.randint(1, 3)
        made.append(" ".join(rest[:size]))
        rest = rest[size:]
    count = rng.randint(1, len(made))
    known, made = made[count : count + rng.choice([0, 0, 2])], made[:count]
    task = required(instruction, gives, rng)
    if rng.random() < 0.3:
        key = rng.choice(INPUT_KEYS)
        keys = ["title", key] if rng.random() < 0.3 else [key]
        task += f"\n\nEach input is JSON that this JSON Schema allows:\n{schema_of(*keys)}"
        made = [{**({"title": headline(one)} if len(keys) == 2 else {}), key: one} for one in made]
        known = []
    values = {
        "task": task,
        "guidance": GUIDANCE + template["inputs"].strip(),
        "known": "\n".join(f"- {one}" for one in known) or "none",
        "topic": topic,
        "count": count,
    }
    return "", fill(prompts["inputs"], values), made


def headline(sentence):
    """The beginning of a sentence up to where its first clause may end."""
    words = re.split(r", | which | that | because | while | although ", sentence.rstrip("."))[0].split(" ")
    return " ".join(words[:11]).rstrip(",;:")


def outputs(template, passage, rng):
    instruction, wants, gives = rng.choice(TASKS)
    pool = candidates(passage, rng)
    text = " ".join(s.text for s in passage.sentences[:5])
    if wants == "both":
        near = [a for place, a in pool if place < 5]
        if not near:
            return None
        asked = rng.choice(near)
        user, answer = rng.choice([f"{text}\n\n{asked.question}", f"{asked.question}\n\n{text}"]), asked.statement
    elif gives == "question":
        near = [a for place, a in pool if place < 5 and a.kind != "describe"]
        if not near:
            return None
        user, answer = text, rng.choice(near).question
    else:
        first = passage.sentences[0].text
        user = text
        if gives == "headline":
            answer = headline(first)
        elif gives == "sentence":
            answer = first
        else:
            words = [w for w in words_in(text) if len(w) > 5]
            answer = ", ".join(dict.fromkeys(sorted(set(words), key=lambda w: (-words.count(w), words.index(w)))[:5]))
    system = required(instruction, gives, rng)
    if rng.random() < 0.4:
        key = rng.choice(KEYS[gives])
        system += f"\n\nThe output is JSON that this JSON Schema allows:\n{schema_of(key)}"
        answer = {key: answer}
        if rng.random() < 0.3:
            own = rng.choice(INPUT_KEYS)
            user = json.dumps({own: user}, ensure_ascii=False)
    system += f"\n\nFor this output, and before what is said above:\n{template['outputs_pass'].strip()}"
    return system, user, answer
