"""`select`: which of several models is expected to lose least."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kullback import families as laws
from kullback._core import InputError
from kullback.families import Law
from kullback.fitting.likelihood._criteria import HONEST, candidate, ranked
from kullback.fitting.likelihood._density import is_mass
from kullback.fitting.likelihood._errors import moving_ends
from kullback.fitting.likelihood._fit import fit
from kullback.fitting.likelihood._reading import holds_labels, read_sample
from kullback.fitting.likelihood._record import Fit
from kullback.fitting.likelihood._sample import Sample
from kullback.fitting.likelihood._selection import Selection
from kullback.fitting.likelihood._solve import kind_of
from kullback.fitting.likelihood._spaces import LATTICE, MATRICES, SPACES, VECTORS

_NOT_IN_ALL = (
    VECTORS
    | MATRICES
    | {
        laws.PointMass,
        laws.VonMises,
        laws.Mixture,
        laws.TruncatedNormal,
        laws.GeneralizedGamma,
        laws.Categorical,
        laws.BetaBinomial,
        laws.Hypergeometric,
    }
)


def select(
    data: Any,
    families: Any = None,
    /,
    *,
    criterion: str = "aic",
    count_scale: bool = True,
    rng: int | np.random.Generator | None = None,
    **options: Any,
) -> Selection:
    r"""Fit several families to the same data and rank them.

    $$ \mathrm{AIC} = 2k - 2\log L, \quad \mathrm{AICc} = \mathrm{AIC} + \frac{2k(k+1)}{n-k-1}, \quad
       \mathrm{BIC} = k \log n - 2\log L, \quad \mathrm{TIC} = 2\,\mathrm{tr}(J I^{-1}) - 2\log L $$

    Args:
        data: As `fit` takes it; or a list of `Fit` records of the same observations, and no families.
        families: A list of names, classes, records or `Fit` records; or "all": every family of numbers that can have
            this data, masses for whole numbers and densities for others; for whole numbers with a standard deviation of
            10 or more both, as a density is then the probability of a unit.
        criterion: "aic", "aicc", "bic" or "tic".
        count_scale: Whether the scale (σ) counts as a parameter. It is fitted, so it does; False agrees with software
            that leaves it out, such as least squares in statsmodels.
        rng: Seed or generator for the estimate of D(truth‖model) of densities.
        options: Of `fit`: weights, counts, column, weighting, nan_policy, confidence.

    Returns:
        The models, best first, with weights and how far each is from the data.

    Raises:
        InputError: No family can be fitted, the fits are of different observations, masses stand beside densities for
            data that are not whole numbers far apart, or the criterion is unknown or infinite.

    Note:
        Families that cannot have the data, or have no maximum, are listed in `skipped`. Log likelihoods are comparable
        only for the same observations in the same unit: for a model of log x add -Σ log x to its log likelihood (the
        Jacobian), or fit LogNormal.

    References:
        Akaike (1974), IEEE Transactions on Automatic Control 19; Schwarz (1978), Annals of Statistics 6; Hurvich and
        Tsai (1989), Biometrika 76; Takeuchi (1976), Suri-Kagaku 153; Burnham and Anderson (2002), Model Selection and
        Multimodel Inference.

    Example:
        >>> import numpy as np
        >>> from kullback.fitting.likelihood import select
        >>> x = np.random.default_rng(0).gamma(3.0, 2.0, 500)
        >>> found = select(x, ["exponential", "gamma", "normal"])
        >>> found.best.name
        'Gamma'
        >>> bool(found.evidence_ratio("gamma", "normal") > 1e6)
        True
    """
    if families is None:
        fits, skipped = _given_fits(data), dict[str, str]()
    else:
        fits, skipped = _fitted(data, families, options)
    if not fits:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(skipped.items())[:3])
        raise InputError(f"no family can be fitted to x. {reasons}")
    _check_same(fits)
    named = _names(fits)
    rows = [
        candidate(
            name,
            one.log_likelihood,
            one.k - (0 if count_scale else _scales(one)),
            one.n,
            one.takeuchi if criterion == "tic" else None,
            one,
        )
        for name, one in named.items()
    ]
    notes = _notes(fits)
    if len({is_mass(one.law) for one in fits}) > 1:
        notes = (*notes, _MIXED)
    made = ranked(rows, criterion, fits[0].n, count_scale=count_scale, skipped=skipped, notes=notes)
    return _measured(made, rng)


def _given_fits(data: Any) -> list[Fit]:
    found = list(data) if isinstance(data, list | tuple) else []
    if not found or not all(isinstance(one, Fit) for one in found):
        raise InputError('select got no families. Give a list of them, "all", or a list of Fit records as the data.')
    return found


def _fitted(data: Any, families: Any, options: Mapping[str, Any]) -> tuple[list[Fit], dict[str, str]]:
    asked, source, plain = _asked(data, families, options)
    fits: list[Fit] = []
    skipped: dict[str, str] = {}
    for one in asked:
        if isinstance(one, Fit):
            fits.append(one)
            continue
        kind, _ = kind_of(one)
        try:
            fits.append(fit(source, one, **plain))
        except InputError as error:
            skipped[kind.__name__] = str(error)
    return fits, skipped


def _asked(data: Any, families: Any, options: Mapping[str, Any]) -> tuple[list[Any], Any, Mapping[str, Any]]:
    """The families one by one, and data that is read once where all of them are families of numbers."""
    reading = {name: value for name, value in options.items() if name in _READING}
    rest = {name: value for name, value in options.items() if name not in _READING}
    if isinstance(families, str) and families != "all":
        families = [families]
    if families == "all":
        if holds_labels(data, options.get("column")):
            return [laws.Categorical], read_sample(data, laws.Categorical, **reading), rest
        sample = read_sample(data, laws.Normal, **reading)
        return list(_all_for(sample)), sample, rest
    if not isinstance(families, list | tuple | set | frozenset) or not families:
        raise InputError(f'families = {families!r}. Give a list of names, classes or fits, or "all".')
    asked = list(families)
    kinds = {kind_of(one)[0] for one in asked if not isinstance(one, Fit)}
    if kinds & (VECTORS | MATRICES | {laws.MarkovChain, laws.Categorical, laws.Mixture}):
        return asked, data, options
    return asked, read_sample(data, laws.Normal, **reading), rest


# Over so many standard steps of one unit a density is the probability of the whole number below it, to within 1/24 of
# its own curvature there.
_WIDE = 10.0
_MIXED = "x holds whole numbers only: densities are read as the probability of the unit around each"
_READING = ("weights", "counts", "column", "weighting", "nan_policy")


def _all_for(sample: Sample) -> list[type[Law]]:
    kinds = [kind for kind in SPACES if kind not in _NOT_IN_ALL]
    if _is_wide(sample):
        return kinds
    whole = _is_whole(sample)
    return [kind for kind in kinds if (kind in LATTICE) == whole]


def _is_whole(sample: Sample) -> bool:
    return sample.points.ndim == 1 and bool(np.all(np.floor(sample.points) == sample.points))


def _is_wide(sample: Sample) -> bool:
    """Whether the data are whole numbers so far apart that densities have something to say about them too."""
    if not _is_whole(sample):
        return False
    mean = sample.mean(sample.points)
    return bool(math.sqrt(sample.mean((sample.points - mean) ** 2)) >= _WIDE)


def _check_same(fits: Sequence[Fit]) -> None:
    first = fits[0]
    for other in fits[1:]:
        if is_mass(first.law) != is_mass(other.law) and not _is_wide(first.sample):
            raise InputError(
                f"{first.family} and {other.family} cannot be compared: one has masses, the other a density, and the "
                f"data are not whole numbers with a standard deviation of {_WIDE:g} or more, over which a density is "
                "the probability of a unit. Choose families of one kind."
            )
        if not _alike(first.sample, other.sample):
            raise InputError(
                f"{first.family} and {other.family} were fitted to different observations. Fit all models to the same "
                "ones; a fit to log x needs its Jacobian: fit LogNormal instead."
            )


def _alike(one: Sample, other: Sample) -> bool:
    if one.points.shape[1:] != other.points.shape[1:] or not math.isclose(one.size, other.size, rel_tol=1e-9):
        return False
    marks = [
        np.concatenate(
            [
                np.ravel(side.shares() @ side.points.reshape(len(side.points), -1)),
                np.ravel(side.points.min(axis=0)),
                np.ravel(side.points.max(axis=0)),
            ]
        )
        for side in (one, other)
    ]
    return bool(np.allclose(marks[0], marks[1], rtol=1e-9, atol=1e-300))


def _names(fits: Sequence[Fit]) -> dict[str, Fit]:
    named: dict[str, Fit] = {}
    for one in fits:
        name, count = _called(one), 1
        while name in named:
            count += 1
            name = f"{_called(one)} ({count})"
        named[name] = one
    return named


def _called(one: Fit) -> str:
    if isinstance(one.law, laws.Mixture):
        return f"Mixture of {len(one.law.components)} {type(one.law.components[0]).__name__}"
    return one.family + (f" with {', '.join(one.fixed)} given" if one.fixed else "")


def _scales(one: Fit) -> int:
    return int("scale" in one.parameters and "scale" not in one.fixed)


def _notes(fits: Sequence[Fit]) -> tuple[str, ...]:
    notes = [HONEST]
    ended = [one.family for one in fits if moving_ends(one.law, frozenset(one.fixed))]
    if ended:
        notes.append(f"{', '.join(ended)}: ends of the support were fitted, for which AIC is no unbiased estimate")
    unrested = [one.family for one in fits if not one.converged]
    if unrested:
        notes.append(f"{', '.join(unrested)}: the search did not come to rest")
    return tuple(notes)


def _measured(made: Selection, rng: Any) -> Selection:
    """How far each model is from the data, so that a bad best one is seen."""
    best = made.best.fit
    if best is None:
        return made
    if is_mass(best.law):
        entropy = best.entropy or 0.0
        rows = tuple(
            replace(one, divergence=one.fit.divergence if is_mass(one.fit.law) else one.fit.cross_entropy - entropy)
            for one in made.candidates
            if one.fit is not None
        )
        return replace(
            made, candidates=rows, goodness="D(empirical‖model), exact; sampling alone makes it about (cells - 1)/2n"
        )
    try:
        found = best.goodness(rng=rng)
    except InputError:
        return made
    if not math.isfinite(found.value):
        return made
    # The entropy of the truth is the same for all, so differences of D are those of log likelihoods.
    rows = tuple(
        replace(one, divergence=found.value + (made.best.log_likelihood - one.log_likelihood) / made.n)
        for one in made.candidates
    )
    low, high = found.interval
    level = f"{100 * found.confidence:g} % interval"
    words = f"D(truth‖model), estimated: {found.value:.3g} for the best, {level} [{low:.2g}, {high:.2g}]"
    return replace(made, candidates=rows, goodness=words if found.reliable else f"{words}, not reliable")
