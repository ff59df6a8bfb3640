"""Whole rows, for what counts of columns cannot say.

`_rows` fetches them, `_row_sample` judges a sample, `_whole_rows` says how far apart they are, `_segments` which few
conditions hold the shift.
"""
