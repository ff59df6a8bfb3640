"""nannyml's univariate drift by its defaults, in ten chunks: `python nannyml.py REFERENCE CURRENT`.

Prints the columns on which any chunk alarms, and the largest score of each.
"""

import json
import sys
import warnings

import pandas as pd

# This file has the name of the library, and its folder must not stand in for it.
sys.path.pop(0)
warnings.filterwarnings("ignore")

import nannyml  # noqa: E402

reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
calculator = nannyml.UnivariateDriftCalculator(column_names=list(reference.columns))
frame = calculator.fit(reference).calculate(current).filter(period="analysis").to_df(multilevel=False)
scores, flagged = {}, []
for name in reference.columns:
    scores[name] = max(
        (float(frame[title].max()) for title in frame if title.startswith(f"{name}_") and title.endswith("_value")),
        default=0.0,
    )
    if any(bool(frame[title].any()) for title in frame if title.startswith(f"{name}_") and title.endswith("_alert")):
        flagged.append(name)
print(json.dumps({"flagged": flagged, "scores": scores}))
