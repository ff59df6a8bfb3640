"""Free energies off equilibrium, and bounds on those at equilibrium: all of them divergences."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Figure, InputError
from kullback.decisions.physics._levels import (
    log_boltzmann,
    read_degeneracies,
    read_energies,
    read_kT,
    read_probs,
)
from kullback.fitting.constraints._dual import tilted_divergence
from kullback.fitting.constraints._points import Floats


@dataclass(frozen=True, eq=False, repr=False)
class FreeEnergy(Figure):
    """The free energy of a law over levels, and how far it is above equilibrium.

    Attributes:
        value: D(p‖Boltzmann) in nats.
        reverse: D(Boltzmann‖p) in nats, which is no free-energy difference.
        free_energy: F(p) = ⟨E⟩ - kT S(p), in the unit of energy.
        equilibrium: F of the Boltzmann law.
        excess: F(p) - F_eq = kT · D(p‖Boltzmann): the work that could be had from p, in the unit of energy.
        mean_energy: ⟨E⟩ under p.
        entropy: S(p) over states in nats.
    """

    value: float
    reverse: float
    free_energy: float
    equilibrium: float
    excess: float
    mean_energy: float
    entropy: float

    def __str__(self) -> str:
        return (
            f"F(p) - F_eq = kT · D(p‖Boltzmann) = {self.excess:.6g} in the unit of energy\n"
            f"  D(p‖Boltzmann) = {self.value:.6g} nats ({self.bits:.6g} bits); the other direction D(Boltzmann‖p) = "
            f"{self.reverse:.6g} nats is no free energy\n"
            f"  F(p) = {self.free_energy:.6g}, F_eq = {self.equilibrium:.6g}, ⟨E⟩ = {self.mean_energy:.6g}, "
            f"S(p) = {self.entropy:.6g} nats"
        )


def free_energy(
    probs: Any,
    energies: Any,
    /,
    kT: float,  # noqa: N803 - the name it has in the field
    *,
    degeneracies: Any = None,
) -> FreeEnergy:
    r"""The free energy of any law over levels; least for the Boltzmann law.

    $$ F(p) = \langle E \rangle_p - kT\, S(p) = F_{eq} + kT\, D(p \,\|\, \text{Boltzmann}) $$

    Args:
        probs: p, probabilities of the levels, shape ``(n,)``.
        energies: Energies of the levels; +inf forbids a level.
        kT: Thermal energy, positive, in the unit of energy.
        degeneracies: Number of states at each level, positive; 1 where left out. p spreads evenly over them.

    Returns:
        Free energies and the divergence between them in both directions.

    Raises:
        InputError: Shapes do not fit, or kT is not positive.

    References:
        Donald (1987), Journal of Statistical Physics 49. Qian (2001), Physical Review E 63, 042103.

    Example:
        >>> from kullback.decisions.physics import free_energy
        >>> found = free_energy([0.2] * 5, [0, 1, 2, 3, 4], 1.0)
        >>> round(found.excess, 15), round(found.reverse, 15)
        (0.842476483503493, 0.609465084158702)
    """
    levels, thermal = read_energies(energies), read_kT(kT)
    states = read_degeneracies(degeneracies, len(levels))
    p = read_probs(probs, len(levels))
    logs, log_sum = log_boltzmann(levels, states, 1.0 / thermal)
    ground = float(levels.min())
    has = p > 0
    if (np.isinf(levels) & has).any():
        return FreeEnergy(np.inf, np.inf, np.inf, ground - thermal * log_sum, np.inf, np.inf, _entropy(p, states))
    log_p = np.log(np.where(has, p, 1.0))
    forward = _divergence(log_p, logs, has)
    backward = _divergence(logs, log_p, np.ones_like(has)) if has[np.isfinite(levels)].all() else np.inf
    equilibrium = ground - thermal * log_sum
    return FreeEnergy(
        value=forward,
        reverse=backward,
        free_energy=equilibrium + thermal * forward,
        equilibrium=equilibrium,
        excess=thermal * forward,
        mean_energy=float(p[has] @ levels[has]),
        entropy=_entropy(p, states),
    )


def _divergence(log_p: Floats, log_q: Floats, has: Any) -> float:
    """D(p‖q) where p has mass; what q has elsewhere belongs to the summands as well."""
    both = has & np.isfinite(log_p)
    rest = float(np.exp(log_q[~both & np.isfinite(log_q)]).sum())
    return tilted_divergence(log_p[both], log_q[both]) + rest


def _entropy(p: Floats, states: Floats) -> float:
    has = p > 0
    return float(-(p[has] @ np.log(p[has] / states[has])))


@dataclass(frozen=True, eq=False, repr=False)
class FreeEnergyBounds(Figure):
    """A free energy from a reference system, with the bounds that the reference alone gives.

    Attributes:
        value: D(reference‖system) in nats, the gap of the upper bound over kT.
        free_energy: F of the system, in the unit of energy.
        reference: F₀ of the reference.
        upper: Gibbs-Bogoliubov bound F₀ + ⟨U - U₀⟩₀.
        lower: F₀ + ⟨U - U₀⟩ under the system.
        perturbation: F₀ - kT log⟨exp(-(U - U₀)/kT)⟩₀, Zwanzig's identity; equal to `free_energy`.
        reverse: D(system‖reference) in nats, the gap of the lower bound over kT.
    """

    value: float
    free_energy: float
    reference: float
    upper: float
    lower: float
    perturbation: float
    reverse: float

    def __str__(self) -> str:
        return (
            f"{self.lower:.6g} ≤ F = {self.free_energy:.6g} ≤ {self.upper:.6g} in the unit of energy\n"
            f"  upper gap = kT · D(reference‖system), D = {self.value:.6g} nats ({self.bits:.6g} bits)\n"
            f"  lower gap = kT · D(system‖reference), D = {self.reverse:.6g} nats"
        )


def gibbs_bogoliubov(
    energies: Any,
    reference: Any,
    /,
    *,
    kT: float,  # noqa: N803 - the name it has in the field
    degeneracies: Any = None,
) -> FreeEnergyBounds:
    r"""Bounds on the free energy of a system from a reference with the same states.

    $$ F_0 + \langle U - U_0 \rangle \le F \le F_0 + \langle U - U_0 \rangle_0, \qquad
       \text{gaps } kT\,D(p \,\|\, p_0),\; kT\,D(p_0 \,\|\, p) $$

    Args:
        energies: U of every state, shape ``(n,)``, finite.
        reference: U₀ of every state, finite.
        kT: Thermal energy, positive, in the unit of energy.
        degeneracies: Number of states at each level, positive; 1 where left out.

    Returns:
        The free energy, both bounds, both divergences, and Zwanzig's identity as a check.

    Raises:
        InputError: Shapes do not fit, an energy is not finite, or kT is not positive.

    References:
        Zwanzig (1954), Journal of Chemical Physics 22. Feynman (1972), Statistical Mechanics, section 2.11.

    Example:
        >>> from kullback.decisions.physics import gibbs_bogoliubov
        >>> found = gibbs_bogoliubov([0.0, 1.0, 4.0], [0.0, 1.0, 2.0], kT=1.0)
        >>> found.lower <= found.free_energy <= found.upper
        True
    """
    u, u0, thermal = read_energies(energies), read_energies(reference, "reference"), read_kT(kT)
    if u.shape != u0.shape or not (np.isfinite(u) & np.isfinite(u0)).all():
        raise InputError(f"energies {u.shape} and reference {u0.shape}: finite energies of the same states are needed.")
    states = read_degeneracies(degeneracies, len(u))
    logs, log_sum = log_boltzmann(u, states, 1.0 / thermal)
    logs0, log_sum0 = log_boltzmann(u0, states, 1.0 / thermal)
    free, free0 = float(u.min()) - thermal * log_sum, float(u0.min()) - thermal * log_sum0
    forward, backward = tilted_divergence(logs0, logs), tilted_divergence(logs, logs0)
    zwanzig = free0 - thermal * float(np.logaddexp.reduce(logs0 - (u - u0) / thermal))
    return FreeEnergyBounds(
        forward, free, free0, free + thermal * forward, free - thermal * backward, zwanzig, backward
    )
