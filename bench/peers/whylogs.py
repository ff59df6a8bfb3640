"""whylogs' drift scores of two profiles: `python whylogs.py REFERENCE CURRENT`.

Prints the columns that it calls drift and the score of each.
"""

import json
import sys
import warnings

import pandas as pd

# This file has the name of the library, and its folder must not stand in for it.
sys.path.pop(0)
warnings.filterwarnings("ignore")

import whylogs as why  # noqa: E402
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores  # noqa: E402

reference, current = (why.log(pd.read_parquet(path)).profile().view() for path in sys.argv[1:3])
found = calculate_drift_scores(target_view=current, reference_view=reference, with_thresholds=True)
scores, flagged = {}, []
for name, score in found.items():
    if score is not None:
        scores[name] = score.get("pvalue", score.get("statistic"))
        if score.get("drift_category") == "DRIFT":
            flagged.append(name)
print(json.dumps({"flagged": flagged, "scores": scores}))
