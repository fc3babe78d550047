"""Opens a dataset folder with Hugging Face's library and prints what it holds as JSON."""

import json
import sys

from datasets import load_from_disk

dataset = load_from_disk(sys.argv[1])
print(json.dumps({"columns": dataset.column_names, "rows": dataset.num_rows, "records": dataset[:]}, default=str))
