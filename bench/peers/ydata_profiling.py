"""ydata-profiling's comparison of two tables, in its minimal form: `python ydata_profiling.py REFERENCE CURRENT`.

It shows the two side by side and decides nothing, so nothing is flagged.
"""

import json
import sys
import warnings

import pandas as pd

# This file has the name of the library, and its folder must not stand in for it.
sys.path.pop(0)
warnings.filterwarnings("ignore")

from ydata_profiling import ProfileReport  # noqa: E402

reports = [
    ProfileReport(pd.read_parquet(path), title=title, minimal=True, progress_bar=False)
    for path, title in zip(sys.argv[1:3], ("reference", "current"), strict=True)
]
page = reports[0].compare(reports[1]).to_html()
print(json.dumps({"flagged": [], "scores": {}, "page": len(page)}))
