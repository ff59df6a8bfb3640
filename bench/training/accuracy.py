"""The table of errors: values and gradients of the losses on pairs of logits that are hard."""

import math
from collections.abc import Sequence
from typing import Any

from bench.training import options
from bench.training.ask import ask, pins

NAMES = (
    "F.kl_div",
    "TRL's formula",
    "TRL's formula, float32 first",
    "Liger",
    "torchmetrics",
    "torchmetrics, log_prob",
    "kullback",
)
# Beyond them an answer is printed in bold: relative, and in nats where the truth is 0.
WRONG, WRONG_AT_ZERO = 0.1, 1e-3
NOTE = (
    "Errors of the value / of the gradient to the student / to the teacher, relative to float64 on the same numbers "
    "(gradients in norm; bfloat16 itself rounds a gradient by 2e-3). Where the truth is 0: the value and the norms "
    "themselves. Bold: NaN, infinite, negative (with its value), or off by more than a tenth (1e-3 nats where the "
    "truth is 0); –: not given. TRL's formula: its generalized Jensen-Shannon divergence, written from its "
    "documentation, F.kl_div of logarithms. Liger: its chunked loss, not compiled."
)


def training_accuracy() -> str:
    """The table."""
    return table(options.choose(NAMES, options.read().only))


def table(names: Sequence[str]) -> str:
    """A line for each case."""
    answer = ask({"kind": "accuracy", "names": names}, names)
    heads = ["case", "direction", "truth, nats", *names]
    lines = [f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|"]
    if isinstance(answer, str):
        return answer
    for case, found in answer.items():
        truth = found["truth"] if found["truth"] > 1e-12 else 0.0
        cells = [cell(found["cells"][name], truth) for name in names]
        lines.append(f"| {' | '.join([case, f'{truth:.3g}', *cells])} |")
    return f"{NOTE} {pins()}.\n\n" + "\n".join(lines)


def cell(one: dict[str, Any] | None, truth: float) -> str:
    """Of one contender."""
    if one is None:
        return "–"
    if "failure" in one:
        return str(one["failure"])
    gradients = [_error(one[side]) for side in ("student", "teacher")]
    return " / ".join([_value(one["value"], truth), *gradients])


def _value(value: float, truth: float) -> str:
    if value < 0.0:
        return f"**{value:.1e}**"
    if not truth:
        return _error(value, WRONG_AT_ZERO)
    return _error(abs(value - truth) / truth if math.isfinite(value) else value)


def _error(error: float | None, limit: float = WRONG) -> str:
    if error is None:
        return "–"
    if math.isnan(error):
        return "**NaN**"
    text = f"{error:.0e}" if error else "0"
    return f"**{text}**" if error > limit else text
