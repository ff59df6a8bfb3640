"""Does a model of American voters treat people of different education alike?

Voters of the 1996 election (American National Election Studies, in statsmodels). A model predicts the vote for Dole or
Clinton from opinions, age, income and news; education is not among its inputs. Measured on voters it never saw.

    python examples/decisions/group_fairness.py [--quick] [--output group_fairness.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kullback.decisions.fairness import GroupDivergence, group_divergence, same_input_divergence

mpl.use("Agg")

INPUTS = ["selfLR", "PID", "age", "income", "TVnews", "logpopul"]
CANDIDATES = np.array(["Clinton", "Dole"])


def voters() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, vote (1 = Dole) and education in three groups."""
    table = sm.datasets.anes96.load_pandas().data
    education = np.array(["school", "college", "degree"])[np.digitize(table["educ"], [4, 6])]
    return table[INPUTS].to_numpy(), table["vote"].to_numpy().astype(int), education


def show(name: str, found: GroupDivergence) -> None:
    low, high = found.interval
    worst = max(found.pairs, key=lambda one: one.parity_difference)
    smallest = min(one.p_adjusted for one in found.pairs)
    print(
        f"{name:<34}{found.value:>8.4f}{found.debiased:>9.4f}{f'[{low:.4f}, {high:.4f}]':>19}"
        f"{100 * worst.parity_difference:>7.1f} %{smallest:>8.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer folds, for a test")
    parser.add_argument("--output", type=Path, default=Path("group_fairness.png"))
    options = parser.parse_args()
    x, vote, education = voters()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    probs = cross_val_predict(model, x, vote, cv=3 if options.quick else 10, method="predict_proba")
    decided, truth = CANDIDATES[probs.argmax(axis=1)], CANDIDATES[vote]
    print(f"{len(vote)} voters, {(decided == truth).mean():.1%} right; Jensen-Shannon of three groups in nats")
    print(f"{'':<34}{'value':>8}{'debiased':>9}{'95 % interval':>19}{'parity':>9}{'least p':>8}")
    show("votes themselves", group_divergence(truth, education))
    parity = group_divergence(decided, education)
    show("predicted classes", parity)
    show("mean probabilities", group_divergence(probs, education))
    show("predicted classes, given the vote", group_divergence(decided, education, labels=truth))
    print(parity)

    # The same voters with another education: what does a model that sees it make of that?
    degree = (education == "degree").astype(float)
    seen = model.fit(np.column_stack([x, degree]), vote)
    print(
        same_input_divergence(
            seen.predict_proba(np.column_stack([x, np.ones(len(x))])),
            seen.predict_proba(np.column_stack([x, np.zeros(len(x))])),
        )
    )
    parity.plot().savefig(options.output, dpi=90)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
