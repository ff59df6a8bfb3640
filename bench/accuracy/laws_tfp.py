"""Laws as TensorFlow Probability on JAX has them, in float64."""

import jax
import jax.numpy as jnp
import tensorflow_probability.substrates.jax as tfp
from ask import shares

jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - its only form

VERSION = f"TFP on JAX {tfp.__version__}"
SAME = {
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi", "Chi2", "ContinuousBernoulli", "Dirichlet",
    "Exponential", "Gamma", "Geometric", "Gumbel", "HalfNormal", "InverseGaussian", "Kumaraswamy", "Laplace",
    "LogNormal", "Logistic", "Moyal", "Multinomial", "Normal", "Poisson", "StudentT", "TruncatedNormal", "Uniform",
    "VonMises", "VonMisesFisher", "Weibull",
}  # fmt: skip
RENAMED = {
    "InverseGamma": ("InverseGamma", {"rate": "scale"}),
    "LowRankMultivariateNormal": (
        "MultivariateNormalDiagPlusLowRankCovariance",
        {"cov_diag": "cov_diag_factor", "cov_factor": "cov_perturb_factor"},
    ),
    "Pareto": ("Pareto", {"alpha": "concentration"}),
    "Wishart": ("WishartTriL", {}),
    "Zeta": ("Zipf", {"exponent": "power"}),
}


def law(family: str, parameters: dict) -> tfp.distributions.Distribution:
    """The law by its parameters."""
    # Arrays of NumPy become float32 in some laws.
    values = {name: jnp.asarray(value, dtype=jnp.float64) for name, value in parameters.items()}
    if "probs" in values and family in {"Categorical", "Multinomial"}:
        values["probs"] = shares(values["probs"])
    if family == "ContinuousBernoulli":
        values["dtype"] = jnp.float64
    if family == "MatrixNormal":
        row, column = (
            tfp.tf2jax.linalg.LinearOperatorLowerTriangular(values[name]) for name in ("row_tril", "col_tril")
        )
        return tfp.distributions.MatrixNormalLinearOperator(values["loc"], row, column)
    if family == "MultivariateNormal":
        name = "MultivariateNormalDiag" if "scale_diag" in values else "MultivariateNormalTriL"
    elif family in SAME:
        name = family
    elif family in RENAMED:
        name, renamed = RENAMED[family]
        values = {renamed.get(key, key): value for key, value in values.items()}
    else:
        raise NotImplementedError
    return getattr(tfp.distributions, name)(**values)


divergence = tfp.distributions.kl_divergence
