"""Boltzmann laws and their thermodynamics."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from kullback._core import Shown
from kullback.decisions.physics._levels import (
    BOLTZMANN_CONSTANTS,
    log_boltzmann,
    read_beta,
    read_degeneracies,
    read_energies,
)
from kullback.fitting.constraints._points import Floats


@dataclass(frozen=True, eq=False, repr=False)
class Boltzmann(Shown):
    """A Boltzmann law over energy levels.

    Attributes:
        probs: Probabilities of the levels, shape ``(n,)``.
        energies: Energies of the levels.
        degeneracies: States at each level.
        beta: 1/kT in one over the unit of energy; inf at temperature 0.
        log_partition: log Z = log Σ g e^(-βE); infinite at temperature 0 unless the ground energy is 0.
        free_energy: F = -kT log Z in the unit of energy; -inf at beta 0.
        mean_energy: ⟨E⟩ in the unit of energy.
        entropy: Of the law over states, in nats (units of k).
        heat_capacity: β² var E, in units of k.
        unit: Of energy; None where k = 1.
    """

    probs: Floats
    energies: Floats
    degeneracies: Floats
    beta: float
    log_partition: float
    free_energy: float
    mean_energy: float
    entropy: float
    heat_capacity: float
    unit: str | None

    @property
    def temperature(self) -> float:
        """Temperature in kelvin, or in the unit of energy where k = 1."""
        return float(np.inf) if self.beta == 0 else 1.0 / (self.beta * BOLTZMANN_CONSTANTS[self.unit])

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else " (k = 1)"
        scale = " K" if self.unit else " (k = 1)"
        return (
            f"Boltzmann law over {len(self.energies)} levels at T = {self.temperature:.6g}{scale}\n"
            f"  F = {self.free_energy:.6g}{unit}, ⟨E⟩ = {self.mean_energy:.6g}{unit}\n"
            f"  entropy {self.entropy:.6g} nats, heat capacity {self.heat_capacity:.6g} k"
        )

    def plot(self) -> Any:
        """Draw the probabilities of the levels (needs matplotlib).

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.physics._pictures import draw_levels  # noqa: PLC0415 - matplotlib is an extra

        return draw_levels(self)


def boltzmann(
    energies: Any,
    /,
    *,
    temperature: float | None = None,
    beta: float | None = None,
    kT: float | None = None,  # noqa: N803 - the name it has in the field
    degeneracies: Any = None,
    unit: Literal["J", "eV", "kJ/mol", "kcal/mol"] | None = None,
) -> Boltzmann:
    r"""The Boltzmann law: of all laws with its mean energy the one of largest entropy.

    $$ p_i = g_i e^{-βE_i} / Z, \qquad F = -kT \log Z = \langle E \rangle - kT S $$

    Args:
        energies: Energies of the levels, shape ``(n,)``; +inf forbids a level.
        temperature: T, zero or larger: in kelvin where a unit is given, else in the unit of energy (k = 1).
        beta: 1/kT in its place, in one over the unit of energy.
        kT: Thermal energy in its place, positive, in the unit of energy.
        degeneracies: Number of states at each level, positive; 1 where left out.
        unit: Of energy. It sets k by the exact constants of the SI.

    Returns:
        The law and its thermodynamics.

    Raises:
        InputError: Not exactly one of temperature, beta and kT, a negative one, or levels that do not fit.

    Note:
        Energies count from the ground level, so neither low temperatures nor large offsets cost digits.

    References:
        Jaynes (1957), Physical Review 106.

    Example:
        >>> from kullback.decisions.physics import boltzmann
        >>> law = boltzmann([0.0, 1.0, 2.0, 3.0, 4.0], temperature=1.0)
        >>> round(law.free_energy, 12), round(law.entropy, 12)
        (-0.451914395938, 0.999972828275)
    """
    levels = read_energies(energies)
    states = read_degeneracies(degeneracies, len(levels))
    b = read_beta(temperature, beta, kT, unit)
    logs, log_sum = log_boltzmann(levels, states, b)
    probs = np.exp(logs)
    ground = float(levels.min())
    above = np.where(probs > 0, levels - ground, 0.0)
    lift = float(probs @ above)
    warmth = b * lift if lift > 0 else 0.0
    spread = float(probs @ np.square(above - lift))
    return Boltzmann(
        probs=probs,
        energies=levels,
        degeneracies=states,
        beta=b,
        log_partition=log_sum - (b * ground if ground else 0.0),
        free_energy=ground - (log_sum / b if b > 0 else np.inf * np.sign(log_sum) if log_sum else 0.0),
        mean_energy=ground + lift,
        entropy=warmth + log_sum,
        heat_capacity=b * b * spread if spread > 0 else 0.0,
        unit=unit,
    )
