"""Pairs of columns whose dependence changed."""

from collections.abc import Sequence
from itertools import combinations

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables._work import Work
from kullback.tables.counts._coding import Coding
from kullback.tables.pairs._pair_counts import count_pairs
from kullback.tables.pairs._pair_judgment import judge_pairs
from kullback.tables.pairs._pair_screen import promising_pairs
from kullback.tables.pairs._pair_shifts import PairShifts

# Pairs that are counted in full: those of thirty columns. Beyond, the most promising of a screen.
MOST_PAIRS = 435
# Columns that the screen takes.
_MOST_SCREENED = 200
_CELLS, _FEWER_CELLS, _ENOUGH_ROWS = 8, 4, 1000


def changed_pairs(work: Work, pairs: bool | int | Sequence[tuple[str, str]], /) -> PairShifts:  # noqa: FBT001
    """Find pairs of columns whose dependence changed.

    Args:
        work: Both tables, counted.
        pairs: True for all pairs (the 435 most promising where there are more), a number for so many at most, or pairs
            of names.

    Returns:
        The pairs, those whose dependence changed first.

    Raises:
        InputError: If `pairs` is none of these, or names a column that has no distribution.
    """
    codings = work.codings(pair_cells(min(table.effective_rows for table in work.tables)))
    if not isinstance(pairs, (bool, int)):
        chosen = _named(pairs, codings, work)
        return judge_pairs(count_pairs(work, chosen), work.rules)
    most = checked_most(pairs)
    # Columns come as they stand in the table: the worst first would make the screen blind for those alike one by one.
    names = list(codings)
    candidates = len(names) * (len(names) - 1) // 2
    notes = []
    found = list(combinations(names, 2))
    if candidates > most:
        screened = names[:_MOST_SCREENED]
        found = promising_pairs(work, most, screened)
        notes.append(
            Message(
                "{judged} of {candidates} pairs were judged: those whose odds ratio changed most surely with each "
                "column cut in two",
                judged=f"{len(found):,}",
                candidates=f"{len(screened) * (len(screened) - 1) // 2:,}",
            )
        )
        if len(names) > len(screened):
            notes.append(Message("only the first {count} columns were looked at", count=f"{len(screened):,}"))
        candidates = len(screened) * (len(screened) - 1) // 2
    chosen = [(codings[x], codings[y]) for x, y in found]
    return judge_pairs(count_pairs(work, chosen), work.rules, candidates=candidates, notes=notes)


def pair_cells(rows: float, /) -> int:
    """Cells of a column at most, for pairs on so many effective rows."""
    return _CELLS if rows >= _ENOUGH_ROWS else _FEWER_CELLS


def checked_most(pairs: int, /) -> int:
    """How many pairs are asked for; True stands for as many as are counted in full."""
    most = MOST_PAIRS if pairs is True else pairs
    if most < 1:
        raise InputError(f"pairs is {pairs!r}; give True, a number of pairs from 1 on, or a list of pairs of names.")
    return most


def named_pairs(pairs: object, /) -> tuple[tuple[str, str], ...]:
    """Pairs of names as they were given, each once.

    Raises:
        InputError: If they are none.
    """
    if isinstance(pairs, str) or not isinstance(pairs, Sequence) or not all(_is_pair(pair) for pair in pairs):
        raise InputError(
            f"pairs is {pairs!r}; give True, a number of pairs from 1 on, or a list of pairs of two different names, "
            "as in [('carrier', 'origin')]."
        )
    return tuple(dict.fromkeys((str(x), str(y)) for x, y in pairs))


def _named(pairs: object, codings: dict[str, Coding], work: Work) -> list[tuple[Coding, Coding]]:
    verdicts = {result.name: result.verdict for result in work.results}
    named = named_pairs(pairs)
    unknown = [name for pair in named for name in pair if name not in codings]
    if unknown:
        name = unknown[0]
        what = f"is a column with verdict {verdicts[name]}" if name in verdicts else "is none of the compared columns"
        raise InputError(f"pairs names {name!r}, which {what}: take columns that have a distribution.")
    return [(codings[x], codings[y]) for x, y in named]


def _is_pair(pair: object) -> bool:
    if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
        return False
    return all(isinstance(name, str) for name in pair) and pair[0] != pair[1]
