"""Minimizing the divergence: likelihood, projections, constraints, and the geometry behind them.

Where is what: `likelihood` (maximum likelihood and the choice among models), `projections` (onto families, both ways),
`mixtures` (divergences of Gaussian mixtures), `constraints` (the closest law under moments or margins), `geometry`
(Fisher information, expansion, geodesic, natural gradient). Their names are here too, loaded on first use.
"""
