"""Images: histograms counted by hand, patches of known laws."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kullback as kl
from kullback.decisions.images import histogram_divergence, patch_divergence


def test_gray_levels_are_counted() -> None:
    x = np.array([[0, 0, 0, 255], [0, 0, 255, 255]], dtype=np.uint8)
    y = np.array([[0, 0, 255, 255]], dtype=np.uint8)
    found = histogram_divergence(x, y, bins=2)
    assert found.plain == pytest.approx(kl.divergence([5 / 8, 3 / 8], [0.5, 0.5]), rel=1e-14)
    assert found.value == pytest.approx(kl.divergence([5.5 / 9, 3.5 / 9], [0.5, 0.5]), rel=1e-14)
    assert found.counts_x.tolist() == [[5, 3]]


def test_every_level_of_a_byte_has_its_cell() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (histogram_divergence(ramp, ramp, bins=256).counts_x == 1).all()


def test_colors_count_together() -> None:
    rng = np.random.default_rng(0)
    gray = rng.random((64, 64))
    linked = np.stack([gray, gray, gray], axis=-1)
    apart = np.stack([rng.permutation(gray.ravel()).reshape(64, 64) for _ in range(3)], axis=-1)
    found = histogram_divergence(linked, apart, bins=4, limits=(0, 1))
    # Each channel has the same levels; only together do they differ: by about log of 4³ / 4 cells.
    assert found.channels == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)
    assert found.value == pytest.approx(math.log(16), rel=0.1)


def test_where_pixels_are_plays_no_part_in_histograms_but_in_patches() -> None:
    waves = np.add.outer(np.sin(np.arange(200) / 5), np.cos(np.arange(200) / 7))
    shuffled = np.random.default_rng(1).permutation(waves.ravel()).reshape(200, 200)
    assert histogram_divergence(shuffled, waves).value == 0
    assert patch_divergence(shuffled, waves, components=3).value > 1


def test_patches_of_noise_have_the_divergence_of_normal_laws() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(0, 1, (320, 320)), rng.normal(0, 1.5, (320, 320))
    found = patch_divergence(x, y, size=2, components=4, rng=0)
    truth = 4 * float(kl.divergence(kl.families.Normal(0, 1), kl.families.Normal(0, 1.5)))
    assert abs(found.value - truth) < 4 * found.stderr
    assert any("neighboring patches" in note for note in found.notes)


def test_same_seed_same_patches() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.random((90, 90, 3)), rng.random((80, 100, 3))
    assert patch_divergence(x, y, rng=5).value == patch_divergence(x, y, rng=5).value


def test_input_stays_as_it_is() -> None:
    x = np.random.default_rng(4).random((60, 60))
    before = x.copy()
    histogram_divergence(x, x[::-1])
    patch_divergence(x, x[::-1])
    assert (x == before).all()


GRAY = np.zeros((40, 40))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: histogram_divergence(np.zeros(5), GRAY), "x has shape"),
        (lambda: histogram_divergence(GRAY, np.zeros((4, 4, 3))), "1 channels and y 3"),
        (lambda: histogram_divergence(GRAY + np.nan, GRAY), "NaN"),
        (lambda: histogram_divergence(GRAY, GRAY, bins=1), "bins"),
        (lambda: histogram_divergence(GRAY, GRAY, bins=2.5), "bins = 2.5"),
        (lambda: histogram_divergence(GRAY, GRAY, limits=(1,)), "Two numbers"),
        (lambda: patch_divergence(GRAY, GRAY, patches=0), "patches = 0"),
        (lambda: histogram_divergence(GRAY + 2, GRAY, limits=(0, 1)), "Widen"),
        (lambda: histogram_divergence(np.array([["a", "b"]]), GRAY), "Numbers are needed"),
        (lambda: histogram_divergence(GRAY, GRAY, smoothing="magic"), "magic"),
        (lambda: patch_divergence(GRAY[:8, :8], GRAY), "At least 50 patches"),
        (lambda: patch_divergence(GRAY, GRAY), "All patches"),
        (lambda: patch_divergence(GRAY, GRAY, components=99), "components"),
        (lambda: patch_divergence(GRAY, GRAY, size=0), "size"),
    ],
)
def test_bad_input(call: Callable[[], object], words: str) -> None:
    with pytest.raises(kl.InputError, match=words):
        call()


def test_picture(require: Callable[[str], Any]) -> None:
    require("matplotlib")
    color = np.random.default_rng(5).random((20, 20, 3))
    assert len(histogram_divergence(color, color).plot().axes) == 3
