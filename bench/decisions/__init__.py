"""How right kullback's decisions are, beside named peers in the same process.

`figures` has the part: ``python -m bench decisions --quick --only capacity``. A file for each figure: `watching`
(false alarms and delays), `capacity` (of channels), `exponents` (Chernoff and Cramér, with their `truths`),
`strangers` (out-of-distribution scores) and `coding` (bits that a coder spends).
"""
