"""What is kept of a table, small and without its rows.

`_profiling` makes a profile, `_profile` is the record and its file, `_merging` takes parts together, `_pairing`
compares with it, `_privacy` leaves out what could show a row; `_kept_pairs` are its pairs of columns.
"""
