"""deepchecks' feature drift by its defaults: `python deepchecks.py REFERENCE CURRENT [PAGE]`.

Prints the columns whose score exceeds the threshold of its condition, and the score of each.
"""

import json
import sys
import warnings

import pandas as pd

# This file has the name of the library, and its folder must not stand in for it.
sys.path.pop(0)
warnings.filterwarnings("ignore")

from deepchecks.tabular import Dataset  # noqa: E402
from deepchecks.tabular.checks import FeatureDrift  # noqa: E402

frames = [pd.read_parquet(path) for path in sys.argv[1:3]]
texts = [name for name in frames[0] if frames[0][name].dtype == object]
reference, current = (Dataset(frame, cat_features=texts, label=None) for frame in frames)
result = FeatureDrift().run(train_dataset=reference, test_dataset=current)
if len(sys.argv) > 3:
    result.save_as_html(sys.argv[3])
scores = {name: found["Drift score"] for name, found in result.value.items() if found["Drift score"] is not None}
# The condition that its suites add: a score below .2.
print(json.dumps({"flagged": [name for name, score in scores.items() if score >= 0.2], "scores": scores}))
