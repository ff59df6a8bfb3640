"""kullback: `python ours.py REFERENCE CURRENT [PAGE]`. Prints the columns that shifted and the nats of each."""

import json
import math
import sys

import kullback as kl

comparison = kl.compare(*sys.argv[1:3])
if len(sys.argv) > 3:
    comparison.to_html(sys.argv[3])
scores = {column.name: column.nats for column in comparison}
print(
    json.dumps(
        {
            "flagged": [column.name for column in comparison if column.verdict == "shifted"],
            "scores": {name: nats if nats is None or math.isfinite(nats) else None for name, nats in scores.items()},
        }
    )
)
