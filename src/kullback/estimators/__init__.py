"""The verbs on samples: a figure, its interval, and whether to trust it."""

from kullback.estimators._estimate import Estimate

__all__ = ["Estimate"]
