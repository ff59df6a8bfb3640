"""Cells of a law that is known: where its mass lies, and how much lies in each."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.adapters import to_law
from kullback.decisions.monitoring._cells import Cells, outcome_cells
from kullback.decisions.monitoring._process import Null
from kullback.divergences._ladder import density, single
from kullback.estimators._law_records import NotOpen, OpenLaw, ask, open_record, take
from kullback.families import FAMILIES
from kullback.numerics import expectation, lattice_expectation

Floats = NDArray[np.float64]
# Draws only choose where cells end; the masses are exact.
_DRAWS = 4_000
_ROUNDING = 1e-12


def law_cells(value: Any, cells: int, /) -> tuple[Cells, Null]:
    """Cells of a law on the line: its values where they are few, otherwise stretches between quantiles.

    Args:
        value: A distribution object.
        cells: Cells at most, but for those of the ends and of missing rows.

    Returns:
        The cells, and the probabilities of all of them.

    Raises:
        InputError: It is no law of numbers that can be drawn from and integrated.
    """
    law = _opened(value)
    drawn = np.unique(take(law, _DRAWS, np.random.default_rng(0)).astype(np.float64))
    if law.kind == "discrete" and len(drawn) <= cells:
        probs = np.exp(ask(law, drawn))
        rest = 1.0 - float(probs.sum())
        return outcome_cells(drawn.tolist()), Null.known([*probs, rest if rest > _ROUNDING else 0.0, 0.0])
    sample = take(law, _DRAWS, np.random.default_rng(0)).astype(np.float64)
    edges = np.unique(np.quantile(sample, np.linspace(0, 1, cells + 1)[1:-1]))
    below = [_mass(law, lambda x, edge=edge: x < edge) for edge in edges[:-1]]
    last = _mass(law, lambda x: x <= edges[-1])
    first = below[0] if len(edges) > 1 else last  # one edge alone belongs to what is below
    probs = np.clip(np.array([first, *np.diff([*below, last]), 1 - last, 0.0]), 0.0, None)
    return Cells("numbers", edges=tuple(edges.tolist())), Null.known(probs / probs.sum(), ordered=True)


def _opened(value: Any) -> OpenLaw:
    wanted = "Give probabilities, a distribution of numbers with a density and draws, counts, or a sample"
    try:
        law = open_record(to_law(value))
    except (InputError, NotOpen) as error:
        raise InputError(f"{type(value).__name__} cannot be a reference. {wanted}.") from error
    if law.shape != () or law.draw is None or law.log_prob is None or law.law is None:
        raise InputError(f"{type(value).__name__} cannot be a reference: no single law of numbers. {wanted}.")
    return law


def _mass(law: OpenLaw, inside: Any) -> float:
    record = None if law.law is None else single(law.law)
    side = None if record is None else density(record)
    if record is None or side is None:
        raise InputError(f"{law.name} has no density that can be integrated. Give a sample as reference.")
    engine = lattice_expectation if FAMILIES[type(record)].support(record).kind == "lattice" else expectation
    return float(engine(side, lambda x: np.asarray(inside(x), dtype=np.float64)).value)
