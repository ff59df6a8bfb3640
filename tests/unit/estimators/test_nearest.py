import numpy as np
import pytest

import kullback as kl
from kullback.estimators._nearest import _brute, count_within, nearest
from kullback.estimators._nearest_torch import nearest_on


def by_hand(points, queries, k, *, own):
    distances = np.sqrt(((queries[:, None] - points[None]) ** 2).sum(-1))
    if own:
        np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, 1), order


@pytest.mark.parametrize("d", [1, 2, 5, 30])
@pytest.mark.parametrize("own", [True, False])
def test_neighbors_are_those_of_all_distances(d, own):
    rng = np.random.default_rng(d)
    points = rng.normal(size=(200, d)) * 10.0 + 1e3
    queries = points if own else rng.normal(size=(150, d)) * 10.0 + 1e3
    distances, places = nearest(points, queries, 4, own=own)
    wanted, order = by_hand(points, queries, 4, own=own)
    assert np.array_equal(places, order)
    np.testing.assert_allclose(distances, wanted, rtol=1e-12)


@pytest.mark.parametrize("d", [1, 3, 30])
def test_a_row_is_no_neighbor_of_itself_even_among_duplicates(d):
    points = np.repeat(np.random.default_rng(0).normal(size=(10, d)), 8, axis=0)
    distances, places = nearest(points, points, 3, own=True)
    assert not (places == np.arange(80)[:, None]).any()
    assert (distances == 0).all()


def test_products_of_matrices_are_done_in_blocks_of_bounded_size(monkeypatch):
    monkeypatch.setattr("kullback.estimators._nearest._BLOCK", 500)
    rng = np.random.default_rng(0)
    points, queries = rng.normal(size=(100, 40)), rng.normal(size=(33, 40))
    assert np.array_equal(_brute(points, queries, 5, own=False)[1], by_hand(points, queries, 5, own=False)[1])


@pytest.mark.parametrize("d", [1, 3, 30])
def test_rows_within_a_radius_are_counted(d):
    rng = np.random.default_rng(1)
    points, queries = rng.normal(size=(120, d)), rng.normal(size=(50, d))
    radius = rng.uniform(0.5, 1.5, 50) * np.sqrt(d)
    gap = np.sqrt(((queries[:, None] - points[None]) ** 2).sum(-1))
    assert np.array_equal(count_within(points, queries, radius), (gap <= radius[:, None]).sum(1))


@pytest.mark.parametrize("own", [True, False])
def test_torch_finds_the_same_in_blocks(require, monkeypatch, own):
    require("torch")
    monkeypatch.setattr("kullback.estimators._nearest_torch._BLOCK", 1000)
    rng = np.random.default_rng(2)
    points = rng.normal(size=(150, 6)) + 1e3
    queries = points if own else rng.normal(size=(90, 6)) + 1e3
    distances, places = nearest_on("cpu", points, queries, 5, own=own)
    wanted, order = by_hand(points, queries, 5, own=own)
    assert np.array_equal(places, order)
    np.testing.assert_allclose(distances, wanted, rtol=1e-9)


def test_neighbors_take_the_device_of_the_samples(require, monkeypatch):
    require("torch")
    asked = []
    monkeypatch.setattr("kullback.estimators._columns.device_of", lambda _: "cpu")
    monkeypatch.setattr(
        "kullback.estimators._neighbor_terms.nearest_on", lambda *a, **k: asked.append(a[0]) or nearest_on(*a, **k)
    )
    rng = np.random.default_rng(3)
    x, y = rng.exponential(size=(200, 3)), rng.exponential(1.5, size=(200, 3))
    on_device = kl.estimate(x, y)
    monkeypatch.undo()
    assert asked
    assert on_device.value == pytest.approx(kl.estimate(x, y).value, rel=1e-9)


def test_products_give_way_where_they_cannot_tell():
    rng = np.random.default_rng(8)
    # Two clusters 1e9 apart: squared distances within them are below what products keep.
    points = rng.normal(size=(400, 30))
    points[200:] += 1e9
    distances, places = nearest(points, points, 3, own=True)
    for start in (0, 200):
        block = points[start : start + 200]
        gaps = np.linalg.norm(block[:, None] - block[None], axis=2)
        np.fill_diagonal(gaps, np.inf)
        np.testing.assert_allclose(distances[start : start + 200], np.sort(gaps, axis=1)[:, :3])
        np.testing.assert_array_equal(places[start : start + 200], start + np.argsort(gaps, axis=1)[:, :3])
