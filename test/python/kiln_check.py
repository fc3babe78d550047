"""Opens a project with Kiln's own library in strict mode, as its app does, validates everything in it anew and writes
each file again in memory. Prints what it saw as JSON.

usage: kiln_check.py FOLDER
"""

import difflib
import json
import sys
from pathlib import Path

from kiln_ai.datamodel import (
    DataGuide,
    DatasetSplit,
    Feedback,
    Project,
    Prompt,
    Task,
    TaskRun,
)
from kiln_ai.datamodel.strict_mode import set_strict_mode
from kiln_ai.datamodel.task import TaskRunConfig

set_strict_mode(True)
folder = Path(sys.argv[1])
counts: dict[str, int] = {}
errors: list[dict] = []
differences: list[dict] = []
folders: list[dict] = []


def check(model, parent=None):
    """Validates what was loaded as if it was new, and compares what would be saved with what is there."""
    kind = model.type_name()
    counts[kind] = counts.get(kind, 0) + 1
    name = str(model.path.relative_to(folder))
    text = model.path.read_bytes().decode("utf-8")
    data = json.loads(text)
    data.pop("model_type")
    if parent is not None:
        data["parent"] = parent
    try:
        fresh = type(model).model_validate(data)
    except Exception as error:
        errors.append({"file": name, "error": str(error)})
        return
    saved = fresh.model_dump_json(indent=2, exclude={"path"})
    if saved != text:
        diff = difflib.unified_diff(text.split("\n"), saved.split("\n"), "quern", "kiln", n=0, lineterm="")
        differences.append({"file": name, "diff": list(diff)[:40]})
    if parent is not None and str(fresh.build_child_dirname()) != model.path.parent.name:
        folders.append({"file": name, "kiln": str(fresh.build_child_dirname())})


project = Project.load_from_file(folder / "project.kiln")
check(project)
seen = {"project": project.name, "tasks": []}
for task in project.tasks():
    check(task, project)
    runs = task.runs()
    everything = task.runs(include_intermediate_runs=True, include_eval_generated=True)
    for run in everything:
        check(run, task)
        for feedback in run.feedback():
            check(feedback, run)
    for children in (task.prompts(), task.dataset_splits(), task.data_guides(), task.run_configs()):
        for child in children:
            check(child, task)
    guide = task.current_data_guide()
    seen["tasks"].append(
        {
            "name": task.name,
            "runs": len(runs),
            "all_runs": len(everything),
            "high_quality": sum(
                1 for run in runs if run.output.rating is not None and run.output.rating.is_high_quality()
            ),
            "repaired": sum(1 for run in runs if run.repaired_output is not None),
            "tags": sorted({tag for run in runs for tag in run.tags}),
            "data_guide": None if guide is None else guide.guide,
            "missing_in_splits": sum(split.missing_count() for split in task.dataset_splits()),
        }
    )
json.dump(
    {"counts": counts, "errors": errors, "differences": differences, "folders": folders, **seen},
    sys.stdout,
    ensure_ascii=False,
)
