"""What can be asked of two tables beside their columns one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kullback._core import InputError
from kullback.tables._work import Work
from kullback.tables.groups._breakdown import break_down
from kullback.tables.groups._one_table import Parting
from kullback.tables.pairs._conditional import split_by_target
from kullback.tables.pairs._dependence import changed_pairs
from kullback.tables.profiles._held_pairs import Beside, changed_held, split_held
from kullback.tables.rows._row_sample import judge_rows
from kullback.tables.rows._segments import MOST, check_most, explain_rows
from kullback.tables.rows._whole_rows import joint_shift


@dataclass(frozen=True)
class Deeper:
    """What is asked beside the columns one by one."""

    by: str | None = None
    every: str | None = None
    rolling: int | None = None
    against: str | None = None
    target: str | None = None
    pairs: bool | int | Sequence[tuple[str, str]] = False
    joint: bool = False
    why: bool | int = False

    def check(self) -> None:
        """Refuse what has nothing to stand on."""
        alone = {"every": self.every, "rolling": self.rolling, "against": self.against}
        if self.by is None:
            for name, value in ((name, value) for name, value in alone.items() if value is not None):
                raise InputError(f"{name}={value!r} says how rows are parted, but not by what: give by, a column, too.")
        if self.pairs == 0 and not isinstance(self.pairs, bool):
            raise InputError("pairs is 0; give True, a number of pairs from 1 on, or a list of pairs of names.")

    @property
    def asked(self) -> bool:
        """Whether anything is."""
        return self.by is not None or self.target is not None or bool(self.pairs or self.joint or self.why)

    def within(self) -> Parting:
        """What is asked of one table."""
        given = {"target": self.target is not None, "pairs": self.pairs, "joint": self.joint, "why": self.why}
        for name in (name for name, asked in given.items() if asked):
            raise InputError(f"{name} compares two tables, but one came: give the other too, or leave {name} out.")
        return Parting(str(self.by), self.every, self.rolling, self.against)

    def look(self, work: Work, /) -> dict[str, Any]:
        """What two tables tell, by the names of the parts of a comparison."""
        found: dict[str, Any] = {}
        if self.by is not None:
            found["by"] = break_down(work, self.by, every=self.every, rolling=self.rolling, against=self.against)
        if self.target is not None:
            found["target"] = split_by_target(work, self.target)
        if self.pairs:
            found["pairs"] = changed_pairs(work, self.pairs)
        if self.joint or self.why:
            most = MOST if self.why is True else check_most(self.why or MOST)
            rows = judge_rows(work)
            found["joint"] = joint_shift(rows)
            if self.why:
                found["why"] = explain_rows(rows, most)
        return found

    def look_beside(self, held: Beside, /) -> dict[str, Any]:
        """What profiles can tell: of the pairs of columns that they hold."""
        if self.by is not None or self.joint or self.why:
            raise InputError(
                "a profile holds counts of columns and of pairs of them, no rows: by, joint and why need both tables "
                "themselves."
            )
        found: dict[str, Any] = {}
        if self.target is not None:
            found["target"] = split_held(held, self.target)
        if self.pairs:
            found["pairs"] = changed_held(held, self.pairs)
        return found
