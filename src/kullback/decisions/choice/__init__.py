"""Which divergence to use: the question that comes before every other."""

from kullback.decisions.choice._guide import Advice, which_divergence

__all__ = ["Advice", "which_divergence"]
