"""Laws as torch.distributions has them, in float64 and with its own checks."""

import torch
from torch import distributions

VERSION = f"torch {torch.__version__}"
SAME = {
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "ContinuousBernoulli", "Dirichlet", "Exponential",
    "Gamma", "Geometric", "Gumbel", "HalfNormal", "InverseGamma", "Kumaraswamy", "Laplace", "LogNormal",
    "LowRankMultivariateNormal", "Multinomial", "NegativeBinomial", "Normal", "Pareto", "Poisson", "StudentT",
    "Uniform", "VonMises", "Weibull", "Wishart",
}  # fmt: skip


def law(family: str, parameters: dict) -> distributions.Distribution:
    """The law by its parameters."""
    values = {name: torch.tensor(value, dtype=torch.float64) for name, value in parameters.items()}
    if family == "MultivariateNormal" and "scale_diag" in values:
        return distributions.Independent(distributions.Normal(values["loc"], values["scale_diag"]), 1)
    if family == "Multinomial":
        values["total_count"] = parameters["total_count"]
    if family not in SAME and family != "MultivariateNormal":
        raise NotImplementedError
    return getattr(distributions, family)(**values)


divergence = distributions.kl_divergence
