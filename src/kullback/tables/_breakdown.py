"""Groups and windows of rows, each compared with the others."""

from kullback.tables._results import Part
from kullback.tables._work import Work


def break_down(work: Work, by: str, /, *, every: str | None, rolling: int | None, against: str | None) -> Part:
    """Compare every group or window of the current table with what it is held against."""
    raise NotImplementedError
