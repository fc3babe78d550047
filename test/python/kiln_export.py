"""Exports a task's runs with the real kiln-ai library, to hold quern's files against.

    kiln_export.py make FOLDER            writes a project with tasks of all kinds of runs
    kiln_export.py texts                  prints the texts that the library puts into conversations, as JSON
    kiln_export.py export JSON            {"task", "split", "system", "thinking", "exports": [{"format", "strategy", "file"}]}
    kiln_export.py runs TASK              prints what the library reads of a task's runs and splits, as JSON
"""

import asyncio
import importlib.abc
import importlib.machinery
import json
import os
import sys
import types
from pathlib import Path


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for packages that the exporter imports and does not use: they are large, and not all are installed."""

    names = {"litellm", "mcp", "jq", "httpx", "together", "lancedb", "llama_index"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in self.names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        class Module(types.ModuleType):
            __path__: list = []

            def __getattr__(self, name):
                if name.startswith("__"):
                    raise AttributeError(name)
                return type(name, (), {})

        return Module(spec.name)

    def exec_module(self, module):
        pass


os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
# Behind the others: what is installed is used.
sys.meta_path.append(Absent())

import kiln_ai.adapters  # noqa: E402

# Its package imports every service that can train; of the module itself only the exporter is wanted.
bare = types.ModuleType("kiln_ai.adapters.fine_tune")
bare.__path__ = [os.path.join(os.path.dirname(kiln_ai.adapters.__file__), "fine_tune")]
sys.modules["kiln_ai.adapters.fine_tune"] = bare

from kiln_ai.adapters.chat import chat_formatter  # noqa: E402
from kiln_ai.adapters.fine_tune.dataset_formatter import (  # noqa: E402
    DatasetFormat,
    DatasetFormatter,
)
from kiln_ai.datamodel import (  # noqa: E402
    DataSource,
    Project,
    Task,
    TaskOutput,
    TaskOutputRating,
    TaskRequirement,
    TaskRun,
)
from kiln_ai.datamodel.datamodel_enums import ChatStrategy  # noqa: E402
from kiln_ai.datamodel import strict_mode  # noqa: E402

human = DataSource(type="human", properties={"created_by": "tester"})


def synthetic(**more):
    return DataSource(
        type="synthetic",
        properties={"model_name": "m", "model_provider": "ollama", "adapter_name": "a", **more},
    )


def add(task, text, answer, *, source=human, rating=None, repaired=None, **more):
    output = TaskOutput(output=answer, source=source)
    if rating is not None:
        output.rating = TaskOutputRating(type="five_star", value=rating)
    if repaired is not None:
        more["repair_instructions"] = "do better"
        more["repaired_output"] = TaskOutput(output=repaired, source=human)
    run = TaskRun(parent=task, input=text, input_source=human, output=output, **more)
    run.save_to_file()
    return run


def calls(name, arguments, *ids):
    return [{"id": i, "type": "function", "function": {"name": name, "arguments": arguments}} for i in ids]


def make(folder):
    project = Project(name="Mills", path=Path(folder) / "project.kiln")
    project.save_to_file()
    plain = Task(
        parent=project,
        name="Plain",
        instruction="Answer {input} about mills; with \"quotes\" and 東京.",
        requirements=[TaskRequirement(name="Short", instruction="One sentence.")],
        thinking_instruction="Think of {input} and the wheel.",
    )
    plain.save_to_file()
    thought = {"reasoning": "2020 - 1820 = 200\n\nso 200."}
    add(plain, "How old is it?", "200 years.", intermediate_outputs=thought, rating=5)
    add(plain, "Où ? 你好 🙂\n\t\"x\"\\ \u2028 {thinking}", "Là-bas.", intermediate_outputs={"chain_of_thought": "hm é"})
    add(
        plain,
        "Both",
        "bad",
        repaired="good",
        intermediate_outputs={"chain_of_thought": "chain", "reasoning": "own"},
        source=synthetic(label="pass"),
        tags=["synthetic", "fine_tune_data"],
    )
    add(plain, "a <conversation_history> in it", "yes", intermediate_outputs=thought)
    add(
        plain,
        "What is 3 + 4, and 1 + 1?",
        "7 and 2.",
        intermediate_outputs=thought,
        trace=[
            {"role": "system", "content": "s"},
            {"role": "user", "content": "What is 3 + 4, and 1 + 1?"},
            {"role": "assistant", "content": None, "tool_calls": calls("add", '{"a": 3, "b": 4}', "c1", "c2")},
            {"role": "tool", "content": "7", "tool_call_id": "c1"},
            {"role": "tool", "content": "2", "tool_call_id": "c2"},
            {"role": "assistant", "content": "one more", "tool_calls": calls("add", '{"a": 1.0}', "c3")},
            {"role": "tool", "content": "1", "tool_call_id": "c3"},
            {"role": "assistant", "content": "7 and 2."},
        ],
    )
    # From 1.2.0 on a task says whether its runs may go on from others.
    turns = {"turn_mode": "multiturn"} if "turn_mode" in Task.model_fields else {}
    talk = Task(parent=project, name="Talk", instruction="Talk.", **turns)
    talk.save_to_file()
    hello = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]
    first = add(talk, "Hello", "Hi.", trace=hello)
    then = [{"role": "user", "content": "And you?"}, {"role": "assistant", "content": "Fine."}]
    add(talk, "And you?", "Fine.", parent_task_run_id=first.id, trace=hello + then)
    structured = Task(
        parent=project,
        name="Structured",
        instruction="Describe.",
        input_json_schema=json.dumps({"type": "object", "properties": {"n": {"type": "number"}}}),
        output_json_schema=json.dumps({"type": "object", "properties": {"é": {}}, "required": ["é"]}),
    )
    structured.save_to_file()
    for text in (
        '{"é": 1.0}',
        '{"é":[1,2.50,1e5,1e-7,1E400e0,true,null]}'.replace("1E400e0", "123456789012345678901"),
        '{ "é" : {"10": "ten", "2": "two", "a\\u00e9\\/": "\\u4f60\\n\\"" } }',
        '{"é": "<think>not thinking</think>"}',
    ):
        add(structured, '{"n": 1.50}', text, intermediate_outputs=thought)


def texts():
    formatter = chat_formatter.TwoMessageCotFormatter("s", "{input}", "{thinking}")
    formatter.next_turn(None)
    print(
        json.dumps(
            {"thinking_input": formatter.messages[1].content, "final_request": chat_formatter.COT_FINAL_ANSWER_PROMPT}
        )
    )


async def export(asked):
    task = Task.load_from_file(Path(asked["task"]) / "task.kiln")
    split = next(one for one in task.dataset_splits() if one.name == asked["split"])
    for one in asked["exports"]:
        strategy = ChatStrategy(one["strategy"])
        plain = strategy in (ChatStrategy.single_turn, ChatStrategy.single_turn_r1_thinking)
        formatter = DatasetFormatter(split, asked["system"], None if plain else asked["thinking"])
        for name in split.split_contents:
            await formatter.dump_to_file(name, DatasetFormat(one["format"]), strategy, Path(one["file"] + "." + name))


def runs(folder):
    strict_mode.set_strict_mode(True)
    task = Task.load_from_file(Path(folder) / "task.kiln")
    print(
        json.dumps(
            {
                "runs": [json.loads(one.model_dump_json(exclude={"path"})) for one in task.runs()],
                "splits": [json.loads(one.model_dump_json(exclude={"path"})) for one in task.dataset_splits()],
            }
        )
    )


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "make":
        make(rest[0])
    elif what == "texts":
        texts()
    elif what == "export":
        asyncio.run(export(json.loads(rest[0])))
    elif what == "runs":
        runs(rest[0])
