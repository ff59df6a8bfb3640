"""Two tables: which columns changed, by how much, how sure, and what did it.

Where is what, in the order in which data flow: `_sources` opens what the user has (`_csv` what is text), `_alignment`
pairs the columns, `_reading` says how their values are taken; `_duckdb`, `_memory` and `_spark` are the backends behind
the questions of `_table`; `_counting` (with `_leaves`, `_categories` and `_pairing`) makes the counts of a column,
`_profile` keeps them; `_cells` and `_statistics` turn them into figures and verdicts, with what is to be said in words
as `_messages`; `_comparison` holds the answer, `page` shows it. `_rows` fetches whole rows for what needs them.
"""

from kullback.tables._comparison import Comparison
from kullback.tables._plan import plan
from kullback.tables._profile import Profile
from kullback.tables._results import Cell, ColumnResult, Side, Structure, Units, ValueShare
from kullback.tables._rows import WEIGHTS, read_rows, read_table
from kullback.tables._verbs import compare, profile

__all__ = [
    "WEIGHTS",
    "Cell",
    "ColumnResult",
    "Comparison",
    "Profile",
    "Side",
    "Structure",
    "Units",
    "ValueShare",
    "compare",
    "plan",
    "profile",
    "read_rows",
    "read_table",
]
