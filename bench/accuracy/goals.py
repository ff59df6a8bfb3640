"""What kullback owes to a pair of families: a relative error, or for numerics the bound that comes with the number."""

from dataclasses import dataclass

GOALS = {"A": 2e-15, "B": 7e-15, "C": 1e-13}
STATED = "numerics"
# Elementary forms.
A = (
    "Bernoulli Binomial Categorical Cauchy DiscreteUniform Exponential Geometric HalfNormal InverseGaussian Laplace "
    "LogNormal LogUniform MarkovChain Maxwell Multinomial MultivariateNormal NegativeBinomial Normal Pareto Poisson "
    "PowerFunction Rayleigh Uniform"
)
# Forms with one gap of a special function.
B = "Chi Chi2 Frechet Gamma Gumbel InverseGamma Moyal Nakagami Weibull"
# The others; those on matrices lose by their condition, which the points keep mild enough for this.
C = (
    "Beta ContinuousBernoulli Dirichlet InverseWishart Lindley LogSeries LowRankMultivariateNormal MatrixNormal "
    "VonMises VonMisesFisher Wishart Zeta"
)
TIERS = {family: tier for tier, families in (("A", A), ("B", B), ("C", C)) for family in families.split()}
# Pairs of different families that are one family more general.
CROSS = {
    ("Beta", "Uniform"): "C",
    ("Chi2", "Gamma"): "B",
    ("Exponential", "Gamma"): "B",
    ("Exponential", "Weibull"): "B",
    ("Gamma", "Exponential"): "B",
    ("Rayleigh", "Weibull"): "B",
    ("Uniform", "Beta"): "C",
    ("Weibull", "Gamma"): "B",
}


def tier_of(families: tuple[str, str]) -> str:
    """The tier of a pair."""
    p, q = families
    return TIERS.get(p, STATED) if p == q else CROSS.get(families, STATED)


@dataclass(frozen=True)
class Ours:
    """An answer of kullback: nats or the text of its refusal, and for numerics the bound of the absolute error."""

    value: float | str
    bound: float | None = None
