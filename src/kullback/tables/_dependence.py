"""Pairs of columns whose dependence changed."""

from collections.abc import Sequence

from kullback.tables._results import Part
from kullback.tables._work import Work


def changed_pairs(work: Work, pairs: bool | int | Sequence[tuple[str, str]], /) -> Part:  # noqa: FBT001
    """Find pairs of columns whose dependence changed."""
    raise NotImplementedError
