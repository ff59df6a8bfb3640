"""Two tables: which columns changed, by how much, how sure, and what did it.

Where is what, in the order in which data flow: `sources` opens what the user has, `engines` count it behind one set
of questions, `counts` holds the counts of every column, `profiles` keeps them, `verdicts` says what they mean, in
words as `_messages`. `groups`, `pairs`, `rows` and `past` look deeper, all from the `_work` that `compare` in
`_two_tables` has in hand. `_results` and `_comparison` are the answer; `page` and `formats` show it.
"""

from kullback.tables._comparison import Comparison
from kullback.tables._plan import plan
from kullback.tables._results import Cell, ColumnResult, Side, Structure, Units, ValueShare
from kullback.tables._verbs import compare
from kullback.tables.groups._groups import Breakdown, Change, Group, GroupCell, GroupColumn, GroupMatrix
from kullback.tables.pairs._pair_shifts import PairShift, PairShifts, PairTable
from kullback.tables.pairs._splits import ColumnSplit, LeftOut, Slice, TargetShift
from kullback.tables.pairs._statements import Statement
from kullback.tables.past._history_results import Alert
from kullback.tables.past._watch import History
from kullback.tables.profiles._merging import merge
from kullback.tables.profiles._partitions import profile_each
from kullback.tables.profiles._profile import Profile
from kullback.tables.profiles._profiling import profile
from kullback.tables.rows._rows import WEIGHTS, read_rows, read_table
from kullback.tables.rows._segments import Segment, Segments
from kullback.tables.rows._whole_rows import JointShift, LookalikeRow, Lookalikes

__all__ = [
    "WEIGHTS",
    "Alert",
    "Breakdown",
    "Cell",
    "Change",
    "ColumnResult",
    "ColumnSplit",
    "Comparison",
    "Group",
    "GroupCell",
    "GroupColumn",
    "GroupMatrix",
    "History",
    "JointShift",
    "LeftOut",
    "LookalikeRow",
    "Lookalikes",
    "PairShift",
    "PairShifts",
    "PairTable",
    "Profile",
    "Segment",
    "Segments",
    "Side",
    "Slice",
    "Statement",
    "Structure",
    "TargetShift",
    "Units",
    "ValueShare",
    "compare",
    "merge",
    "plan",
    "profile",
    "profile_each",
    "read_rows",
    "read_table",
]
