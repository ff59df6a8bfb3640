"""Coding: what a code built for one law costs on symbols of another.

Where is what: `_cost` the cost per symbol, `_messages` the cost of a given message, by a fixed code and by one that
learns as it goes, `_prefix` code words of whole bits.
"""

from kullback.decisions.coding._cost import CodingCost, coding_cost
from kullback.decisions.coding._messages import MessageCost, message_cost, universal_cost
from kullback.decisions.coding._prefix import huffman_lengths, shannon_lengths

__all__ = [
    "CodingCost",
    "MessageCost",
    "coding_cost",
    "huffman_lengths",
    "message_cost",
    "shannon_lengths",
    "universal_cost",
]
