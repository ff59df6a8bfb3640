"""The errors of the library: what came, what was needed, what to do."""


class KullbackError(Exception):
    """Base of every error that kullback raises on purpose."""


class InputError(KullbackError, ValueError):
    """The input cannot be used; the message says what came, what was needed and what to do."""


class MissingExtraError(KullbackError, ImportError):
    """An optional library is needed; the message gives the install command."""


class ShiftError(KullbackError, AssertionError):
    """`Comparison.assert_similar` found a shift; the message says in which columns and how large."""
