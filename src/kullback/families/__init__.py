"""Laws: plain records of parameters, and the one table of what is known about each family.

`kl.families.Normal(0, 1)` is a record for those who bring no objects of their own. A new family is one record and one
row of `FAMILIES`, in the file of its group, and one row in the tests; everything else reads the table.
"""

from kullback.families._bounded import Beta, ContinuousBernoulli, Kumaraswamy, LogUniform, PowerFunction, Uniform
from kullback.families._categories import Categorical, Multinomial
from kullback.families._composite import MarkovChain, Mixture, PointMass, Product
from kullback.families._directions import VonMises, VonMisesFisher
from kullback.families._dirichlet import Dirichlet
from kullback.families._discrete import (
    Bernoulli,
    BetaBinomial,
    Binomial,
    DiscreteUniform,
    Geometric,
    Hypergeometric,
    LogSeries,
    NegativeBinomial,
    Poisson,
    Zeta,
)
from kullback.families._extreme import Gumbel, Moyal
from kullback.families._family import FAMILIES, Family, NoMoment, Support, find, lift_together, log_prob, moment_of
from kullback.families._foreign import Independent, Opaque, Transformed
from kullback.families._gamma import (
    Chi,
    Chi2,
    Exponential,
    Frechet,
    Gamma,
    GeneralizedGamma,
    HalfNormal,
    InverseGamma,
    Maxwell,
    Nakagami,
    Rayleigh,
    Weibull,
)
from kullback.families._law import Law, domain_of, unchecked, validity
from kullback.families._location import Cauchy, Laplace, Logistic, StudentT
from kullback.families._matrix import (
    InverseWishart,
    LowRankMultivariateNormal,
    MatrixNormal,
    MultivariateNormal,
    Wishart,
)
from kullback.families._normal import LogNormal, Normal, TruncatedNormal
from kullback.families._positive import InverseGaussian, Lindley, Pareto
from kullback.families._quotients import quotient_of

__all__ = [
    "FAMILIES",
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi",
    "Chi2",
    "ContinuousBernoulli",
    "Dirichlet",
    "DiscreteUniform",
    "Exponential",
    "Family",
    "Frechet",
    "Gamma",
    "GeneralizedGamma",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "Hypergeometric",
    "Independent",
    "InverseGamma",
    "InverseGaussian",
    "InverseWishart",
    "Kumaraswamy",
    "Laplace",
    "Law",
    "Lindley",
    "LogNormal",
    "LogSeries",
    "LogUniform",
    "Logistic",
    "LowRankMultivariateNormal",
    "MarkovChain",
    "MatrixNormal",
    "Maxwell",
    "Mixture",
    "Moyal",
    "Multinomial",
    "MultivariateNormal",
    "Nakagami",
    "NegativeBinomial",
    "NoMoment",
    "Normal",
    "Opaque",
    "Pareto",
    "PointMass",
    "Poisson",
    "PowerFunction",
    "Product",
    "Rayleigh",
    "StudentT",
    "Support",
    "Transformed",
    "TruncatedNormal",
    "Uniform",
    "VonMises",
    "VonMisesFisher",
    "Weibull",
    "Wishart",
    "Zeta",
    "domain_of",
    "find",
    "lift_together",
    "log_prob",
    "moment_of",
    "quotient_of",
    "unchecked",
    "validity",
]
