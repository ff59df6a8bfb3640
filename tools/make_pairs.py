"""Write docs/reference/pairs.md: which pair of families has a formula, goes to numerics, or is infinite.

Every pair is asked, so the page says what the library does: `python tools/make_pairs.py`.
"""

import sys
from pathlib import Path

import numpy as np

from kullback import families
from kullback.divergences._ladder import divergence_of_laws

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "pairs.md"
# One ordinary law of every family: two parameter sets, so that a pair of one family is no pair of equals.
ONE = {
    "Normal": ((0.0, 1.0), (1.0, 2.0)),
    "LogNormal": ((0.0, 1.0), (0.5, 1.5)),
    "TruncatedNormal": ((0.0, 1.0, -1.0, 2.0), (0.5, 1.5, -1.0, 2.0)),
    "Laplace": ((0.0, 1.0), (1.0, 2.0)),
    "Logistic": ((0.0, 1.0), (1.0, 2.0)),
    "Cauchy": ((0.0, 1.0), (1.0, 2.0)),
    "StudentT": ((5.0, 0.0, 1.0), (4.0, 0.5, 2.0)),
    "Gumbel": ((0.0, 1.0), (1.0, 2.0)),
    "Moyal": ((0.0, 1.0), (1.0, 2.0)),
    "Exponential": ((1.0,), (2.0,)),
    "Gamma": ((2.0, 1.0), (3.0, 2.0)),
    "GeneralizedGamma": ((2.0, 1.0, 1.5), (3.0, 2.0, 2.5)),
    "InverseGamma": ((2.0, 1.0), (3.0, 2.0)),
    "Chi2": ((3.0,), (4.0,)),
    "Chi": ((3.0,), (4.0,)),
    "Weibull": ((1.0, 1.5), (2.0, 2.5)),
    "Frechet": ((1.0, 3.5), (2.0, 4.5)),
    "Rayleigh": ((1.0,), (2.0,)),
    "Maxwell": ((1.0,), (2.0,)),
    "HalfNormal": ((1.0,), (2.0,)),
    "Nakagami": ((1.5, 1.0), (2.5, 2.0)),
    "InverseGaussian": ((1.0, 2.0), (2.0, 3.0)),
    "Lindley": ((1.0,), (2.0,)),
    "Pareto": ((2.0, 3.0), (1.0, 4.0)),
    "LogUniform": ((1.0, 2.0), (0.5, 3.0)),
    "Uniform": ((0.25, 0.75), (0.1, 0.9)),
    "Beta": ((2.0, 3.0), (3.0, 1.5)),
    "Kumaraswamy": ((2.0, 3.0), (3.0, 1.5)),
    "PowerFunction": ((2.0,), (3.0,)),
    "ContinuousBernoulli": ((0.3,), (0.6,)),
    "VonMises": ((0.0, 1.0), (1.0, 2.0)),
}
WHOLE = {
    "Bernoulli": ((0.3,), (0.6,)),
    "Binomial": ((5.0, 0.3), (7.0, 0.6)),
    "Geometric": ((0.3,), (0.6,)),
    "NegativeBinomial": ((2.0, 0.3), (3.5, 0.6)),
    "Poisson": ((1.0,), (2.0,)),
    "BetaBinomial": ((5.0, 2.0, 3.0), (7.0, 3.0, 1.5)),
    "Hypergeometric": ((20.0, 7.0, 5.0), (20.0, 8.0, 6.0)),
    "DiscreteUniform": ((1.0, 4.0), (0.0, 6.0)),
    "Categorical": (([0.2, 0.3, 0.5],), ([0.3, 0.3, 0.2, 0.2],)),
    "Zeta": ((2.5,), (3.5,)),
    "LogSeries": ((0.3,), (0.6,)),
}
MANY = (
    "MultivariateNormal (also with LowRankMultivariateNormal, both ways)",
    "LowRankMultivariateNormal",
    "MatrixNormal",
    "Wishart",
    "InverseWishart",
    "Dirichlet",
    "VonMisesFisher",
    "Multinomial",
    "MarkovChain (the rate per step)",
)


def kind(p: families.Law, q: families.Law) -> str:
    """How the library answers a pair."""
    with np.errstate(all="ignore"):
        answer = divergence_of_laws(p, q)
    if np.isinf(answer.value):
        return "infinite"
    return "formula" if answer.rung.startswith(("closed", "moments", "point")) else "numerics"


def rows(table: dict[str, tuple[tuple, tuple]]) -> list[str]:
    lines = ["| p | formula | numbers with a bound | infinite |", "|---|---|---|---|"]
    for name, (values, _) in table.items():
        found: dict[str, list[str]] = {"formula": [], "numerics": [], "infinite": []}
        for other, (_, theirs) in table.items():
            pair = getattr(families, name)(*values), getattr(families, other)(*theirs)
            found[kind(*pair)].append(other)
        cells = [", ".join(found[column]) or "–" for column in ("formula", "numerics", "infinite")]
        lines.append(f"| **{name}** | {' | '.join(cells)} |")
    return lines


TOP = """# Which pairs

How `kl.divergence(p, q)` answers for p of the family on the left and q of each other one: by a *formula* (the stable
form of a family that holds both, or cross-entropy less entropy), by *numbers with a bound* of their error (quadrature
or a lattice sum), or *infinite* since p has mass, or tails, where q has none. Ordinary parameters were asked; special
ones may do better, as Weibull of shape 1 is exponential. What has a formula has gradients in torch and JAX. Made by
`tools/make_pairs.py` from the library itself.
"""
BOTTOM = """A law with a density and one with masses at points are infinitely far apart, both ways.

## Vectors, matrices, paths

By formula, within the family: {}.

Products of independent laws, and batches read as one outcome, are sums over their coordinates. Mixtures on the line
go to numerics. A point mass against a density is infinite, against a law on whole numbers it is -log q there. All
other pairs raise an error that names them and points to estimation from samples.
"""


def page() -> str:
    """The whole page."""
    parts = [TOP, "## Densities on the line\n", *rows(ONE), "", "## Whole numbers\n", *rows(WHOLE), ""]
    return "\n".join([*parts, BOTTOM.format(", ".join(MANY))])


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE}\n")
