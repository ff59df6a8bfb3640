"""Divergences and expectations without a closed form, each with an honest bound of its error.

Where is what: `_density` one side of a pair and the result, `_quadrature` laws with a density on the line, `_lattice`
integer laws; below them `_integrand` what is integrated, `_plan` the first panels, `_panels` the rule, `_adaptive` the
cutting, `_tails` what lies beyond the last panel. Everything here speaks nats and one pair at a time.
"""

from kullback.numerics._density import Density, Numeric
from kullback.numerics._lattice import lattice_expectation, lattice_sum
from kullback.numerics._quadrature import expectation, quadrature

__all__ = ["Density", "Numeric", "expectation", "lattice_expectation", "lattice_sum", "quadrature"]
