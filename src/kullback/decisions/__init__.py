"""Deciding with the divergence: tests and exponents, codes, monitors, queries, fairness, and the sciences that use it.

Where is what: `hypotheses`, `exponents`, `coding`, `monitoring`, `forecasts`, `queries`, `fairness`, `compositions`,
`physics`, `recommenders`, `images`. Their names are here too, loaded on first use.
"""
