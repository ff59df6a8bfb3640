"""The two tables: libraries beside each other, and kullback pair by pair."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.accuracy.goals import GOALS, STATED, Ours, tier_of
from bench.accuracy.libraries import PEERS, ask, ask_kullback
from bench.accuracy.points import COLUMNS, ZERO, Point, error, load

HEADS = (
    "library",
    "pairs / points",
    "off by > 1e-12 near p = q / elsewhere",
    "off by > 1e-6 near / elsewhere",
    "negative",
    "NaN",
    "wrong inf",
    "refused",
    "kullback there: > 1e-12 near / elsewhere",
)
Answer = float | str | None
Rows = list[tuple[str, Point, Answer]]


@dataclass(frozen=True)
class Tally:
    """What a library got wrong; shares are of points near p = q and of the others."""

    pairs: int
    points: int
    off: tuple[float, float]
    far_off: tuple[float, float]
    negative: int
    nan: int
    wrong_inf: int
    refused: int


def answered(points: Mapping[str, Sequence[Point]], answers: Mapping[str, Sequence[Answer]]) -> Rows:
    """Pair, point and answer wherever the library knows the pair: has a number somewhere, and does not say no here."""
    known = {name: some for name, some in answers.items() if any(isinstance(answer, float) for answer in some)}
    return [
        (name, point, answer)
        for name, some in points.items()
        for point, answer in zip(some, known.get(name, [None] * len(some)), strict=True)
        if answer is not None
    ]


def tally(rows: Rows) -> Tally:
    """Count over points that were answered; a refusal is counted by itself and in no share."""
    numbers = [(point, value) for _, point, value in rows if not isinstance(value, str)]
    near, others = ([pair for pair in numbers if pair[0].near == side] for side in (True, False))
    return Tally(
        pairs=len({name for name, _, _ in rows}),
        points=len(rows),
        off=(_share(near, 1e-12), _share(others, 1e-12)),
        far_off=(_share(near, 1e-6), _share(others, 1e-6)),
        negative=sum(value < 0 for _, value in numbers),
        nan=sum(math.isnan(value) for _, value in numbers),
        wrong_inf=sum(_wrong_inf(value, float(point.truth)) for point, value in numbers),
        refused=len(rows) - len(numbers),
    )


def _share(numbers: list[tuple[Point, float]], limit: float) -> float:
    if not numbers:
        return math.nan
    return sum(error(value, point.truth) > limit for point, value in numbers) / len(numbers)


def _wrong_inf(value: float, truth: float) -> bool:
    return math.isinf(value) != math.isinf(truth) and not math.isnan(value)


def libraries_table(points: Mapping[str, Sequence[Point]], answers: Mapping[str, Mapping[str, list] | str]) -> str:
    """A line for each library; beside each what kullback, the first, got wrong at the same points."""
    ours = next(iter(answers.values()))
    if isinstance(ours, str):
        raise TypeError(ours)
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    for name, given in answers.items():
        if isinstance(given, str):
            lines.append(f"| {name} | {given} | | | | | | | |")
            continue
        rows = answered(points, given)
        here = {(pair, id(point)) for pair, point, _ in rows}
        same = [row for row in answered(points, ours) if (row[0], id(row[1])) in here]
        lines.append(_line(name, tally(rows), tally(same)))
    return "\n".join(lines)


def _line(name: str, one: Tally, ours: Tally) -> str:
    counts = f"{one.negative} | {one.nan} | {one.wrong_inf} | {one.refused}"
    shares = f"{_percent(one.off)} | {_percent(one.far_off)}"
    return f"| {name} | {one.pairs} / {one.points} | {shares} | {counts} | {_percent(ours.off)} |"


def _percent(shares: Iterable[float]) -> str:
    return " / ".join(map(_text, shares))


def _text(share: float) -> str:
    if math.isnan(share) or share == 0:
        return "–" if share else "0 %"
    return "< 0.1 %" if share < 5e-4 else f"{100 * share:.{0 if share > 0.1 else 1}f} %"


def missed(point: Point, ours: Ours) -> bool:
    """Whether an answer of kullback is worse than what its tier owes."""
    if isinstance(ours.value, str) or ours.value < 0 or math.isnan(ours.value):
        return True
    tier = tier_of(point.families)
    off = error(ours.value, point.truth)
    if math.isinf(off):
        return True
    if tier != STATED:
        return off > (GOALS[tier] if point.truth else 0)
    # An ulp beyond the bound is the rounding of the value itself.
    absolute = off * float(point.truth or 1)
    return off > 0 and not absolute <= (-1.0 if ours.bound is None else ours.bound + 2.3e-16 * abs(ours.value))


def pairs_table(points: Mapping[str, Sequence[Point]], ours: Mapping[str, Sequence[Ours]]) -> str:
    """The worst relative error of each pair in each group of regimes; what misses its goal is bold."""
    heads = [*COLUMNS[:-1], "zeros exact"]
    lines = [f"| pair | tier | {' | '.join(heads)} |", "|---" * (len(heads) + 2) + "|"]
    for name, some in points.items():
        found = list(zip(some, ours[name], strict=True))
        cells = [_cell([one for one in found if one[0].group == group], group) for group in COLUMNS]
        lines.append(f"| {name} | {tier_of(some[0].families)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: list[tuple[Point, Ours]], group: str) -> str:
    if not found:
        return ""
    errors = [math.inf if isinstance(one.value, str) else error(one.value, point.truth) for point, one in found]
    text = f"{errors.count(0.0)} of {len(found)}" if group == ZERO else f"{max(errors):.1e}"
    misses = sum(missed(point, one) for point, one in found)
    return f"**{text}** ({misses} of {len(found)})" if misses else text


def misses(points: Mapping[str, Sequence[Point]], ours: Mapping[str, Sequence[Ours]]) -> list[str]:
    """A line for each point that misses its goal."""
    return [
        f"{name} {point.regime}: {one.value!r}, bound {one.bound}, truth {float(point.truth)!r}, {point.p} {point.q}"
        for name, some in points.items()
        for point, one in zip(some, ours[name], strict=True)
        if missed(point, one)
    ]


def accuracy() -> str:
    """Both tables."""
    points = load()
    ours = ask_kullback(points)
    answers: dict[str, Mapping[str, list] | str] = {
        "kullback": {name: [one.value for one in some] for name, some in ours.items()}
    }
    for library in PEERS:
        given = ask(library)
        name, got = (library.name, given) if isinstance(given, str) else (given["version"], given["answers"])
        answers[name] = got
    count = len(misses(points, ours))
    total = sum(map(len, points.values()))
    title = f"{len(points)} pairs, {total:,} points"
    return (
        f"{title}\n\n{libraries_table(points, answers)}\n\n"
        f"kullback by pair, the worst relative error; {count} of {total:,} points miss their goal\n\n"
        f"{pairs_table(points, ours)}"
    )
