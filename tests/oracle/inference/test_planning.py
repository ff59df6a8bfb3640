"""How many rows a shift needs: against published tables, scipy's laws and simulation through the public functions."""

import math

import numpy as np
import pytest
from scipy import stats

import kullback as kl
from kullback.inference import needed_size, shown_divergence


@pytest.mark.parametrize(
    ("effect", "degrees", "power", "published"),
    # Cohen (1988), Statistical Power Analysis, table 7.4.7 at level .05: cases that chi-squared needs for effect w.
    [
        (0.1, 1, 0.80, 785),
        (0.3, 1, 0.80, 87),
        (0.5, 1, 0.80, 31),
        (0.3, 2, 0.80, 107),
        (0.3, 4, 0.80, 133),
        (0.1, 4, 0.80, 1194),
        (0.3, 1, 0.90, 117),
    ],
)
def test_published_sizes(effect, degrees, power, published):
    # The noncentrality is cases * w**2; here it is twice the size times the divergence.
    size = needed_size(effect**2 / 2, 0.0, degrees + 1, alpha=0.05, power=power)
    assert math.ceil(size) == pytest.approx(published, abs=1.01)


@pytest.mark.parametrize("cells", [2, 5, 20, 65])
@pytest.mark.parametrize("margin", [0.0, 0.014])
@pytest.mark.parametrize("divergence", [0.02, 0.3])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
def test_power_is_that_of_scipy(cells, margin, divergence, power):
    size = needed_size(divergence, margin, cells, alpha=0.01, power=power)
    null = stats.ncx2(cells - 1, 2 * size * margin) if margin else stats.chi2(cells - 1)
    critical = null.ppf(0.99)
    # Beyond a noncentrality of 1e4 the law is a normal one of the root, good to three digits.
    assert stats.ncx2(cells - 1, 2 * size * divergence).sf(critical) == pytest.approx(power, rel=2e-3)


@pytest.mark.parametrize("divergence", [1e-12, 1e-9, 1e-4, 1.0, 50.0])
def test_size_and_divergence_are_inverse(divergence):
    size = needed_size(divergence, 0.0, 20, alpha=0.05, power=0.8)
    assert shown_divergence(size, 0.0, 20, alpha=0.05, power=0.8) == pytest.approx(divergence, rel=1e-9)


def test_plan_counts_rows():
    rows = kl.plan(bits=0.01, cells=20)
    assert isinstance(rows, int)
    assert kl.plan(rows=rows, cells=20) <= 0.01 < kl.plan(rows=rows - 1, cells=20)
    assert kl.plan(bits=0.01, cells=20, design_effect=5) == pytest.approx(5 * rows, rel=1e-3)
    # Very many current rows say as much as half of the reference rows does with equally many.
    assert kl.plan(bits=0.01, cells=20, ratio=1e9) == pytest.approx(rows / 2, rel=1e-3)
    assert kl.plan(bits=0.01, cells=20, columns=100) > rows
    assert kl.plan(bits=1e-9, cells=20) == pytest.approx(rows * 1e7, rel=1e-3)


def test_a_power_of_hardly_more_than_the_level_needs_hardly_a_row():
    assert kl.plan(bits=0.01, power=math.nextafter(0.05, 1)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either bits"),
        ({"bits": 0.1, "rows": 100}, "both came"),
        ({"bits": 0.02, "margin": 0.02}, "only a divergence above the margin"),
        ({"bits": 0.0}, "only a divergence above the margin"),
        ({"bits": math.nan}, "bits is nan"),
        ({"bits": "0.1"}, "bits is '0.1'; it must be a number"),
        ({"bits": 1e-18}, "no table has the rows"),
        ({"bits": math.nextafter(0.02, 1), "margin": 0.02}, "no table has the rows"),
        ({"bits": 0.1, "cells": 1}, "cells is 1"),
        ({"bits": 0.1, "cells": 2.5}, "cells is 2.5"),
        ({"bits": 0.1, "cells": True}, "cells is True"),
        ({"bits": 0.1, "cells": math.inf}, "cells is inf"),
        ({"bits": 0.1, "power": 0.01}, "power is 0.01"),
        ({"bits": 0.1, "alpha": 0}, "alpha is 0"),
        ({"bits": 0.1, "alpha": 1e-300}, "alpha is 1e-300"),
        ({"rows": 0}, "rows is 0"),
        ({"rows": 0.5}, "rows is 0.5; it must be a whole number"),
        ({"rows": 10, "design_effect": -1}, "design_effect is -1"),
        ({"rows": 10, "margin": math.inf}, "margin is inf"),
        ({"rows": 10, "columns": 0}, "columns is 0"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(kl.InputError, match=message):
        kl.plan(**options)


def _tilted(cells, bits):
    slope, low, high = np.linspace(-1, 1, cells), 0.0, 60.0
    for _ in range(100):
        by = (low + high) / 2
        p = np.exp(by * slope) / np.exp(by * slope).sum()
        low, high = (by, high) if p @ np.log2(p * cells) < bits else (low, by)
    return p


@pytest.mark.parametrize("cells", [2, 5, 20])
@pytest.mark.parametrize("margin", [0.0, 0.02])
def test_planned_rows_have_the_power(cells, margin, require):
    # 400 columns: three standard errors of .8 are .06; the law is approximate away from D = 0, so .03 are left to it.
    pyarrow = require("pyarrow")
    bits = margin + 0.03
    rows = kl.plan(bits=bits, cells=cells, margin=margin)
    rng = np.random.default_rng([cells, int(100 * margin)])
    names = np.array([f"k{index}" for index in range(cells)])
    before, after = (
        pyarrow.table({f"c{index}": rng.choice(names, rows, p=shares) for index in range(400)})
        for shares in (np.full(cells, 1 / cells), _tilted(cells, bits))
    )
    columns = kl.compare(before, after, margin=margin or 0.02)
    found = np.mean([(column.p_margin if margin else column.p_value) <= 0.05 for column in columns])
    assert found == pytest.approx(0.8, abs=0.09)
