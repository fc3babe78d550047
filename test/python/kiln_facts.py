"""Answers questions about Kiln's rules by asking its own library. Reads a JSON list of questions from stdin, and prints a
list of answers.

["name", text]           -> what string_to_valid_name makes of it, whether it is a name, and whether Python's tables of
                            Unicode have all characters of it
["load", kind, text]     -> null where a file of this text loads, else the error
["save", kind, text]     -> what it is saved as after it was loaded
"""

import json
import sys
import tempfile
import unicodedata
from pathlib import Path

from kiln_ai.datamodel import DataGuide, DatasetSplit, Feedback, Project, Prompt, Task, TaskRun
from kiln_ai.datamodel.basemodel import name_validator, string_to_valid_name
from kiln_ai.datamodel.task import TaskRunConfig

kinds = {
    model.type_name(): model
    for model in (Project, Task, TaskRun, Prompt, DataGuide, DatasetSplit, Feedback, TaskRunConfig)
}
file = Path(tempfile.mkdtemp()) / "x.kiln"


def load(kind, text):
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    return kinds[kind].load_from_file(file)


def is_name(text):
    try:
        name_validator(min_length=1, max_length=120)(text)
        return True
    except ValueError:
        return False


def answer(question):
    match question:
        case ["name", text]:
            known = all(unicodedata.category(character) != "Cn" for character in text)
            return {"valid": string_to_valid_name(text), "is_name": is_name(text), "known": known}
        case ["load", kind, text]:
            try:
                load(kind, text)
                return None
            except Exception as error:
                return f"{type(error).__name__}: {error}"[:300]
        case ["save", kind, text]:
            return load(kind, text).model_dump_json(indent=2, exclude={"path"})
    raise ValueError(question)


# Half surrogates can be asked about, and not printed.
json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
