"""A law as estimators use it: draws and log densities in NumPy, whatever it is made of and wherever it comes from."""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.divergences._read import as_law
from kullback.estimators._law_objects import has_methods, object_density, object_draw
from kullback.estimators._law_records import NotOpen, OpenLaw, ask, open_record
from kullback.estimators._options import Rng, generator
from kullback.estimators._points import Floats
from kullback.families import Law, Opaque, Transformed


def open_law(value: Any, side: str, /, *, density: bool = True, draws: bool = False) -> OpenLaw:
    """Read whatever stands for a law.

    Args:
        value: A record of `kullback.families`, a vector of probabilities, a distribution of scipy.stats, torch,
            numpyro or TFP, or any object with a log density, draws, or both.
        side: Name of the argument, for messages.
        density: Whether its log density is needed.
        draws: Whether draws from it are needed.

    Returns:
        The law with what it has; `log_prob` and `draw` are there if they were asked for.

    Raises:
        InputError: It is no law, a batch of laws, or lacks what is needed.
    """
    found = _read(value, side)
    missing = [
        words
        for needed, has, words in (
            (density, found.log_prob is not None, "log density"),
            (draws, found.draw is not None, "way to draw from it"),
        )
        if needed and not has
    ]
    if missing:
        raise InputError(
            f"{side} = {found.name} has no {' and no '.join(missing)} here. Give an object with log_prob and sample, "
            "as torch, numpyro and scipy have them, or draw samples and compare those."
        )
    return found


def _read(value: Any, side: str) -> OpenLaw:
    opened, foreign = None, not isinstance(value, Law)
    try:
        law = as_law(value, side)
        opened = open_record(law)
        if not foreign or not isinstance(law, Opaque | Transformed):
            return opened
    except NotOpen:
        pass
    except InputError:
        if not foreign or not has_methods(value):
            raise
    own = _object(value) if foreign and has_methods(value) else OpenLaw(repr(value), None, "")
    # The record of such an object is only a view of it, and none at all where outcomes are arrays.
    return own if opened is None or own.shape else replace(opened, draw=own.draw or opened.draw)


def _object(value: Any) -> OpenLaw:
    """An object by its own methods."""
    log_prob, draw = object_density(value), object_draw(value)
    if tuple(getattr(value, "batch_shape", ()) or ()):
        raise InputError(f"{type(value).__name__} is a batch of shape {tuple(value.batch_shape)}. One law is needed.")
    shape = getattr(value, "event_shape", None)
    shape = tuple(int(size) for size in shape) if shape is not None and not callable(shape) else None
    if shape is None and draw is not None:
        shape = draw(2, np.random.default_rng(0)).shape[1:]
    support = getattr(value, "support", None)
    space = type(support).__name__.strip("_").lower() if hasattr(support, "is_discrete") else ""
    return OpenLaw(
        name=type(value).__name__,
        shape=shape,
        kind=_object_kind(value, support),
        space=space if space in {"simplex", "sphere"} else "",
        log_prob=log_prob,
        draw=draw,
    )


def _object_kind(value: Any, support: Any) -> str:
    if hasattr(support, "is_discrete"):
        return "discrete" if support.is_discrete else "continuous"
    masses, densities = (
        any(hasattr(value, name) for name in names) for names in (("logpmf", "pmf"), ("logpdf", "pdf"))
    )
    if masses == densities:
        return ""
    return "discrete" if masses else "continuous"


def own_stream(rng: Rng, /) -> np.random.Generator:
    """A stream of chance apart from that of its seed: the rows of a sample may have been drawn with the same seed."""
    return generator(rng).spawn(1)[0]


def same_space(p: OpenLaw, q: OpenLaw, /) -> str | None:
    """Check that two laws live on one space.

    Returns:
        Why their divergence is infinite whatever the rest, where one has a density and the other masses; None else.

    Raises:
        InputError: Their outcomes have different shapes.
    """
    if p.shape is not None and q.shape is not None and p.shape != q.shape:
        raise InputError(
            f"An outcome of p = {p.name} has shape {p.shape}, one of q = {q.name} has {q.shape}. One space is needed."
        )
    if {p.kind, q.kind} == {"discrete", "continuous"}:
        words = {"discrete": "masses at points", "continuous": "a density"}
        return f"p has {words[p.kind]} and q has {words[q.kind]}: a set that is certain under p has no mass under q"
    return None


def log_density_at(law: OpenLaw, points: Floats, /) -> Floats:
    """Log densities of a law at points, checked: a NaN would pass for a figure later."""
    values = ask(law, points)
    lost = np.isnan(values)
    if lost.any():
        raise InputError(
            f"The log density of {law.name} is NaN at {points[int(np.argmax(lost))]} and {int(lost.sum()) - 1} other "
            "points. A number or -inf is needed. Check the parameters, or the law at that point."
        )
    return values


def as_outcomes(law: OpenLaw, x: Floats, /) -> Floats:
    """Rows of a table as outcomes of a law: vectors, matrices, or numbers where there is one column."""
    shape = law.shape
    if shape is None:
        return x[:, 0] if x.shape[1] == 1 else x
    if prod(shape) != x.shape[1]:
        raise InputError(
            f"A row has {x.shape[1]} columns and an outcome of {law.name} has shape {shape}. The same space is needed."
        )
    return x.reshape(len(x), *shape)
