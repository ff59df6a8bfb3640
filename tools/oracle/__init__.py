"""Truths to fifty digits: laws in mpmath, their divergences by the textbook formula, and the points that are kept.

`_law` holds the engine, `_halfline`, `_line`, `_interval` and `_counts` the scalar laws, `_vectors` the others;
`_points` draws parameters, `_pairs` says which pairs of families are written, `_truth` and `_verify` compute and check.
"""
