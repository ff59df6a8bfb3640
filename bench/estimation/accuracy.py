"""Root mean square error and bias of every contender on every problem, and how many problems each gets right."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.estimation import options
from bench.estimation.contenders import NAMES, OURS, PLAIN, Answer, Given, ask_all
from bench.estimation.problems import Problem, all_problems

REPEATS = 20


@dataclass(frozen=True)
class Score:
    """Of one contender on one problem: what its finite answers are off by, and how many are none."""

    rmse: float
    bias: float
    answers: int
    not_finite: int
    refused: int

    def within(self, tolerance: float) -> bool:
        """Whether the problem counts as right: every answer is a finite number, and they are near enough."""
        return self.answers > 0 and not self.not_finite and not self.refused and self.rmse <= tolerance


def score(answers: Sequence[Answer], truth: float) -> Score:
    """Errors of the answers of one method."""
    numbers = [one.value for one in answers if not isinstance(one.value, str)]
    errors = [value - truth for value in numbers if math.isfinite(value)]
    rmse = math.sqrt(math.fsum(error * error for error in errors) / len(errors)) if errors else math.inf
    bias = math.fsum(errors) / len(errors) if errors else math.inf
    return Score(rmse, bias, len(answers), len(numbers) - len(errors), len(answers) - len(numbers))


def best(by_method: Mapping[str, Sequence[Answer]], truth: float) -> Score | None:
    """With the method that turns out best; None where there is no method of the kind."""
    scores = [score(answers, truth) for answers in by_method.values() if answers]
    return min(scores, key=lambda one: (one.not_finite + one.refused, one.rmse), default=None)


def wanted_problems(texts: Sequence[str] | None) -> list[Problem]:
    """All, or those whose name has one of the texts, or whose kind is one."""
    problems = all_problems().values()
    if not texts:
        return [one for one in problems if one.kind != "null"]
    return [one for one in problems if any(text in one.name or text == one.kind for text in texts)]


def scores_of(given: Mapping[str, Given], problems: Sequence[Problem]) -> dict[str, dict[str, Score | None]]:
    """By contender and problem."""
    return {
        name: {problem.name: best(one.answers.get(problem.name, {}), problem.truth) for problem in problems}
        for name, one in given.items()
        if not one.failure
    }


def _figure(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _cell(found: Score | None, tolerance: float) -> str:
    if found is None:
        return "–"
    wrong = [
        f"{count} {what}" for count, what in ((found.not_finite, "nan or inf"), (found.refused, "refused")) if count
    ]
    shown = f"{_figure(found.rmse)} ({found.bias:+.3f})" if math.isfinite(found.rmse) else ""
    text = ", ".join([shown] * bool(shown) + wrong)
    return text if found.within(tolerance) else f"**{text}**"


def problems_table(given: Mapping[str, Given], problems: Sequence[Problem]) -> str:
    """Root mean square error and bias; what is not within tolerance is bold."""
    scores = scores_of(given, problems)
    lines = [f"| problem | n | truth | tolerance | {' | '.join(given[name].version for name in scores)} |"]
    lines.append("|---" * (len(scores) + 4) + "|")
    for problem in problems:
        size = f"{problem.n:,}" if problem.n == problem.m else f"{problem.n:,} : {problem.m:,}"
        cells = " | ".join(_cell(some[problem.name], problem.tolerance) for some in scores.values())
        lines.append(f"| {problem.name} | {size} | {_figure(problem.truth)} | {problem.tolerance:.3f} | {cells} |")
    return "\n".join(lines)


def summary_table(given: Mapping[str, Given], problems: Sequence[Problem]) -> str:
    """How many problems each contender gets right, and what it could not answer."""
    heads = (
        "contender",
        "problems within tolerance",
        "nan or inf",
        "refused",
        "worse than plain on the line by > 10 %",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    scores = scores_of(given, problems)
    for name, one in given.items():
        if one.failure:
            lines.append(f"| {one.version} | {one.failure} | | | |")
            continue
        found = [(problem, scores[name][problem.name]) for problem in problems]
        right = sum(each is not None and each.within(problem.tolerance) for problem, each in found)
        answered = [each for _, each in found if each is not None]
        asked = sum(each.answers for each in answered)
        counts = f"{sum(each.not_finite for each in answered)} | {sum(each.refused for each in answered)} of {asked:,}"
        lines.append(f"| {one.version} | {right} of {len(problems)} | {counts} | {_worse(name, scores, problems)} |")
    return "\n".join(lines)


def _worse(name: str, scores: Mapping[str, Mapping[str, Score | None]], problems: Sequence[Problem]) -> str:
    """Problems on the line where plain neighbors are better by more than a tenth; only ours owes this."""
    if name != OURS or PLAIN not in scores:
        return ""
    pairs = [(one, scores[OURS][one.name], scores[PLAIN][one.name]) for one in problems if one.kind == "line"]
    names = [one.name for one, ours, plain in pairs if ours and plain and ours.rmse > 1.1 * plain.rmse]
    return ", ".join(names) or "none"


def methods_table(ours: Given, problems: Sequence[Problem]) -> str:
    """What ours chose, how often its interval held the truth, and what it took."""
    lines = ["| problem | method | interval holds the truth | reliable | mean s |", "|---" * 5 + "|"]
    for problem in problems:
        answers = [one for some in ours.answers[problem.name].values() for one in some]
        chosen = {one.method for one in answers if one.method}
        held = sum(one.interval[0] <= problem.truth <= one.interval[1] for one in answers)
        sure = sum(one.reliable for one in answers)
        seconds = math.fsum(one.seconds for one in answers) / len(answers)
        shares = f"{held} of {len(answers)} | {sure} of {len(answers)}"
        lines.append(f"| {problem.name} | {', '.join(sorted(chosen)) or '–'} | {shares} | {seconds:.3f} |")
    return "\n".join(lines)


def refusals(ours: Given, problems: Sequence[Problem]) -> str:
    """The first text of every problem on which ours raised."""
    lines = []
    for problem in problems:
        texts = [
            one.value for some in ours.answers[problem.name].values() for one in some if isinstance(one.value, str)
        ]
        lines += [f"- {problem.name}: {text}" for text in texts[:1]]
    return "\n".join(lines)


def estimation() -> str:
    """The tables."""
    chosen = options.read()
    problems = wanted_problems(chosen.problems)
    names = chosen.only or NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown or not problems:
        return f"nobody is called {unknown[0]!r}; choose from {', '.join(NAMES)}" if unknown else "no such problem"
    repeats = chosen.repeats or (REPEATS // 5 if chosen.quick else REPEATS)
    seeds = range(1000 * chosen.seed, 1000 * chosen.seed + repeats)
    given = ask_all(names, problems, seeds, chosen.jobs, chosen.method)
    parts = [summary_table(given, problems), problems_table(given, problems)]
    if OURS in given:
        parts += [methods_table(given[OURS], problems), refusals(given[OURS], problems)]
    head = f"{len(problems)} problems, {repeats} samples of each, seed {chosen.seed}; root mean square error (bias)"
    return "\n\n".join([head, *filter(None, parts)])
