"""Groups and windows of rows, each held against others.

`_grouping` parts them, `_group_counts` counts, `_group_judging` judges; `_groups` are the records, `_breakdown` the
whole.
"""
