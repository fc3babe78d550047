"""Reads the English text of public repositories (sources.yaml) into documents, some with questions that people wrote.

In:  --clones DIR: a clone of each repository of sources.yaml as DIR/owner+name, at the commit named there.
Out: models/work/more.jsonl: {"source", "whole", "text", "questions": [{"question", "answer"}], "lower": whether questions
     are without capitals}, paragraphs divided by blank lines; long texts in parts of about PART characters. `whole` names
     what the part is of, a file or an article: it is held out whole.

Run: python models/corpus/more.py --clones DIR
"""

import argparse
import csv
import html
import io
import json
import re
import subprocess
from pathlib import Path

import mwparserfromhell
import yaml

HERE = Path(__file__).resolve().parent
WORK = HERE.parent / "work"
PART = 3000
MARKUP = re.compile(r"^(?:[#*+|`>={<!\[:;.\-~_]|\d+[.)]|\(\(\(|//)")


class Clone:
    """The files of one commit of a repository, read without a work tree."""

    def __init__(self, folder, commit):
        self.folder, self.commit = folder, commit

    def git(self, *args):
        return subprocess.run(["git", "-C", self.folder, *args], check=True, capture_output=True).stdout

    def names(self, pattern):
        listed = self.git("ls-tree", "-r", "-z", "--name-only", self.commit).decode("utf-8").split("\0")
        return [name for name in listed if re.search(pattern, name)]

    def read(self, name):
        return self.git("show", f"{self.commit}:{name}").decode("utf-8", "replace")


def parts(paragraphs):
    """Paragraphs in groups of about PART characters."""
    group, length = [], 0
    for paragraph in paragraphs:
        if group and length + len(paragraph) > PART:
            yield group
            group, length = [], 0
        group.append(paragraph)
        length += len(paragraph)
    if group:
        yield group


def documents(paragraphs):
    """Paragraphs as documents without questions."""
    kept = [re.sub(r"\s+", " ", paragraph).strip() for paragraph in paragraphs]
    for group in parts([paragraph for paragraph in kept if len(paragraph) > 80]):
        yield {"text": "\n\n".join(group), "questions": []}


def markdown(clone, name):
    """The paragraphs that are prose; code, lists, tables and headings are left out. AsciiDoc is read alike."""
    text = re.sub(r"\A---\n.*?\n---\n", "", clone.read(name), flags=re.S)
    text = re.sub(r"^(```|~~~|----).*?^\1[^\n]*$", "", text, flags=re.S | re.M)
    text = re.sub(r"<!--.*?-->|\(\(\(.*?\)\)\)|\{[{%].*?[%}]\}|<<[^>]*>>", "", text, flags=re.S)
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        if MARKUP.match(paragraph.strip()) or paragraph.startswith(("    ", "\t")):
            continue
        paragraph = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", paragraph)
        paragraph = re.sub(r"(?:https?|link):\S*?\[([^\]]*)\]", r"\1", paragraph)
        paragraph = re.sub(r"<[^>]{1,200}>|[`*]|(?<!\w)_+|_+(?!\w)", "", paragraph)
        found.append(html.unescape(paragraph))
    yield from documents(found)


def xhtml(clone, name):
    """The paragraphs of a chapter."""
    text = clone.read(name)
    found = re.findall(r"<p(?: [^>]*)?>(.*?)</p>", re.sub(r"<header>.*?</header>", "", text, flags=re.S), re.S)
    plain = [html.unescape(re.sub(r"<[^>]+>", "", one)).replace("\u2060", "") for one in found]
    yield from documents(plain)


def wikitext(clone, name):
    """The paragraphs of an article, without its templates, tables and references."""
    code = mwparserfromhell.parse(clone.read(name))
    for tag in code.filter_tags(matches=lambda node: str(node.tag) in ("ref", "table", "gallery")):
        try:
            code.remove(tag)
        except ValueError:
            pass  # inside of one that is removed already
    text = re.sub(r"\[\[(?:File|Image|Category):.*", "", code.strip_code())
    found = [line for line in text.split("\n") if not MARKUP.match(line) and "|" not in line]
    yield from documents(found)


def factbook(clone, name):
    """What the entry of a country says in whole sentences."""
    found = []

    def walk(node):
        if isinstance(node, dict):
            for value in node.values():
                walk(value)
        elif isinstance(node, str) and len(node) > 200:
            plain = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<strong>.*?</strong>", "", node)))
            # Surnames are in capitals at the source.
            found.append(re.sub(r"\b([A-Z])([A-Z]{4,})\b", lambda match: match[1] + match[2].lower(), plain))

    walk(json.loads(clone.read(name)))
    yield from documents(found)


def squad(clone, name):
    """Paragraphs with the questions asked about them."""
    for article in json.loads(clone.read(name))["data"]:
        for paragraph in article["paragraphs"]:
            asked = {one["question"].strip(): one["answers"][0]["text"] for one in paragraph["qas"] if one["answers"]}
            questions = [{"question": question, "answer": answer} for question, answer in asked.items()]
            yield {"whole": article["title"], "text": paragraph["context"], "questions": questions}


def written(text):
    """A text whose words and marks stand apart at the source, with the usual spaces."""
    text = re.sub(r"\s+", " ", text).replace(" 's", "'s").replace(" 't", "'t").replace(" 've", "'ve").replace(" 're", "'re")
    text = text.replace("``", '"').replace("''", '"')
    text = re.sub(r" ([,.;:?!%)\]])", r"\1", re.sub(r"([(\[$]) ", r"\1", text))
    text = re.sub(r"(?<=\w) - (?=\w)", "-", text).replace(" -- ", " – ")
    return re.sub(r'" ([^"]*?) "', r'"\1"', text).strip()


def split(clone, name):
    """Short sentences, two by two; eight pairs of neighbouring lines make a document."""
    found = []
    for line in clone.read(name).split("\n"):
        if "\t" in line and not line.startswith(("'", '"')):
            found.append(" ".join(written(part) for part in line.split("\t")[1].split("<::::>")))
    for at in range(0, len(found), 8):
        yield {"whole": f"{name} {at}", "text": "\n\n".join(found[at : at + 8]), "questions": []}


def qed(clone, name):
    """A paragraph with a question that somebody put to a search engine."""
    for line in clone.read(name).split("\n"):
        if line:
            row = json.loads(line)
            answers = [one["string"] for group in row["original_nq_answers"] for one in group]
            questions = [{"question": f"{row['question_text']}?", "answer": written(min(answers, key=len))}] if answers else []
            yield {"whole": row["title_text"], "text": written(row["paragraph_text"]), "questions": questions, "lower": True}


def fairytale(clone, name):
    """Sections of a story with the questions whose answers stand in them."""
    sections = {row["section"]: row["text"] for row in csv.DictReader(io.StringIO(clone.read(name)))}
    asked = {number: [] for number in sections}
    for row in csv.DictReader(io.StringIO(clone.read(name.replace("section-stories", "questions").replace("-story.csv", "-questions.csv")))):
        for number in row["cor_section"].split(","):
            if number.strip() in asked:
                asked[number.strip()].append({"question": row["question"].strip(), "answer": row["answer1"].strip().rstrip(".")})
    for number, text in sections.items():
        yield {"text": re.sub(r"[ \t]+", " ", text).strip(), "questions": asked[number]}


READERS = {reader.__name__: reader for reader in (markdown, xhtml, wikitext, factbook, squad, split, qed, fairytale)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=Path, required=True)
    args = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    with open(WORK / "more.jsonl", "w", encoding="utf-8") as out:
        for source in yaml.safe_load((HERE / "sources.yaml").read_text("utf-8")):
            clone = Clone(args.clones / source["repository"].replace("/", "+"), source["commit"])
            count = characters = questions = 0
            for name in clone.names(source["files"]):
                for document in READERS[source["format"]](clone, name):
                    out.write(json.dumps({"source": source["name"], "whole": name, **document}, ensure_ascii=False) + "\n")
                    count, characters, questions = count + 1, characters + len(document["text"]), questions + len(document["questions"])
            print(f"{source['name']}: {count} documents, {characters} characters, {questions} questions")


if __name__ == "__main__":
    main()
