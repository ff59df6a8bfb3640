"""`--fail-on`: what makes the command end with exit code 1."""

from collections.abc import Sequence

from kullback import Comparison, InputError

_ANY = ("shift", "structure")
TRIGGERS = ("shift", "structure", "inconclusive", "groups", "new", "any", "never")


def triggers_from(names: Sequence[str], /) -> frozenset[str]:
    """What is asked for, with `any` and `never` resolved.

    Raises:
        InputError: If a name is unknown, or `never` stands beside others.
    """
    for name in names:
        if name not in TRIGGERS:
            raise InputError(f"--fail-on {name} is unknown; use {', '.join(TRIGGERS)}, separated by commas.")
    if "never" in names and len(set(names)) > 1:
        raise InputError(f"--fail-on {','.join(names)} contradicts itself: give never alone, or leave it out.")
    found = {each for name in names for each in (_ANY if name == "any" else (name,))}
    return frozenset(found - {"never"})


def has_failed(comparison: Comparison, triggers: frozenset[str], /) -> bool:
    """Whether one of the triggers is met.

    Raises:
        InputError: If new alerts are asked for where there is no history, or groups where there are none.
    """
    met = {
        "shift": comparison.counts["shifted"] > 0,
        "inconclusive": comparison.counts["inconclusive"] > 0,
        "structure": comparison.structure.changed,
        "groups": "groups" in triggers and _has_shifted_groups(comparison),
        "new": "new" in triggers and _has_news(comparison),
    }
    return any(met[trigger] for trigger in triggers)


def _has_shifted_groups(comparison: Comparison) -> bool:
    if comparison.by is None:
        raise InputError("--fail-on groups asks for groups or windows of rows: name what parts them with --by.")
    return comparison.by.verdict == "shifted"


def _has_news(comparison: Comparison) -> bool:
    if comparison.history is None:
        raise InputError("--fail-on new asks for alerts, which past windows give: name them with --history.")
    past = comparison.history.to_dict()
    # Of a window that is not recorded nobody knows whether it is the first.
    if past["alerts"] is None:
        return any(column["state"] == "unusual" for column in past["columns"])
    return any(alert["state"] == "new" for alert in past["alerts"])
