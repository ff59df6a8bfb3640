"""Look at a stream every day for a year: false alarms of daily tests and of an e-process, and who sees a change first.

Then real flights, where rows of a day hang together and every method that takes rows as independent is wrong.

    python examples/decisions/watch_a_stream.py [--quick] [--output watch_a_stream.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pyarrow.parquet as pq
from scipy import special

from kullback.decisions.monitoring import Watch, watch

mpl.use("Agg")
from matplotlib import pyplot as plt

FLIGHTS = Path(__file__).resolve().parents[1] / "data" / "flights-2013-h1.parquet"
BLUE, RED, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
LAW = np.array([0.4, 0.3, 0.2, 0.1])
CHANGED = np.array([0.36, 0.3, 0.22, 0.12])
ROWS = 200


def g_tests(counts: np.ndarray, law: np.ndarray) -> np.ndarray:
    """P-values of the G-test of every day."""
    expected = law * counts.sum(axis=1, keepdims=True)
    return special.chdtrc(len(law) - 1, 2 * special.xlogy(counts, counts / expected).sum(axis=1))


def watched(counts: np.ndarray, method: str = "mixture") -> Watch:
    """A monitor after all days."""
    monitor = watch(LAW, method=method, run_length=7300)  # 20 years of days
    for day in counts:
        monitor.update(counts=day.tolist())
    return monitor


def first(flags: np.ndarray) -> float:
    """The first day that is flagged, counted from 1; infinite where none is."""
    return float(flags.argmax() + 1) if flags.any() else np.inf


def alarms(counts: np.ndarray) -> dict[str, float]:
    """Day of the first alarm by each method."""
    p_values = g_tests(counts, LAW)
    found = {
        "G-test every day, 5 %": first(p_values < 0.05),
        "G-test, Bonferroni over the year": first(p_values < 0.05 / len(counts)),
    }
    for name, method in (("watch", "mixture"), ("watch, method='detector'", "detector")):
        day = watched(counts, method).evidence.alarm_look
        found[name] = np.inf if day is None else float(day)
    return found


def simulate(streams: int, days: int, change: int) -> dict[str, np.ndarray]:
    """First alarms of many streams, shape (streams,) for each method."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(streams):
        calm = rng.multinomial(ROWS, LAW, size=min(change, days))
        rows.append(alarms(np.concatenate([calm, rng.multinomial(ROWS, CHANGED, size=days - len(calm))])))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def flights(days: int) -> tuple[Watch, Watch]:
    """Departure delays from April on against those of January to March: all flights, and one flight a day."""
    table = pq.read_table(FLIGHTS, columns=["month", "day", "dep_delay"]).to_pandas()
    table = table[table.month <= 6]
    rng = np.random.default_rng(1)
    past = table[table.month <= 3]
    all_rows = watch(past.dep_delay.to_numpy(), rng=0)
    one_a_day = watch(past.groupby(["month", "day"]).sample(1, random_state=0).dep_delay.to_numpy(), rng=0)
    for _, day in list(table[table.month > 3].groupby(["month", "day"]))[:days]:
        all_rows.update(day.dep_delay.to_numpy())
        one_a_day.update(rng.choice(day.dep_delay.to_numpy(), 1))
    return all_rows, one_a_day


def draw(calm: dict[str, np.ndarray], moved: dict[str, np.ndarray], days: int, change: int, path: Path) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(12.6, 3.9), layout="constrained")
    looks = np.arange(1, days + 1)
    for (name, days_of), color in zip(calm.items(), (RED, PINK, BLUE, GREEN), strict=True):
        axes[0].plot(looks, [100 * (days_of <= look).mean() for look in looks], color=color, label=name)
        axes[2].plot(looks, [100 * (moved[name] <= look).mean() for look in looks], color=color, label=name)
    axes[0].axhline(5, color="0.4", linestyle="--", linewidth=1)
    axes[0].set_title("nothing changes: streams with an alarm", fontsize=10)
    axes[2].axvline(change, color="0.4", linestyle="--", linewidth=1)
    axes[2].set_title(f"change after day {change}: streams with an alarm", fontsize=10)
    axes[0].legend(fontsize=7)
    for axis in (axes[0], axes[2]):
        axis.set_xlabel("days")
        axis.set_ylabel("streams, %")
        axis.set_ylim(-3, 103)
    rng = np.random.default_rng(2)
    for color, name, law in ((BLUE, "calm", LAW), (RED, f"changed after day {change}", CHANGED)):
        calm_days = rng.multinomial(ROWS, LAW, size=change)
        monitor = watched(np.concatenate([calm_days, rng.multinomial(ROWS, law, size=days - change)]))
        axes[1].plot(looks, np.array(monitor.history) / np.log(2), color=color, label=name)
    slope = ROWS * float((CHANGED * np.log2(CHANGED / LAW)).sum())
    axes[1].plot([change, days], [0, slope * (days - change)], ":", color="0.3", label="D(changed‖law) a row")
    axes[1].axhline(np.log2(20), color="0.4", linestyle="--", linewidth=1, label="alarm at 5 %")
    axes[1].set_title("two streams: evidence", fontsize=10)
    axes[1].set_xlabel("days")
    axes[1].set_ylabel("evidence, bits")
    axes[1].legend(fontsize=8)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few streams of 60 days, for a test")
    parser.add_argument("--output", type=Path, default=Path("watch_a_stream.png"))
    options = parser.parse_args()
    streams, days, change = (6, 45, 15) if options.quick else (30, 365, 180)
    divergence = float((CHANGED * np.log2(CHANGED / LAW)).sum())
    print(f"{streams} streams of {days} days with {ROWS} rows each; D(changed‖law) = {divergence:.4f} bits a row")
    calm, moved = simulate(streams, days, days), simulate(streams, days, change)
    print(f"{'':<36}{'false alarms':>14}{'found':>8}{'median delay, days':>20}")
    for name in calm:
        middle = float(np.median(moved[name])) - change
        delay = "before the change" if middle <= 0 else "not found" if np.isinf(middle) else f"{middle:.0f}"
        false, found = (calm[name] <= days).mean(), (moved[name] <= days).mean()
        print(f"{name:<36}{false:>14.0%}{found:>8.0%}{delay:>20}")
    all_rows, one_a_day = flights(20 if options.quick else 91)
    for name, monitor in (("all flights, taken as independent", all_rows), ("one flight a day", one_a_day)):
        found = monitor.evidence
        print(
            f"{name}: {found.bits:,.1f} bits after {found.rows:,} rows, first alarm {found.alarm_look}, looks differ "
            f"{found.dispersion:.1f} times as much as independent rows"
        )
    draw(calm, moved, days, change, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
