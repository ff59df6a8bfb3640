"""Great Expectations' divergence from a partition: `python great_expectations.py REFERENCE CURRENT`.

Prints the columns whose divergence exceeds .1, and the divergence of each (null where it is infinite).
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd

# This file has the name of the library, and its folder must not stand in for it.
sys.path.pop(0)
warnings.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402

reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
batch = (
    context.data_sources.add_pandas("tables")
    .add_dataframe_asset("current")
    .add_batch_definition_whole_dataframe("all")
    .get_batch({"dataframe": current})
)
scores, flagged = {}, []
for name in reference:
    column = reference[name].dropna()
    if pd.api.types.is_numeric_dtype(column):
        # Its documentation leaves the bins to the user: ten of equal width here, with open ends.
        counts, edges = np.histogram(column, 10)
        weights = (counts / counts.sum()).tolist()
        partition = {"bins": edges.tolist(), "weights": weights, "tail_weights": [0.0, 0.0]}
    else:
        shares = column.value_counts(normalize=True)
        partition = {"values": shares.index.tolist(), "weights": shares.tolist()}
    expectation = gx.expectations.ExpectColumnKLDivergenceToBeLessThan(
        column=name, partition_object=partition, threshold=0.1
    )
    result = batch.validate(expectation)
    scores[name] = result.result.get("observed_value")
    if not result.success:
        flagged.append(name)
print(json.dumps({"flagged": flagged, "scores": scores}))
