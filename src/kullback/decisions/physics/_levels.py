"""Energies, temperatures and units as they come in."""

from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.divergences._arrays import checked_shares
from kullback.fitting.constraints._points import Floats, floats_of

# Exact by definition (SI, 2019).
_BOLTZMANN, _CHARGE, _AVOGADRO = 1.380649e-23, 1.602176634e-19, 6.02214076e23
BOLTZMANN_CONSTANTS = {
    None: 1.0,
    "J": _BOLTZMANN,
    "eV": _BOLTZMANN / _CHARGE,
    "kJ/mol": _BOLTZMANN * _AVOGADRO / 1e3,
    "kcal/mol": _BOLTZMANN * _AVOGADRO / 4184.0,
}
"""k in energy units per kelvin; None: temperatures are energies."""


def read_energies(value: Any, name: str = "energies", /) -> Floats:
    """A vector of energies; +inf is a forbidden state."""
    energies = floats_of(value, name)
    if energies.ndim != 1 or not energies.size:
        raise InputError(f"{name} has shape {energies.shape}. A vector of at least one energy is needed.")
    if np.isnan(energies).any() or (energies == -np.inf).any() or not np.isfinite(energies).any():
        raise InputError(
            f"{name} holds NaN, -inf, or no finite energy. Finite energies are needed; +inf forbids a state."
        )
    return energies


def read_degeneracies(value: Any, size: int, /) -> Floats:
    """Positive numbers of states, one for each level."""
    states = np.ones(size) if value is None else floats_of(value, "degeneracies")
    if states.shape != (size,) or not (np.isfinite(states) & (states > 0)).all():
        raise InputError(f"degeneracies = {value!r}. One positive number for each of {size} levels is needed.")
    return states


def read_kT(kT: Any, /) -> float:  # noqa: N802, N803 - the name it has in the field
    """A positive thermal energy."""
    if isinstance(kT, bool) or not isinstance(kT, int | float | np.number) or not 0 < kT < np.inf:
        raise InputError(f"kT = {kT!r} is no thermal energy. A positive finite number is needed.")
    return float(kT)


def read_beta(temperature: Any, beta: Any, kT: Any, unit: Any, /) -> float:  # noqa: N803 - the name it has in the field
    """1/kT from exactly one of the three; infinite at temperature 0."""
    if unit not in BOLTZMANN_CONSTANTS:
        raise InputError(f"unit = {unit!r} is not known. Choose from J, eV, kJ/mol, kcal/mol, or None for k = 1.")
    if sum(one is not None for one in (temperature, beta, kT)) != 1:
        raise InputError(f"temperature = {temperature!r}, beta = {beta!r} and kT = {kT!r}. Exactly one is needed.")
    if kT is not None:
        return 1.0 / read_kT(kT)
    given = temperature if beta is None else beta
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not given >= 0:
        raise InputError(f"{'temperature' if beta is None else 'beta'} = {given!r}. A number of at least 0 is needed.")
    if beta is not None:
        return float(beta)
    thermal = float(temperature) * BOLTZMANN_CONSTANTS[unit]
    return float(np.inf if thermal == 0 else 1.0 / thermal)


def read_probs(value: Any, size: int, name: str = "probs", /) -> Floats:
    """Probabilities, one for each level."""
    _, shares, _ = checked_shares(floats_of(value, name), -1, normalize=False)
    probs = np.array(shares, dtype=np.float64)
    if probs.shape != (size,):
        raise InputError(f"{name} has shape {probs.shape}. One probability for each of {size} levels is needed.")
    return probs


def log_boltzmann(energies: Floats, states: Floats, beta: float, /) -> tuple[Floats, float]:
    """Log probabilities of the levels, and the log partition function above the ground level."""
    ground = float(energies.min())
    with np.errstate(invalid="ignore"):
        fall = np.where(energies == ground, 0.0, beta * (energies - ground))
    fall = np.where(np.isnan(fall), 0.0, fall) if beta > 0 else np.where(np.isinf(energies), np.inf, 0.0)
    weights = states * np.exp(-fall)
    lowest = float(states[energies == ground].sum())
    # Near temperature 0 the excited levels add less than a float next to the ground level shows.
    log_sum = float(np.log(lowest) + np.log1p(weights[energies > ground].sum() / lowest))
    return np.log(states) - fall - log_sum, log_sum
