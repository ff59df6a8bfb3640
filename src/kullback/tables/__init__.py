"""Two tables: which columns changed, by how much, how sure, and what did it.

Where is what, in the order in which data flow: `_sources` opens what the user has (`_csv` what is text), `_alignment`
pairs the columns, `_reading` says how their values are taken; `_duckdb`, `_memory` and `_spark` are the backends behind
the questions of `_table`; `_counting` (with `_leaves`, `_categories` and `_pairing`) makes the counts of a column,
`_profile` keeps them, `_merging` takes them together; `_cells` and `_statistics` turn them into figures and verdicts,
with what is to be said in words as `_messages`; `_comparison` holds the answer, `page` shows it. `_conditional` splits
shifts by a target, `_dependence` finds changed pairs (`_pair_counts` counts, `_two_way` measures, `_statements`
judges); `_kept_pairs` is what a profile keeps of pairs, `_pair_keeping` counts it, `_held_pairs` compares it. `_rows`
fetches whole rows for what needs them. `_sampling` chooses some of them, `_row_sample` judges these,
`_whole_rows` and `_segments` say what follows. `_past` names past windows and chooses among
them, `_past_figures` and `_history` hold today against them, `_beside_past` starts from what the user has, `_alerts`
and `_watch` keep a folder of windows and its alerts.
"""

from kullback.tables._comparison import Comparison
from kullback.tables._groups import Breakdown, Change, Group, GroupCell, GroupColumn, GroupMatrix
from kullback.tables._history_results import Alert
from kullback.tables._merging import merge
from kullback.tables._pair_shifts import PairShift, PairShifts, PairTable
from kullback.tables._partitions import profile_each
from kullback.tables._plan import plan
from kullback.tables._profile import Profile
from kullback.tables._profiling import profile
from kullback.tables._results import Cell, ColumnResult, Side, Structure, Units, ValueShare
from kullback.tables._rows import WEIGHTS, read_rows, read_table
from kullback.tables._segments import Segment, Segments
from kullback.tables._splits import ColumnSplit, LeftOut, Slice, TargetShift
from kullback.tables._statements import Statement
from kullback.tables._verbs import compare
from kullback.tables._watch import History
from kullback.tables._whole_rows import JointShift, LookalikeRow, Lookalikes

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
