"""How often the interval of ours holds the truth, how wide it is, and how often it sees a change that is none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from bench.estimation import options
from bench.estimation.accuracy import wanted_problems
from bench.estimation.contenders import OURS, Answer, ask_one, pool
from bench.estimation.problems import Problem

SIZES = (100, 1000)
REPEATS, QUICK = 200, 40
OWED, ALARMS = 0.90, 0.05
WIDEST = 0.22  # on the line, with 1,000 rows
# Beyond the line and categories with at least ten rows each, coverage is owed to Gaussians up to five dimensions.
GAUSSIANS = ("correlated, d = 2", "AR(.9)‖N(0,I), d = 5", "null, d = 5", "null, AR(.9), d = 5")
COUNTED = {"words": 8, "Poisson(3)‖Poisson(5)": 10, "null, words": 8, "null, K = 100, n = 100": 100}
# Unless named: of sizes of their own, or of so many columns or categories that nothing is owed for much time.
LEFT_OUT = (
    "N(0,1)‖N(1,2), n = 20",
    "N(0,1)‖N(1,2), 200 rows against 5,000",
    "U(0,1)⁵‖U(-0.25,1.25)⁵",
    "AR(.9)‖N(0,I), d = 10",
    "N(0,I)‖N(0,2I), d = 20",
    "AR(.9)‖N(0,I), d = 50",
    "shift by .2, d = 100",
    "Zipf 1.2‖0.8, K = 10,000, n = 1,000",
    "Zipf 1.2‖0.8, K = 100,000, n = 10,000",
)
HEADS = ("problem", "n", "truth", "coverage, %", "of the reliable, %", "reliable, %", "mean width", "false alarms, %")


@dataclass(frozen=True)
class Tally:
    """Of the answers to one problem of one size."""

    answers: int
    refused: int
    held: int
    reliable: int
    held_reliable: int
    alarms: int
    bounded: int
    width: float


def owed(problem: Problem, n: int) -> bool:
    """Whether coverage of nine in ten is owed."""
    counted = COUNTED.get(problem.name, math.inf) <= n / 10
    null_on_line = problem.kind == "null" and problem.name.startswith(("null, S", "null, C", "null, log"))
    return problem.kind == "line" or null_on_line or problem.name in GAUSSIANS or counted


def tally(answers: Sequence[Answer], truth: float) -> Tally:
    """Counts; the width is the mean of those that end."""
    given = [one for one in answers if not isinstance(one.value, str)]
    held = [one.interval[0] <= truth <= one.interval[1] for one in given]
    widths = [high - low for low, high in (one.interval for one in given) if math.isfinite(high - low)]
    return Tally(
        answers=len(answers),
        refused=len(answers) - len(given),
        held=sum(held),
        reliable=sum(one.reliable for one in given),
        held_reliable=sum(hit for hit, one in zip(held, given, strict=True) if one.reliable),
        alarms=sum(one.interval[0] > 0 for one in given),
        bounded=len(widths),
        width=math.fsum(widths) / len(widths) if widths else math.nan,
    )


def share(hits: int, trials: int) -> str:
    """In percent with the binomial standard error."""
    if not trials:
        return "–"
    found = hits / trials
    error = math.sqrt(max(found * (1 - found), 1 / trials) / trials)
    return f"{100 * found:.1f} ± {100 * error:.1f}"


def _beyond(hits: int, trials: int, goal: float) -> float:
    """By how many standard errors at the goal a share is above it."""
    return (hits / trials - goal) / math.sqrt(goal * (1 - goal) / trials) if trials else math.inf


def line_of(problem: Problem, n: int, found: Tally) -> str:
    """A line of the table; what misses its goal by more than two standard errors is bold."""
    trials = found.answers - found.refused
    coverage = share(found.held, trials)
    if owed(problem, n) and _beyond(trials - found.held, trials, 1 - OWED) > 2:
        coverage = f"**{coverage}**"
    if found.refused:
        coverage += f", {found.refused} refused"
    alarms = share(found.alarms, trials) if problem.truth == 0 else ""
    if alarms and _beyond(found.alarms, trials, ALARMS) > 2:
        alarms = f"**{alarms}**"
    width = "–" if math.isnan(found.width) else f"{found.width:.3f}"
    if problem.kind == "line" and n >= 1000 and found.width > WIDEST:
        width = f"**{width}**"
    if found.bounded < trials:
        width += f", {trials - found.bounded} without end"
    certain = f"{share(found.held_reliable, found.reliable)} | {share(found.reliable, trials)}"
    return f"| {problem.name} | {n:,} | {problem.truth:.3f} | {coverage} | {certain} | {width} | {alarms} |"


def table(problems: Sequence[Problem], sizes: Sequence[int], seeds: Sequence[int], jobs: int, method: str) -> str:
    """A line for each problem and size."""
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    cases = [(problem, n) for problem in problems for n in sizes]
    work = [(problem.name, seed, (n, n)) for problem, n in cases for seed in seeds]
    with pool(jobs) as running:
        answers = list(running.map(partial(ask_one, contender=OURS, method=method), work, chunksize=4))
    for place, (problem, n) in enumerate(cases):
        own = answers[place * len(seeds) : (place + 1) * len(seeds)]
        lines.append(line_of(problem, n, tally(own, problem.truth)))
    return "\n".join(lines)


def coverage() -> str:
    """The table."""
    chosen = options.read()
    texts = chosen.problems or [""]
    problems = [one for one in wanted_problems(texts) if one.name not in LEFT_OUT or one.name in texts]
    if not problems:
        return "no such problem"
    repeats = chosen.repeats or (QUICK if chosen.quick else REPEATS)
    # Other samples than those of the table of accuracy.
    start = 1_000_000 + 1000 * chosen.seed
    head = (
        f"95 % intervals of {repeats} samples each, seed {chosen.seed}. Goals: coverage of 90 % on the line, for "
        "categories with ten rows each and for Gaussians up to five dimensions, at most 5 % false alarms, and a mean "
        "width of .22 on the line with 1,000 rows. Shares that miss by more than two standard errors are bold."
    )
    return f"{head}\n\n{table(problems, SIZES, range(start, start + repeats), chosen.jobs, chosen.method)}"
