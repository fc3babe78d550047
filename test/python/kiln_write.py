"""Writes a project with all kinds of things in it by Kiln's own library, for quern to open.

usage: kiln_write.py FOLDER
"""

import sys
from pathlib import Path

from kiln_ai.datamodel import (
    DataGuide,
    DataSource,
    DatasetSplit,
    DatasetSplitDefinition,
    Feedback,
    Project,
    Prompt,
    RequirementRating,
    Task,
    TaskOutput,
    TaskOutputRating,
    TaskRequirement,
    TaskRun,
    Usage,
)
from kiln_ai.datamodel.datamodel_enums import ModelProviderName, StructuredOutputMode
from kiln_ai.datamodel.run_config import KilnAgentRunConfigProperties, ToolsRunConfig
from kiln_ai.datamodel.strict_mode import set_strict_mode
from kiln_ai.datamodel.task import TaskRunConfig
from kiln_ai.datamodel.task_run import EvalItemSource, MessageUsage

set_strict_mode(True)
folder = Path(sys.argv[1])
project = Project(name="News Desk 新闻", description="Ünïcode — 東京 📰", path=folder / "project.kiln")
project.save_to_file()
concise = TaskRequirement(name="Be Concise", instruction="Under 10 words.", priority=1)
safe = TaskRequirement(name="Safe", instruction="Harms nobody.", type="pass_fail_critical")
task = Task(
    name="Headline Writer of very many words indeed",
    instruction="Write a headline.\nIn one line.",
    requirements=[concise, safe],
    output_json_schema='{"type": "object", "properties": {"headline": {"type": "string"}}, "required": ["headline"]}',
    thinking_instruction="Think of the reader.",
    parent=project,
)
task.save_to_file()
Task(name="Plain", instruction="Say something.", parent=project).save_to_file()

config = KilnAgentRunConfigProperties(
    model_name="llama_3_2_3b",
    model_provider_name=ModelProviderName.ollama,
    prompt_id="simple_prompt_builder",
    structured_output_mode=StructuredOutputMode.json_schema,
    temperature=0.000002,
    tools_config=ToolsRunConfig(tools=[]),
)
saved_config = TaskRunConfig(name="Default RC", run_config_properties=config, parent=task)
saved_config.save_to_file()


def synthetic(**more):
    properties = {"model_name": "llama_3_2_3b", "model_provider": "ollama", "adapter_name": "kiln_data_gen", **more}
    return DataSource(type="synthetic", properties=properties)


human = DataSource(type="human", properties={"created_by": "Jürgen"})


def run(headline, **fields):
    fields.setdefault("input", "A summary of the game")
    fields.setdefault("input_source", synthetic(topic_path="Sports>>>>>Football"))
    output = TaskOutput(
        output='{"headline": "%s"}' % headline,
        source=DataSource(
            type="synthetic",
            properties={
                "model_name": "llama_3_2_3b",
                "model_provider": "ollama",
                "adapter_name": "kiln_openai_compatible_adapter",
                "prompt_id": "simple_prompt_builder",
                "temperature": 1.0,
                "top_p": 1.0,
                "seed": 12345678901234567890,
            },
            run_config_id=saved_config.id,
            run_config=config,
        ),
        rating=fields.pop("rating", None),
    )
    made = TaskRun(output=output, parent=task, **fields)
    made.save_to_file()
    return made


rated = run(
    "Café wins — 東京 📰",
    rating=TaskOutputRating(
        type="five_star",
        value=4,
        requirement_ratings={
            concise.id: RequirementRating(value=5, type="five_star"),
            safe.id: RequirementRating(value=-1, type="pass_fail_critical"),
            "named::Toxicity": RequirementRating(value=1, type="pass_fail"),
        },
    ),
    tags=["synthetic", "fine_tune_data", "ä,b"],
    usage=Usage(input_tokens=10, output_tokens=5, total_tokens=15, cost=0.0000015, total_llm_latency_ms=120),
    cumulative_usage=MessageUsage(input_tokens=10, cost=0.0),
    intermediate_outputs={"chain_of_thought": "Hm.", "reasoning": "So."},
    trace=[
        {"role": "system", "content": "Write a headline."},
        {"role": "user", "content": [{"type": "text", "text": "A summary"}]},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            "usage": MessageUsage(input_tokens=3, cost=1.0),
            "latency_ms": 12,
        },
        {"role": "tool", "content": "4", "tool_call_id": "1"},
        {"role": "assistant", "content": "{}"},
    ],
)
Feedback(feedback="Good, but…", source="run-page", parent=rated).save_to_file()
Feedback(feedback="Second", source="spec-feedback", parent=rated).save_to_file()
run(
    "Repaired",
    input_source=DataSource(type="file_import", properties={"file_name": "a.csv"}),
    repair_instructions="Make it shorter.",
    repaired_output=TaskOutput(output='{"headline": "Short"}', source=human),
)
first = run("First turn", input_source=human)
run("Second turn", parent_task_run_id=first.id)
run("Of an evaluation", eval_source=EvalItemSource(source_type="task_run", source_id=rated.id))
run("Custom", rating=TaskOutputRating(type="custom", value=77.25))
Prompt(
    name="My Prompt",
    prompt="Write well.",
    chain_of_thought_instructions="Think first.",
    generator_id="simple_prompt_builder",
    parent=task,
).save_to_file()
DataGuide(guide="# Reference Inputs\n\n## Example 1\nÄ story", parent=task).save_to_file()
DatasetSplit.from_task(
    "My Split",
    task,
    [DatasetSplitDefinition(name="train", percentage=0.8), DatasetSplitDefinition(name="val", percentage=0.2)],
    "tag::fine_tune_data",
).save_to_file()
