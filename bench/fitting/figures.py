"""The part on fits, mixtures and projections."""

from bench.figures import show, versions


def fitting() -> str:
    """The tables."""
    from bench.fitting.likelihood import likelihood  # noqa: PLC0415 - the other parts need no torch
    from bench.fitting.mixtures import mixtures  # noqa: PLC0415
    from bench.fitting.reverse import reverse  # noqa: PLC0415
    from bench.fitting.variational import variational  # noqa: PLC0415

    figures = {"likelihood": likelihood, "mixtures": mixtures, "reverse": reverse, "variational": variational}
    return f"{versions('scipy', 'statsmodels', 'torch', 'mpmath')}.\n\n{show(figures)}"
