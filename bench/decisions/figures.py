"""The part on decisions."""

from bench.figures import show, versions


def decisions() -> str:
    """The tables."""
    from bench.decisions.capacity import capacity  # noqa: PLC0415 - the other parts need none of what these do
    from bench.decisions.coding import coding  # noqa: PLC0415
    from bench.decisions.exponents import exponents  # noqa: PLC0415
    from bench.decisions.strangers import strangers  # noqa: PLC0415
    from bench.decisions.watching import watching  # noqa: PLC0415

    figures = {
        "watching": watching,
        "capacity": capacity,
        "exponents": exponents,
        "strangers": strangers,
        "coding": coding,
    }
    return f"{versions('scipy', 'scikit-learn', 'mpmath', 'constriction')}.\n\n{show(figures)}"
