"""Which way leads to the maximum, family by family."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kullback import families as laws
from kullback._core import InputError
from kullback.families import FAMILIES, Law
from kullback.fitting.likelihood import _bounded, _counts, _directions, _location, _mixtures, _shapes, _vectors
from kullback.fitting.likelihood._partly import fit_partly, parameter_names
from kullback.fitting.likelihood._problem import SAME, VARY, Problem, Solution, Solver, no_maximum
from kullback.fitting.likelihood._sample import Sample
from kullback.fitting.likelihood._spaces import SPACES, VECTORS, check_space

_SOLVERS: Mapping[type[Law], Solver] = {
    laws.Gamma: _shapes.gamma,
    laws.InverseGamma: _shapes.gamma,
    laws.Nakagami: _shapes.gamma,
    laws.Chi2: _shapes.chi,
    laws.Chi: _shapes.chi,
    laws.Weibull: _shapes.weibull,
    laws.Frechet: _shapes.weibull,
    laws.Gumbel: _shapes.gumbel,
    laws.Moyal: _shapes.gumbel,
    laws.GeneralizedGamma: _shapes.generalized_gamma,
    laws.NegativeBinomial: _counts.negative_binomial,
    laws.Zeta: _counts.zeta,
    laws.LogSeries: _counts.log_series,
    laws.Binomial: _counts.binomial,
    laws.BetaBinomial: _counts.beta_binomial,
    laws.Hypergeometric: _counts.hypergeometric,
    laws.Logistic: _location.location_scale,
    laws.Cauchy: _location.location_scale,
    laws.StudentT: _location.location_scale,
    laws.Beta: _bounded.beta,
    laws.Kumaraswamy: _bounded.kumaraswamy,
    laws.ContinuousBernoulli: _bounded.continuous_bernoulli,
    laws.TruncatedNormal: _bounded.truncated_normal,
    laws.Dirichlet: _bounded.dirichlet,
    laws.VonMises: _directions.von_mises,
    laws.VonMisesFisher: _directions.von_mises_fisher,
    laws.MultivariateNormal: _vectors.multivariate_normal,
    laws.LowRankMultivariateNormal: _vectors.low_rank,
    laws.MatrixNormal: _vectors.matrix_normal,
    laws.Wishart: _vectors.wishart,
    laws.InverseWishart: _vectors.wishart,
}

GIVEN: Mapping[type[Law], frozenset[str]] = {
    laws.Binomial: frozenset({"total_count"}),
    laws.BetaBinomial: frozenset({"total_count"}),
    laws.Hypergeometric: frozenset({"population", "successes", "draws"}),
    laws.TruncatedNormal: frozenset({"low", "high"}),
}
"""Parameters that a solver takes as given by itself."""


def solve(problem: Problem, /) -> Solution:
    """The law of greatest likelihood.

    Args:
        problem: A family, a sample of it, and what is fixed.

    Raises:
        InputError: There is none, or the fixed parameters make no sense.
    """
    kind = problem.kind
    if kind is laws.Mixture:
        return _mixtures.mixture(problem, component_kinds(problem), solve)
    if kind is laws.Product:
        return _product(problem)
    check_fixed(problem)
    if set(problem.fixed) - GIVEN.get(kind, frozenset()):
        return fit_partly(problem, solve)
    if kind in _SOLVERS:
        return _SOLVERS[kind](problem)
    if kind is laws.MarkovChain:
        return _markov_chain(problem)
    return _closed(problem)


def check_fixed(problem: Problem, /) -> None:
    """Refuse names that the family does not have, and values that are not numbers."""
    known = parameter_names(problem.kind)
    for name, value in problem.fixed.items():
        if name not in known:
            raise InputError(
                f"fixed holds {name!r}. {problem.kind.__name__} has {', '.join(sorted(known))}. Use one of these names."
            )
        if np.ndim(value) or isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise InputError(
                f"fixed[{name!r}] = {value!r}. Only parameters that are numbers can be fixed, to a number."
            )
    if problem.fixed and problem.sample.points.ndim > 1:
        raise InputError(f"fixed came for {problem.kind.__name__}. It is for families of numbers.")


def _closed(problem: Problem) -> Solution:
    kind, sample = problem.kind, problem.sample
    closed = FAMILIES[kind].fit
    if closed is None:
        raise InputError(f"{kind.__name__} cannot be fitted. Choose a family of kullback.families with a density.")
    found = closed(sample.points, sample.weights)
    if found is None:
        raise _explained(problem)
    if kind is laws.Categorical:
        found = _all_outcomes(problem, np.asarray(found["probs"]))
    return Solution(kind(**found), "closed form")


def _all_outcomes(problem: Problem, shares: Any) -> Mapping[str, Any]:
    """As many outcomes as the template has, where there is one."""
    template = problem.start
    known = 0 if not isinstance(template, laws.Categorical) else len(next(iter(template.parameters().values())))
    known = max(known, len(problem.sample.labels or ()))
    if template is not None and known < len(shares):
        raise InputError(f"x holds outcome {len(shares) - 1}. The template has {known} outcomes, 0 to {known - 1}.")
    return {"probs": np.pad(shares, (0, max(known - len(shares), 0)))}


def _explained(problem: Problem) -> InputError:
    points = problem.sample.points
    if problem.kind is laws.PointMass:
        return InputError("x has more than one value. PointMass fits only data that are all the same.")
    if problem.kind is laws.Multinomial:
        return InputError(
            "the rows of x have different totals. Multinomial has one total_count; fit rows of one total."
        )
    if np.all(points == points.flat[0]):
        why = "all values are 0, and it grows as the law shrinks to 0" if points.flat[0] == 0 else SAME
        return no_maximum(problem.kind, why, VARY)
    return no_maximum(problem.kind, "it has no bound on these points", "Choose another family.")


def _markov_chain(problem: Problem) -> Solution:
    sample = problem.sample
    closed = FAMILIES[laws.MarkovChain].fit
    found = closed(sample.points, sample.weights) if closed else None
    if found is not None and len(found["transition"]) >= len(sample.labels or ()):
        return Solution(laws.MarkovChain(found["transition"]), "closed form")
    size = max(int(sample.points.max()) + 1, len(sample.labels or ()))
    counts = np.zeros((size, size))
    np.add.at(counts, tuple(sample.points.astype(np.int64).T), 1.0 if sample.weights is None else sample.weights)
    stuck = counts.sum(axis=1) == 0
    counts[stuck] = 1.0
    names = [str((sample.labels or range(size))[i]) for i in np.flatnonzero(stuck)[:5]]
    note = f"never left, so their rows are uniform by convention: {', '.join(names)}"
    return Solution(laws.MarkovChain(counts / counts.sum(axis=1, keepdims=True)), "closed form", notes=(note,))


def kind_of(family: Any, /) -> tuple[type[Law], Law | None]:
    """A family from its class, its name as text, or a record, which is then a start too.

    Raises:
        InputError: It is none of these.
    """
    if isinstance(family, Law):
        return type(family), family
    if isinstance(family, type) and issubclass(family, Law) and family in FAMILIES:
        return family, None
    if isinstance(family, str):
        key = family.lower().replace("_", "").replace("-", "").replace(" ", "")
        key = _ALIASES.get(key, key)
        for kind in _FITTED:
            if kind.__name__.lower() == key:
                return kind, None
    raise InputError(
        f"{family!r} is no family. Give a class of kullback.families, a record of one, or a name: "
        f"{', '.join(sorted(kind.__name__ for kind in _FITTED))}."
    )


_ALIASES = {
    "gaussian": "normal",
    "norm": "normal",
    "expon": "exponential",
    "t": "studentt",
    "nbinom": "negativebinomial",
}
_FITTED = (*SPACES, laws.MarkovChain)


def component_kinds(problem: Problem, /) -> tuple[type[Law], ...]:
    """The families of the parts of a mixture or a product, from the option or from the template.

    Raises:
        InputError: Neither says how many and which.
    """
    asked = problem.options.get("components")
    vector = problem.kind is laws.Mixture and problem.sample.points.ndim > 1
    if asked is None and problem.start is not None:
        asked = list(problem.start.components)  # type: ignore[attr-defined]
    if isinstance(asked, int | np.integer) and not isinstance(asked, bool) and asked >= 1:
        return (laws.MultivariateNormal if vector else laws.Normal,) * int(asked)
    if isinstance(asked, list | tuple) and asked:
        kinds = tuple(kind_of(part)[0] for part in asked)
        bad = [kind for kind in kinds if (kind in VECTORS) != vector or kind in _NOT_INSIDE]
        if bad:
            raise InputError(
                f"{bad[0].__name__} cannot be a part of this {problem.kind.__name__}. Check the shape of x."
            )
        return kinds
    raise InputError(
        f"components = {asked!r}. Give the number of normal components, as in components=3, or a list of families."
    )


_NOT_INSIDE = frozenset({laws.Mixture, laws.Product, laws.MarkovChain, laws.PointMass})


def _product(problem: Problem) -> Solution:
    sample, kinds = problem.sample, component_kinds(problem)
    if len(kinds) != sample.points.shape[1]:
        raise InputError(
            f"x has {sample.points.shape[1]} columns and Product {len(kinds)} components. Give one for each."
        )
    parts = []
    for i, kind in enumerate(kinds):
        column = Sample(sample.points[:, i], sample.weights, sample.size)
        check_space(kind, column.points)
        parts.append(solve(Problem(kind, column, {})))
    notes = tuple(note for part in parts for note in part.notes)
    return Solution(
        laws.Product(tuple(part.law for part in parts)),
        "column by column",
        all(part.converged for part in parts),
        notes,
    )
