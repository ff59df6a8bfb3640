"""The divergence of whole rows, estimated on a sample."""

from kullback.tables._results import Part
from kullback.tables._work import Work


def compare_rows(work: Work, /) -> Part:
    """Estimate D(current‖reference) of whole rows."""
    raise NotImplementedError
