"""Compositions of counts: taxa of samples, phases of cells, compared between groups of samples.

Where is what: `_verb` compares them, `_record` is what it returns, `_read` brings tables in, `_shares` weighs samples
and treats zeros, `_permute` deals whole units anew, `_picture` draws the categories that differ.
"""

from kullback.decisions.compositions._record import CompositionComparison, ZeroPolicy
from kullback.decisions.compositions._verb import compare_compositions

__all__ = ["CompositionComparison", "ZeroPolicy", "compare_compositions"]
