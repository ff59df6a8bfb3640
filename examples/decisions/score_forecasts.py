"""How good are forecasts of late flights, and what do they lose: a log score in three parts, on flights to come.

Models learn from January to June which flights arrive more than 15 minutes late, and forecast July to December.

    python examples/decisions/score_forecasts.py [--quick] [--output score_forecasts.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from kullback.decisions.forecasts import ForecastScore, compare_forecasts, score_forecasts

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).resolve().parents[1] / "data"
COLUMNS = ["month", "day", "hour", "carrier", "origin", "distance", "arr_delay"]
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def flights(half: int, step: int) -> pd.DataFrame:
    table = pd.read_parquet(DATA / f"flights-2013-h{half}.parquet", columns=COLUMNS).dropna()
    table["late"] = (table.arr_delay > 15).astype(int)
    for name in ("carrier", "origin"):
        table[name] = pd.Categorical(table[name], categories=sorted(table[name].unique())).codes
    return table.iloc[::step]


def forecasts(past: pd.DataFrame, future: pd.DataFrame, trees: int) -> dict[str, np.ndarray]:
    """Chances of being late by each forecaster."""
    base = past.late.mean()
    by_hour = future.hour.map(past.groupby("hour").late.mean()).fillna(base).to_numpy()
    columns = ["hour", "carrier", "origin", "distance"]
    model = HistGradientBoostingClassifier(max_iter=trees, random_state=0, early_stopping=False)
    chance = model.fit(past[columns], past.late).predict_proba(future[columns])[:, 1]
    # The same ranking, too sure of itself: logits times two.
    odds = (chance / (1 - chance)) ** 2
    return {
        "rate of the first half": np.full(len(future), base),
        "rate by hour": by_hour,
        "boosted trees": chance,
        "trees, logits times two": odds / (1 + odds),
    }


def draw(found: dict[str, ForecastScore], path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.2, 4.2), layout="constrained")
    left.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    for (name, score), color in zip(found.items(), COLORS, strict=True):
        size = 9 if len(score.counts) == 1 else 4
        left.plot(score.forecasts[:, 1], score.outcomes[:, 1], "o-", color=color, markersize=size, label=name)
    left.set_xlabel("forecast chance of a late arrival")
    left.set_ylabel("share that was late")
    left.set_xlim(0, 0.75)
    left.set_ylim(0, 0.75)
    left.legend(fontsize=8)
    places = np.arange(len(found))
    for offset, part, color in ((-0.2, "resolution", COLORS[2]), (0.2, "miscalibration", COLORS[1])):
        parts = [getattr(score, part) for score in found.values()]
        heights = np.array([one.bits for one in parts])
        ends = np.array([one.interval for one in parts]).T / np.log(2)
        errors = np.clip([heights - ends[0], ends[1] - heights], 0, None)
        right.bar(places + offset, heights, 0.4, yerr=errors, capsize=3, color=color, label=part)
    right.set_xticks(places, [name.replace(" ", "\n", 1) for name in found], fontsize=8)
    right.set_ylabel("bits a flight")
    right.set_title("resolution is gained, miscalibration is lost", fontsize=10)
    right.axhline(0, color="0.3", linewidth=0.8)
    right.legend(fontsize=8)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="every tenth flight and few trees, for a test")
    parser.add_argument("--output", type=Path, default=Path("score_forecasts.png"))
    options = parser.parse_args()
    past, future = (flights(half, 10 if options.quick else 1) for half in (1, 2))
    day = future.month.to_numpy(int) * 100 + future.day.to_numpy(int)
    given = forecasts(past, future, 20 if options.quick else 100)
    found = {name: score_forecasts(chance, future.late, bins=12, groups=day) for name, chance in given.items()}
    print(
        f"{len(future):,} flights of July to December, {future.late.mean():.1%} late; bits a flight, intervals by day"
    )
    print(f"{'forecaster':<26}{'score':>8}{'uncertainty':>13}{'resolution':>12}{'miscalibration':>16}{'skill':>8}")
    for name, one in found.items():
        parts = (one.uncertainty.bits, one.resolution.bits, one.miscalibration.bits)
        print(f"{name:<26}{one.bits:>8.4f}{parts[0]:>13.4f}{parts[1]:>12.4f}{parts[2]:>16.4f}{one.skill.value:>8.3f}")
    better = compare_forecasts(given["boosted trees"], given["rate by hour"], future.late, groups=day)
    print(f"trees against rate by hour: {better}")
    draw(found, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
