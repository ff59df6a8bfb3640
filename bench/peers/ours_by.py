"""kullback by groups: `python ours_by.py REFERENCE CURRENT COLUMN`. Prints the columns that shifted in the whole."""

import json
import sys

import kullback as kl

comparison = kl.compare(*sys.argv[1:3], by=sys.argv[3])
flagged = [column.name for column in comparison if column.verdict == "shifted"]
print(json.dumps({"flagged": flagged, "scores": {}}))
