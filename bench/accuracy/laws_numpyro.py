"""Laws as numpyro has them, in float64."""

import jax
import jax.numpy as jnp
import numpyro
from ask import shares
from numpyro import distributions

jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - its only form

VERSION = f"numpyro {numpyro.__version__}"
# Those for which some divergence is registered.
SAME = {"Beta", "Categorical", "Chi2", "Dirichlet", "Gamma", "Kumaraswamy", "Normal", "Weibull"}
OTHERS = {"Cauchy", "Exponential", "Gumbel", "HalfNormal", "Laplace", "LogNormal", "Poisson", "Uniform"}


def law(family: str, parameters: dict) -> distributions.Distribution:
    """The law by its parameters."""
    values = {name: jnp.asarray(value, dtype=jnp.float64) for name, value in parameters.items()}
    if family == "MultivariateNormal" and "scale_diag" in values:
        return distributions.Normal(values["loc"], values["scale_diag"]).to_event(1)
    if family == "Categorical":
        # Of logits there is no divergence, and weights must be probabilities.
        if "logits" in values:
            raise NotImplementedError
        values = {"probs": shares(values["probs"])}
    if family not in SAME | OTHERS | {"MultivariateNormal"}:
        raise NotImplementedError
    return getattr(distributions, family)(**values)


divergence = distributions.kl_divergence
