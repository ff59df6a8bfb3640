"""The end of the page: what its words mean, and that it holds values of the data."""

from kullback._version import __version__
from kullback.tables.page._words import Words


def explanations(say: Words, /) -> str:
    """What a reader may want to look up."""
    terms = {
        say("bits"): say(
            "D(current‖reference): how many bits a row of the current table costs more when it is described in the "
            "words of the reference. 0 is no change, 0.02 is what some 2,500 rows a side can tell from nothing, 1 is "
            "another world."
        ),
        say("debiased"): say(
            "Two samples of the same rows do not have a divergence of 0; what chance alone adds is taken off, with ½ "
            "added to each cell."
        ),
        say("interval"): say("Where the divergence lies, both tables being samples."),
        say("shifted"): say("The divergence is above the margin, beyond the play of chance over all columns together."),
        say("inconclusive"): say("The rows do not suffice to tell. The line says which shift they would have shown."),
        say("similar"): say("The whole interval is below the margin."),
        say("key"): say(
            "Nearly every value is distinct: uniqueness, overlap and the shapes of the texts are compared instead."
        ),
        say("constant"): say("Both tables hold one and the same value."),
        say("undefined"): say("The columns of the two tables cannot be compared. The notes say why."),
        "∞": say(
            "The current table holds values that the reference never had, so no finite number of bits describes them "
            "in its words. Nothing is added to make it finite."
        ),
    }
    warning = say(
        "Names, categories and the edges of cells are real values of the data: share this page as you would share the "
        "data."
    )
    return (
        f"<footer><details><summary>{say('How to read this page')}</summary>"
        f"<dl>{''.join(f'<dt>{term}<dd>{meaning}' for term, meaning in terms.items())}</dl></details>"
        f"<p>{warning}<p>kullback {__version__}</footer>"
    )
