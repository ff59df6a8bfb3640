"""Which phases of the cell cycle do cells leave when growth factors are withdrawn?

Real single cells of a culture of human muscle precursors, before and 24, 48 and 72 hours after, each dish against the
one before. Each time is one dish: the intervals hold the error of counting cells, not how much dishes differ.

    python examples/decisions/cell_cycle.py [--quick] [--output cell_cycle.png]
"""

import argparse
import csv
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback.decisions.compositions import CompositionComparison, compare_compositions

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).resolve().parents[1] / "data" / "myoblast-cells.csv"
HOURS = ("0", "24", "48", "72")
PHASES = (("G1", "#0072b2"), ("S", "#e69f00"), ("G2M", "#d55e00"))


def cells() -> dict[str, np.ndarray]:
    """Columns of the table: hours and phase of each cell."""
    with DATA.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in ("hours", "phase")}


def after_start(table: dict[str, np.ndarray], hours: str) -> CompositionComparison:
    """The dish of one time against that of the start."""
    used = np.isin(table["hours"], ["0", hours])
    return compare_compositions({name: column[used] for name, column in table.items()}, group="hours", category="phase")


def draw(table: dict[str, np.ndarray], found: list[CompositionComparison], path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.6), layout="constrained")
    start = np.zeros(len(HOURS))
    for phase, color in PHASES:
        shares = np.array([100 * np.mean(table["phase"][table["hours"] == hours] == phase) for hours in HOURS])
        left.bar(HOURS, shares, bottom=start, color=color, label=phase)
        start += shares
    left.set_xlabel("hours after growth factors were withdrawn")
    left.set_ylabel("cells, %")
    left.legend(loc="lower right")
    for shift, (phase, color) in zip((-0.2, 0.0, 0.2), PHASES, strict=True):
        places = np.arange(len(found)) + shift
        parts = [one.contributions[one.taxa.index(phase)] / np.log(2) for one in found]
        ends = [one.contribution_intervals[one.taxa.index(phase)] / np.log(2) for one in found]
        right.vlines(places, *np.transpose(ends), color=color)
        right.plot(places, parts, "o", color=color, label=phase)
    right.set_xticks(range(len(found)), [f"{hours} h against 0 h" for hours in HOURS[1:]])
    right.set_ylim(0.0, 1.2 * right.get_ylim()[1])
    right.set_ylabel("adds to the divergence, bits (95 %)")
    right.legend(ncols=3, loc="upper center")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the same, as it takes a second anyway")
    parser.add_argument("--output", type=Path, default=Path("cell_cycle.png"))
    options = parser.parse_args()
    table = cells()
    found = [after_start(table, hours) for hours in HOURS[1:]]
    heads = f"{'Jensen-Shannon':>16}{'95 % interval':>18}{'D(0 h‖later)':>14}{'D(later‖0 h)':>14}"
    print(f"in bits{'cells':>7}{heads}")
    for hours, one in zip(HOURS[1:], found, strict=True):
        low, high = np.array(one.interval) / np.log(2)
        start, later = one.groups.index("0"), one.groups.index(hours)
        both = one.divergences[start, later] / np.log(2), one.divergences[later, start] / np.log(2)
        figures = f"{one.bits:>16.3f}{f'[{low:.3f}, {high:.3f}]':>18}{both[0]:>14.3f}{both[1]:>14.3f}"
        print(f"{hours + ' h':>7}{one.reads[later]:>7.0f}{figures}")
    print(found[0])
    draw(table, found, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
