"""Gut bacteria of infants by delivery and around antibiotics: which differ, and how much more than infants do anyway?

python examples/decisions/gut_flora.py [--quick] [--output gut_flora.png]
"""

import argparse
import csv
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback.decisions.compositions import compare_compositions

mpl.use("Agg")

DATA = Path(__file__).resolve().parents[1] / "data" / "infant-gut.csv"


def samples() -> dict[str, np.ndarray]:
    """Columns of the table, counts as numbers."""
    with DATA.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(row[name]) if name.startswith("asv_") else row[name] for row in rows]) for name in rows[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer permutations, for a test")
    parser.add_argument("--output", type=Path, default=Path("gut_flora.png"))
    options = parser.parse_args()
    table, draws = samples(), 99 if options.quick else 999
    found = {}
    for group in ("delivery", "antibiotics", "sex"):
        found[group] = compare_compositions(
            table, group=group, unit="infant", taxa="asv_*", weights="units", draws=draws
        )
    alone = compare_compositions(table, group="sex", taxa="asv_*", draws=draws)
    print(f"{'group':<24}{'between':>9}{'by chance':>11}{'95 % interval':>18}{'within':>8}{'p':>8}  (bits)")
    for name, one in (*found.items(), ("sex, samples as units", alone)):
        low, high = np.array(one.interval) / np.log(2)
        chance, within = one.by_chance / np.log(2), one.within / np.log(2)
        interval = f"[{low:.3f}, {high:.3f}]"
        print(f"{name:<24}{one.bits:>9.4f}{chance:>11.4f}{interval:>18}{within:>8.3f}{one.p_value:>8.3f}")
    print(f"\ndelivery\n{found['delivery']}")
    found["delivery"].plot(most=10).savefig(options.output, dpi=90)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
