"""Profiles of parts as the profile of the whole, and many profiles on common cells."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables.counts._categories import CATEGORY_LIMIT, Categories
from kullback.tables.counts._columns import ColumnCounts, Keys
from kullback.tables.counts._common_cells import on_common_cells
from kullback.tables.counts._leaves import Leaves, Specials, compressed
from kullback.tables.counts._reading import UNSUPPORTED, Reading, common_reading, native_reading
from kullback.tables.profiles._kept_pairs import merged_pairs, without_pairs
from kullback.tables.profiles._privacy import Privacy, common_privacy, cut_texts
from kullback.tables.profiles._profile import MOST_CELLS, PROFILE_CELLS, Profile, profile_files
from kullback.tables.profiles._rereading import counts_as_read


def merge(
    profiles: Sequence[Profile | str | Path] | str | Path,
    /,
    *,
    name: str | None = None,
    suppress_below: int | None = None,
    text_length: int | None = None,
) -> Profile:
    """The profile of several tables taken together, from their profiles alone.

    Counts are added. Profiles on shared cells (made with ``like=``, or merged before) give exactly the profile of the
    whole on these cells; where cells differ, rows of a cell that is cut are taken as evenly spread, and the profile
    keeps by how many rows each count may be off (see `Profile.uncertainty`).

    Args:
        profiles: Profiles, paths of saved ones, or folders of them, with the same columns.
        name: What the whole is called; by default the first name and how many follow.
        suppress_below: As in `profile`, for what is kept of the whole.
        text_length: Likewise.

    Returns:
        The profile of all rows. Columns come in the order of the first profile.

    Raises:
        InputError: If none came, one cannot be read, or columns are missing or of different kinds.

    Note:
        Exact for shared cells, in any order and grouping of the profiles. Distinct values of keys cannot be added: the
        profile then holds the least number that there can be.

    Example:
        >>> import kullback as kl, polars
        >>> first = kl.profile(polars.DataFrame({"x": ["a", "b"] * 50}))
        >>> second = kl.profile(polars.DataFrame({"x": ["b", "c"] * 50}))
        >>> kl.merge([first, second], name="both").rows
        200
    """
    given = [profiles] if isinstance(profiles, (str, Path, Profile)) else list(profiles)
    opened: list[Profile] = []
    for one in given:
        if not isinstance(one, (str, Path, Profile)):
            raise InputError(f"cannot merge a {type(one).__name__}: give profiles, or paths of saved ones.")
        opened += [one] if isinstance(one, Profile) else [Profile.load(path) for path in profile_files(one)]
    whole = merged(opened, name=name)
    privacy = Privacy(suppress_below, text_length)
    if suppress_below is not None and not whole.rows == whole.weight == whole.effective_rows:
        raise InputError("suppress_below counts rows, and the profiles count weights: leave it out.")
    kept = common_privacy([privacy, whole.privacy]) if suppress_below is None else privacy
    groups = {
        label: replace(group, columns=tuple(privacy.applied(column) for column in group.columns), privacy=kept)
        for label, group in whole.groups.items()
        if group.rows >= (suppress_below or 1)
    }
    columns = tuple(privacy.applied(column) for column in whole.columns)
    pairs = whole.pairs if privacy == Privacy() else without_pairs(whole.pairs)
    return replace(whole, columns=columns, privacy=kept, groups=groups, pairs=pairs)


def merged(profiles: Sequence[Profile], /, *, name: str | None = None) -> Profile:
    """The profile of several tables taken together."""
    if not profiles:
        raise InputError("no profile came to be merged: give at least one.")
    columns = tuple(_summed(column) for column in stacked(profiles))
    first = profiles[0].name
    called = first if len(profiles) == 1 else f"{first} and {len(profiles) - 1} more"
    weight = sum(profile.weight for profile in profiles)
    # Kish: the squared sum of all weights by the sum of their squares, which each profile's own figures give.
    squares = sum(profile.weight * (profile.weight / profile.effective_rows) for profile in profiles)
    rows = sum(profile.rows for profile in profiles)
    unweighted = all(profile.weight == profile.effective_rows == profile.rows for profile in profiles)
    effective = float(rows) if unweighted else weight * (weight / squares)
    privacy = common_privacy([profile.privacy for profile in profiles])
    by, groups = _merged_groups(profiles)
    pairs = merged_pairs([profile.pairs for profile in profiles], columns)
    return Profile(name or called, rows, weight, effective, columns, privacy, by, groups, pairs)


def _merged_groups(profiles: Sequence[Profile]) -> tuple[str | None, dict[str, Profile]]:
    """The groups of all, if all were counted by the same."""
    if len({profile.by for profile in profiles}) > 1 or profiles[0].by is None:
        return None, {}
    labels = dict.fromkeys(label for profile in profiles for label in profile.groups)
    parts = {label: [profile.groups[label] for profile in profiles if label in profile.groups] for label in labels}
    return profiles[0].by, {label: merged(part, name=label) for label, part in parts.items()}


def stacked(profiles: Sequence[Profile], /, *, most: int = PROFILE_CELLS) -> list[ColumnCounts]:
    """The columns of several profiles on common cells: one side for each profile, in the order of the profiles.

    Args:
        profiles: Profiles with the same columns.
        most: Cells that an ordered column gets at most where its cells have to be cut.

    Returns:
        A record for each column of the first profile, with as many sides as there are profiles. Its body is None, with
        a note, where the profiles hold different things of it (a key in some, values in others).

    Raises:
        InputError: If the profiles differ in their columns or in the kinds of these.
    """
    _check_columns(profiles)
    places = [{column.name: column for column in profile.columns} for profile in profiles]
    return [_stack_column([place[column] for place in places], profiles, most) for column in profiles[0]]


def _check_columns(profiles: Sequence[Profile]) -> None:
    first = profiles[0]
    for other in profiles[1:]:
        for one, two in ((first, other), (other, first)):
            lacking = [column for column in one if column not in set(two)]
            if lacking:
                listed = ", ".join(repr(column) for column in lacking[:10])
                raise InputError(
                    f"the profile {two.name!r} lacks {listed}, which {one.name!r} has: profiles that are taken "
                    "together need the same columns. Make them again with columns= (--columns) that all tables have."
                )


def _stack_column(columns: list[ColumnCounts], profiles: Sequence[Profile], most: int) -> ColumnCounts:
    first = columns[0]
    natives = tuple(column.natives[0] for column in columns)
    notes = list(dict.fromkeys(note for column in columns for note in column.notes))
    readings = [column.reading for column in columns if native_reading(column.natives[0]) is not None]
    reading: Reading | None = readings[0] if readings else first.reading
    for other, profile in zip(columns, profiles, strict=True):
        if native_reading(other.natives[0]) is None or other.reading == reading:
            continue
        common = None if reading is None or other.reading is None else common_reading(reading, other.reading)
        if common is None:
            raise InputError(
                f"column {first.name!r} is {first.natives[0]} in {profiles[0].name!r} and {other.natives[0]} in "
                f"{profile.name!r}: their counts cannot be taken together. Make the profiles again with one role for "
                f"it, as in --as {first.name}=category."
            )
        reading = common
    if reading is None or reading == UNSUPPORTED or all(column.body is None for column in columns):
        return ColumnCounts(first.name, natives, reading, None, notes)
    bodies = [counts_as_read(column, reading) for column in columns]
    body = _stack_bodies(bodies, most)
    if body is None:
        notes.append(
            Message(
                "a key in some of the profiles and none in others: nothing to take together; make them on the cells of "
                "one of them (like=, --like)"
            )
        )
        reading = None
    return ColumnCounts(first.name, natives, reading, body, notes)


def _stack_bodies(bodies: Sequence[Leaves | Categories | Keys | None], most: int) -> Leaves | Categories | Keys | None:
    leaves = [body for body in bodies if isinstance(body, Leaves)]
    categories = [body for body in bodies if isinstance(body, Categories)]
    keys = [body for body in bodies if isinstance(body, Keys)]
    if len(leaves) == len(bodies):
        return on_common_cells(leaves, most)
    if len(categories) == len(bodies):
        return stacked_categories(categories)
    if len(keys) == len(bodies) and len({key.shapes is None for key in keys}) == 1:
        return _stack_keys(keys)
    return None


def stacked_categories(sides: Sequence[Categories], /, *, limit: int = CATEGORY_LIMIT) -> Categories:
    """Counts of texts on common values, each side in its place.

    A value that one side lists and another does not may be in the other's rest: how many rows that can be at most is
    kept with the counts.
    """
    lengths = [side.longest for side in sides if side.longest is not None]
    longest = min(lengths) if lengths else None
    sides = [cut_texts(side, longest) for side in sides]
    place: dict[str, int] = {}
    for side in sides:
        for value in side.values:
            place.setdefault(value, len(place))
    lines = sum(len(side.counts) for side in sides)
    counts, unknown = np.zeros((lines, len(place))), np.zeros((lines, len(place)))
    rest, start = np.zeros(lines), 0
    for side in sides:
        end = start + len(side.counts)
        own = [place[value] for value in side.values]
        counts[start:end, own] = side.counts
        unknown[start:end] = side.rest[:, None]
        unknown[start:end, own] = 0.0 if side.unknown is None else side.unknown
        rest[start:end] = side.rest
        start = end
    values = list(place)
    pooled = counts.sum(axis=0)
    order = sorted(range(len(values)), key=lambda index: (-pooled[index], values[index].encode("utf-8", "replace")))
    kept, dropped = order[:limit], order[limit:]
    rest += counts[:, dropped].sum(axis=1)
    unknown = unknown[:, kept]
    distinct = [count for side in sides for count in side.distinct]
    return Categories(
        tuple(values[index] for index in kept),
        counts[:, kept],
        rest,
        np.concatenate([side.missing for side in sides]),
        tuple(rows for side in sides for rows in side.rows),
        tuple(distinct),
        unknown if unknown.any() else None,
        longest,
    )


def _stack_keys(sides: Sequence[Keys]) -> Keys:
    shapes = [side.shapes for side in sides if side.shapes is not None]
    return Keys(
        tuple(rows for side in sides for rows in side.rows),
        tuple(distinct for side in sides for distinct in side.distinct),
        tuple(missing for side in sides for missing in side.missing),
        _chained([side.low for side in sides]),
        _chained([side.high for side in sides]),
        None,
        _exact(stacked_categories(shapes)) if shapes else None,
    )


def _exact(categories: Categories) -> Categories:
    """Without the values whose counts are not known exactly: they join the rest."""
    if categories.unknown is None:
        return categories
    sure = np.flatnonzero(categories.unknown.sum(axis=0) == 0)
    return replace(
        categories,
        values=tuple(categories.values[place] for place in sure),
        counts=categories.counts[:, sure],
        rest=categories.rest + categories.counts.sum(axis=1) - categories.counts[:, sure].sum(axis=1),
        unknown=None,
    )


def _chained(bounds: list[tuple[int, ...] | None]) -> tuple[int, ...] | None:
    return None if any(bound is None for bound in bounds) else tuple(end for bound in bounds for end in bound or ())


def _summed(column: ColumnCounts) -> ColumnCounts:
    """All sides of a column as one."""
    body = column.body
    native = column.natives[0]
    if isinstance(body, Leaves):
        summed: Leaves | Categories | Keys | None = _sum_leaves(body)
    elif isinstance(body, Categories):
        summed = _sum_categories(body)
    elif isinstance(body, Keys):
        summed = _sum_keys(body)
    else:
        summed = None
    natives = [one for one in column.natives if native_reading(one) is not None]
    if natives:
        native = natives[0]
    return replace(column, natives=(native,), body=summed)


def _sum(counts: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    return None if counts is None else counts.sum(axis=0, keepdims=True)


def _sum_leaves(leaves: Leaves) -> Leaves:
    fields = np.array(
        [(side.null, side.nan, side.negative_infinity, side.positive_infinity) for side in leaves.specials]
    )
    summed = Leaves(
        leaves.low,
        leaves.high,
        leaves.counts.sum(axis=0, keepdims=True),
        (Specials(*fields.sum(axis=0).tolist()),),
        (sum(leaves.totals),),
        (sum(leaves.finite),),
        _sum(leaves.unknown),
    )
    # Days that follow each other share no cell of a clock: their cells would add up without end.
    return compressed(summed, MOST_CELLS)


def _sum_categories(categories: Categories) -> Categories:
    complete = not categories.rest.any()
    listed = int((categories.counts > 0).any(axis=0).sum())
    rest = categories.rest.sum(keepdims=True)
    unknown = _sum(categories.unknown)
    return Categories(
        categories.values,
        categories.counts.sum(axis=0, keepdims=True),
        rest,
        categories.missing.sum(keepdims=True),
        (sum(categories.rows),),
        (listed if complete else max(listed, *categories.distinct),),
        unknown,
        categories.longest,
    )


def _sum_keys(keys: Keys) -> Keys:
    low, high = keys.low, keys.high
    apart = False
    if low is not None and high is not None:
        ranges = sorted(zip(low, high, strict=True))
        apart = all(end < start for (_, end), (start, _) in pairwise(ranges))
    return Keys(
        (sum(keys.rows),),
        (sum(keys.distinct) if apart else max(keys.distinct),),
        (sum(keys.missing),),
        None if low is None else (min(low),),
        None if high is None else (max(high),),
        None,
        None if keys.shapes is None else _sum_categories(keys.shapes),
    )
