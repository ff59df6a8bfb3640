"""Recommend destinations that keep the proportions of what a traveler has flown.

The catalog is real: every destination of the flights from New York in the second half of 2013, with how many flights
each had as its score, and the airport it is flown from as its category. The traveler is made up: a person who flew
from Newark, Kennedy and LaGuardia in proportions of their own. Scores alone fill the list from whatever is popular.

    python examples/decisions/calibrated_recommendations.py [--quick] [--output calibrated_recommendations.png]
"""

import argparse
from pathlib import Path

import duckdb
import matplotlib as mpl
import numpy as np

from kullback import decisions

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).resolve().parents[1] / "data" / "flights-2013-h2.parquet"
AIRPORTS = ("EWR", "JFK", "LGA")
PROFILE = {"EWR": 0.2, "JFK": 0.7, "LGA": 0.1}
SIZE = 20


def catalog() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Destinations, their popularity from 0 to 1, and the shares of the airports they are flown from."""
    rows = duckdb.sql(f"select dest, origin, count(*) as n from '{DATA}' group by dest, origin").fetchall()
    names = sorted({dest for dest, _, _ in rows})
    table = np.zeros((len(names), len(AIRPORTS)))
    for dest, origin, n in rows:
        table[names.index(dest), AIRPORTS.index(origin)] = n
    return names, table.sum(axis=1) / table.sum(axis=1).max(), table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer weights")
    parser.add_argument("--output", type=Path, default=Path("calibrated_recommendations.png"))
    options = parser.parse_args()
    names, scores, kinds = catalog()
    weights = np.linspace(0, 0.99, 6 if options.quick else 23)
    target = np.array([PROFILE[airport] for airport in AIRPORTS])
    found = [decisions.calibrated_ranking(scores, kinds, target, size=SIZE, weight=float(one)) for one in weights]
    plain, best = found[0], found[int(np.argmin([one.divergence for one in found]))]
    for title, one in (("by scores alone", plain), ("calibrated", best)):
        gap = decisions.calibration_gap(PROFILE, dict(zip(AIRPORTS, one.shares.tolist(), strict=True)))
        print(f"{title}: {', '.join(names[item] for item in one.items[:8])}, …\n{gap}\n")

    figure, axes = plt.subplots(1, 2, figsize=(9.2, 3.4), layout="constrained")
    axes[0].plot([one.divergence / np.log(2) for one in found], [one.score for one in found], "o-", color="#0072b2")
    axes[0].set(xlabel="D(profile‖list), bits", ylabel="sum of the scores of the list")
    axes[0].annotate(
        *("scores alone", (plain.divergence / np.log(2), plain.score), (-90, -30)),
        textcoords="offset points",
        arrowprops={"arrowstyle": "->"},
    )
    places = np.arange(len(AIRPORTS))
    bars = (
        ("profile", target, "#0072b2"),
        ("scores alone", plain.shares, "#d55e00"),
        ("calibrated", best.shares, "#009e73"),
    )
    for step, (title, shares, color) in zip((-0.27, 0, 0.27), bars, strict=True):
        axes[1].bar(places + step, shares, 0.25, color=color, label=title)
    axes[1].set_xticks(places, AIRPORTS)
    axes[1].set(ylabel="share of the list", xlabel="airport")
    axes[1].legend(frameon=False)
    figure.savefig(options.output, dpi=110)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
