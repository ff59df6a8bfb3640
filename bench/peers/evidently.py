"""evidently's drift preset, as its documentation runs it: `python evidently.py REFERENCE CURRENT [--kl] [PAGE]`.

Prints the flagged columns and the score of each.
"""

import json
import sys
import warnings

import pandas as pd

# This file has the name of the library, and its folder must not stand in for it.
sys.path.pop(0)
warnings.filterwarnings("ignore")

from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402

plain = [argument for argument in sys.argv[1:] if argument != "--kl"]
frames = [pd.read_parquet(path) for path in plain[:2]]
texts = [name for name in frames[0] if frames[0][name].dtype == object]
# Without a definition, texts of which more than half are distinct are taken for prose.
definition = DataDefinition(
    categorical_columns=texts, numerical_columns=[name for name in frames[0] if name not in texts]
)
reference, current = (Dataset.from_pandas(frame, data_definition=definition) for frame in frames)
options = {"method": "kl_div"} if "--kl" in sys.argv else {}
report = Report([DataDriftPreset(**options)]).run(reference_data=reference, current_data=current)
if len(plain) > 2:
    report.save_html(plain[2])
scores, flagged = {}, []
for metric in json.loads(report.json())["metrics"]:
    config = metric["config"]
    if "column" in config:
        score, threshold = float(metric["value"]), config["threshold"]
        scores[config["column"]] = score
        # What ends in p_value drifts below its threshold, everything else above.
        low = "p_value" in config["method"]
        if score < threshold if low else score >= threshold:
            flagged.append(config["column"])
print(json.dumps({"flagged": flagged, "scores": scores}))
