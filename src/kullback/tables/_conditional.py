"""The divergence of a column and a target together, split into shifts of either and of what binds them."""

from kullback.tables._results import Part
from kullback.tables._work import Work


def split_by_target(work: Work, target: str, /) -> Part:
    """Split D(x, y) of every column and the target."""
    raise NotImplementedError
