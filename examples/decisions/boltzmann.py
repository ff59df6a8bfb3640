"""Free energy is a divergence: cooling levels, a driven spin and a driven wheel, each with its identity checked.

python examples/decisions/boltzmann.py [--quick] [--output boltzmann.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback.decisions.physics import boltzmann, driven_work, entropy_production, free_energy, relaxation

mpl.use("Agg")
from matplotlib import pyplot as plt

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
LEVELS = np.arange(5.0)


def wheel(push: float) -> np.ndarray:
    """A particle on a ring of six sites that is pushed one way round."""
    chain = np.zeros((6, 6))
    for site in range(6):
        chain[site, (site + 1) % 6] = 0.5 / (1 + np.exp(-push))
        chain[site, (site - 1) % 6] = 0.5 / (1 + np.exp(push))
        chain[site, site] = 0.5
    return chain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("boltzmann.png"))
    options = parser.parse_args()

    print("A uniform guess over levels 0 to 4, at temperature T (k = 1):")
    print(f"{'T':>6} {'F_eq':>9} {'F(uniform)':>11} {'T·D(uniform‖Boltzmann)':>23} {'entropy':>9}")
    temperatures = np.geomspace(0.1, 20, 30)
    excess = []
    for temperature in temperatures:
        law, guess = boltzmann(LEVELS, temperature=temperature), free_energy([0.2] * 5, LEVELS, float(temperature))
        excess.append(guess.excess)
        if len(excess) % 6 == 1:
            print(
                f"{temperature:>6.2f} {law.free_energy:>9.4f} {guess.free_energy:>11.4f} {guess.excess:>23.6f} "
                f"{law.entropy:>9.4f}"
            )

    print("\nA spin is pulled from 0 to 3 kT in so many steps:")
    stages = (2, 3, 5, 9) if options.quick else (2, 3, 5, 9, 17)
    lost = []
    for count in stages:
        ramp = np.linspace(0, 3, count)[:, None] * np.array([0.0, 1.0])
        work = driven_work(ramp, kT=1.0)
        lost.append(work.dissipated)
        print(
            f"  {count - 1:>2} steps: ⟨W⟩ = {work.mean_work:.4f}, ΔF = {work.free_energy_change:.4f}, Jarzynski "
            f"{work.jarzynski:.4f}, lost {work.dissipated:.4f} = kT·D(forward‖reversed)"
        )

    pushes = np.linspace(0, 3, 25)
    produced = [entropy_production(wheel(push)).value for push in pushes]
    calm = relaxation(wheel(1.0), np.eye(6)[0], 40)
    print(f"\n{entropy_production(wheel(1.0))}\n{calm}")

    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.4), layout="constrained")
    axes[0].semilogx(temperatures, excess, color=COLORS[0])
    axes[0].set(xlabel="temperature (k = 1)", ylabel="F(uniform) - F_eq = T·D", title="Price of ignoring energies")
    axes[1].loglog([count - 1 for count in stages], lost, "o-", color=COLORS[1])
    axes[1].set(xlabel="steps of the pull", ylabel="dissipated work (kT)", title="Slow driving wastes less")
    axes[2].plot(pushes, produced, color=COLORS[2])
    axes[2].set(xlabel="push (kT per site)", ylabel="entropy production (nats/step)", title="Keeping a wheel turning")
    figure.savefig(options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
