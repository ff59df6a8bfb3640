"""A small system driven out of equilibrium, path by path: dissipated work is a divergence."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Figure, InputError
from kullback.decisions.physics._chains import read_transition
from kullback.decisions.physics._levels import log_boltzmann, read_energies, read_kT
from kullback.fitting.constraints._dual import tilted_divergence
from kullback.fitting.constraints._points import Floats, floats_of

_MOST_PATHS = 2_000_000


@dataclass(frozen=True, eq=False, repr=False)
class DrivenWork(Figure):
    """Work done on a driven system, exactly, over all its paths.

    Attributes:
        value: D(forward paths‖reversed paths) in nats.
        dissipated: ⟨W⟩ - ΔF = kT · D(forward‖reversed), in the unit of energy.
        mean_work: ⟨W⟩.
        free_energy_change: ΔF between the last and the first energies.
        jarzynski: -kT log⟨exp(-W/kT)⟩, equal to ΔF however fast the driving.
        works: W of every path, shape ``(paths,)``.
        forward: Probability of every path.
        backward: Probability of its reversal in the reversed driving.
        kT: Thermal energy.
    """

    value: float
    dissipated: float
    mean_work: float
    free_energy_change: float
    jarzynski: float
    works: Floats
    forward: Floats
    backward: Floats
    kT: float  # noqa: N815 - the name it has in the field

    def __str__(self) -> str:
        return (
            f"⟨W⟩ - ΔF = kT · D(forward‖reversed) = {self.dissipated:.6g} in the unit of energy\n"
            f"  D(forward paths‖reversed paths) = {self.value:.6g} nats ({self.bits:.6g} bits) over "
            f"{len(self.works)} paths\n"
            f"  ⟨W⟩ = {self.mean_work:.6g}, ΔF = {self.free_energy_change:.6g}, Jarzynski's average gives "
            f"{self.jarzynski:.6g}"
        )

    def plot(self) -> Any:
        """Draw the laws of the work, forward and reversed; they cross at ΔF (needs matplotlib).

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.physics._pictures import draw_work  # noqa: PLC0415 - matplotlib is an extra

        return draw_work(self)


def driven_work(energies: Any, /, *, kT: float, transitions: Any = None) -> DrivenWork:  # noqa: N803
    r"""Drive a system through a sequence of energies and account for the work, path by path.

    It starts in equilibrium with the first energies. Each step changes the energies, which costs work, and then lets
    the system take one step of a chain in equilibrium with the new ones.

    $$ \frac{P_F(\text{path})}{P_R(\text{reversed})} = e^{(W - ΔF)/kT}, \qquad
       \langle e^{-W/kT} \rangle = e^{-ΔF/kT}, \qquad \langle W \rangle - ΔF = kT\, D(P_F \,\|\, P_R) $$

    Args:
        energies: Energies of the n states at every stage, shape ``(stages, n)``, finite, at least two stages.
        kT: Thermal energy, positive, in the unit of energy.
        transitions: Transition matrices, shape ``(stages - 1, n, n)``, the one at k leaving the Boltzmann law of stage
            k + 1 as it is; Metropolis steps to a random other state where left out.

    Returns:
        Work, free-energy change and the divergence of paths.

    Raises:
        InputError: Shapes do not fit, a matrix does not keep its Boltzmann law, or there are more than two million
            paths.

    References:
        Jarzynski (1997), Physical Review Letters 78. Crooks (1999), Physical Review E 60. Kawai, Parrondo and Van den
        Broeck (2007), Physical Review Letters 98.

    Example:
        >>> from kullback.decisions.physics import driven_work
        >>> found = driven_work([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]], kT=1.0)
        >>> abs(found.jarzynski - found.free_energy_change) < 1e-12, found.dissipated > 0
        (True, True)
    """
    stages, thermal = _stages(energies), read_kT(kT)
    count, size = stages.shape
    laws = [log_boltzmann(stage, np.ones(size), 1.0 / thermal) for stage in stages]
    kernels = _kernels(transitions, stages, [np.exp(log) for log, _ in laws], thermal)
    if size**count > _MOST_PATHS:
        raise InputError(f"{size} states over {count} stages make more than {_MOST_PATHS} paths. Use fewer.")
    paths = np.indices((size,) * count).reshape(count, -1)
    works = sum((stages[k + 1] - stages[k])[paths[k]] for k in range(count - 1)) + np.zeros(paths.shape[1])
    with np.errstate(divide="ignore"):
        steps = [np.log(kernel) for kernel in kernels]
    log_forward = laws[0][0][paths[0]] + sum(steps[k][paths[k], paths[k + 1]] for k in range(count - 1))
    # Reversed kernels by Bayes' rule in equilibrium: π(x) K(x, y) / π(y).
    log_backward = laws[-1][0][paths[-1]] + sum(
        steps[k][paths[k], paths[k + 1]] + laws[k + 1][0][paths[k]] - laws[k + 1][0][paths[k + 1]]
        for k in range(count - 1)
    )
    alive = np.isfinite(log_forward)
    free = [float(stage.min()) - thermal * log_sum for stage, (_, log_sum) in zip(stages, laws, strict=True)]
    value = tilted_divergence(log_forward[alive], log_backward[alive])
    forward = np.exp(log_forward)
    return DrivenWork(
        value=value,
        dissipated=thermal * value,
        mean_work=float(forward @ works),
        free_energy_change=free[-1] - free[0],
        jarzynski=-thermal * float(np.logaddexp.reduce(log_forward[alive] - works[alive] / thermal)),
        works=works,
        forward=forward,
        backward=np.exp(log_backward),
        kT=thermal,
    )


def _stages(energies: Any) -> Floats:
    stages = floats_of(energies, "energies")
    if stages.ndim != 2 or len(stages) < 2 or not np.isfinite(stages).all():
        raise InputError(
            f"energies has shape {stages.shape}. Finite energies of shape (stages, n), two stages or more."
        )
    return np.stack([read_energies(stage) for stage in stages])


def _kernels(transitions: Any, stages: Floats, laws: list[Floats], thermal: float) -> list[Floats]:
    if transitions is None:
        return [_metropolis(stage, thermal) for stage in stages[1:]]
    given = [read_transition(one, "transitions") for one in transitions]
    if len(given) != len(stages) - 1 or any(one.shape != (stages.shape[1],) * 2 for one in given):
        raise InputError(f"transitions needs {len(stages) - 1} matrices of {stages.shape[1]} states.")
    for k, kernel in enumerate(given):
        if np.abs(laws[k + 1] @ kernel - laws[k + 1]).max() > 1e-9:
            raise InputError(f"transitions[{k}] does not keep the Boltzmann law of stage {k + 1}. Use one that does.")
    return given


def _metropolis(energies: Floats, thermal: float) -> Floats:
    """A random other state is proposed and taken with chance min(1, exp(-ΔE/kT))."""
    size = len(energies)
    rise = np.maximum(energies[None, :] - energies[:, None], 0.0)
    kernel: Floats = np.exp(-rise / thermal) / max(size - 1, 1)
    np.fill_diagonal(kernel, 0.0)
    np.fill_diagonal(kernel, 1.0 - kernel.sum(axis=1))
    return kernel
