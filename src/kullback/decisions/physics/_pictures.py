"""Pictures of levels, work and relaxation."""

from typing import Any

import numpy as np

from kullback._core import COLORS, new_picture


def draw_levels(law: Any, /) -> Any:
    """Probability of each level.

    Args:
        law: A `Boltzmann`.

    Returns:
        The figure.
    """
    figure = new_picture()
    axes = figure.subplots()
    axes.stem(law.energies, law.probs, linefmt=COLORS[0], basefmt=" ")
    axes.set_xlabel(f"energy ({law.unit or 'k = 1'})")
    axes.set_ylabel("probability of the level")
    axes.set_title(f"F = {law.free_energy:.4g}, entropy {law.entropy:.4g} nats")
    return figure


def draw_work(driven: Any, /) -> Any:
    """Laws of the work W forward and of -W reversed, as steps over W.

    Args:
        driven: A `DrivenWork`.

    Returns:
        The figure.
    """
    figure = new_picture()
    axes = figure.subplots()
    edges = np.linspace(driven.works.min(), driven.works.max() + 1e-9, 31)
    for weights, color, name in ((driven.forward, COLORS[0], "forward"), (driven.backward, COLORS[1], "reversed, -W")):
        axes.hist(driven.works, edges, weights=weights, histtype="step", color=color, label=name, linewidth=1.8)
    axes.axvline(driven.free_energy_change, color="0.4", linestyle=":", label="ΔF")
    axes.axvline(driven.mean_work, color=COLORS[0], linestyle="--", label="⟨W⟩")
    axes.set_xlabel("work (unit of energy)")
    axes.set_ylabel("probability")
    axes.set_title(f"⟨W⟩ - ΔF = kT · D(forward‖reversed) = {driven.dissipated:.4g}")
    axes.legend()
    return figure


def draw_relaxation(found: Any, /) -> Any:
    """Both divergences over the steps, on a logarithmic scale.

    Args:
        found: A `Relaxation`.

    Returns:
        The figure.
    """
    figure = new_picture()
    axes = figure.subplots()
    for values, color, name in (
        (found.divergences, COLORS[0], "D(p_t‖π)"),
        (found.reverse, COLORS[1], "D(π‖p_t)"),
    ):
        seen = np.where(np.isfinite(values) & (values > 0), values, np.nan)
        axes.semilogy(seen, color=color, marker=".", label=name)
    axes.set_xlabel("step")
    axes.set_ylabel("divergence (nats)")
    axes.legend()
    return figure
