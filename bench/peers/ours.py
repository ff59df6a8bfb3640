"""kullback: `python ours.py REFERENCE CURRENT [PAGE]`. Prints the columns that shifted and the bits of each."""

import json
import math
import sys

import kullback as kl

comparison = kl.compare(*sys.argv[1:3])
if len(sys.argv) > 3:
    comparison.to_html(sys.argv[3])
scores = {column.name: column.bits for column in comparison}
print(
    json.dumps(
        {
            "flagged": [column.name for column in comparison if column.verdict == "shifted"],
            "scores": {name: bits if bits is None or math.isfinite(bits) else None for name, bits in scores.items()},
        }
    )
)
