"""The divergence of a column and a target together, split into shifts of either and of what binds them."""

from collections.abc import Collection, Mapping

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables._work import Work
from kullback.tables.pairs._pair_counts import count_pairs, fitting_cells
from kullback.tables.pairs._split_judgment import judge_splits
from kullback.tables.pairs._splits import LeftOut, TargetShift

_WHY = {
    "key": "nearly every value is distinct",
    "constant": "it has one value alone",
    "undefined": "the two sides cannot be compared",
}


def split_by_target(work: Work, target: str, /) -> TargetShift:
    """Split D(x, y) of every column x and the target y, in both orders.

    Args:
        work: Both tables, counted.
        target: Name of y.

    Returns:
        D(y), and for each other column D(x, y), D(x), D(y|x) and D(x|y) with intervals and verdicts.

    Raises:
        InputError: If the target is not among the compared columns or has no distribution, or no other column has one.
    """
    codings = work.codings(fitting_cells(work))
    verdicts = {result.name: result.verdict for result in work.results}
    check_target(target, verdicts, codings)
    others = [name for name in verdicts if name != target]
    pairs = [(codings[name], codings[target]) for name in others if name in codings]
    if not pairs:
        raise InputError(f"no column besides the target {target!r} has a distribution: nothing to split.")
    left_out = [LeftOut(name, Message(why_left_out(verdicts[name]))) for name in others if name not in codings]
    return judge_splits(list(count_pairs(work, pairs)), work.rules, left_out)


def check_target(target: str, verdicts: Mapping[str, str], codings: Collection[str], /) -> None:
    """Refuse a target that is not among the columns, or not among those that have a distribution.

    Raises:
        InputError: If it is not.
    """
    if target not in verdicts:
        listed = ", ".join(repr(name) for name in list(verdicts)[:20])
        raise InputError(
            f"target is {target!r}, which is none of the compared columns: {listed}. Give one of them, and leave it in "
            "with columns and exclude."
        )
    if target not in codings:
        raise InputError(
            f"target={target!r} cannot be split by: {why_left_out(verdicts[target])}. Give a column of numbers or of "
            "values that occur again and again; roles={'name': 'category'} takes the values of a key as they are."
        )


def why_left_out(verdict: str, /) -> str:
    """Why a column of that verdict has no cells to be split by."""
    # What has a verdict of its own but no cells holds one value beside very few others.
    return _WHY.get(verdict, _WHY["constant"])
