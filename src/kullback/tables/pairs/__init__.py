"""Two columns at a time: splits by a target, and changes of dependence.

`_conditional` splits shifts by a target, `_dependence` finds changed pairs; `_pair_counts` counts, `_two_way` measures,
`_statements` judges, `_splits` and `_pair_shifts` are the records.
"""
