import numpy as np
import pytest

from neuralode_lib import blobs, disk_in_ring, moons, nearest_target
from neuralode_lib.datasets import labelled_images, largest_class

BLUE, RED = [0.0, 1.0], [2.0, 1.0]
every_set = pytest.mark.parametrize("make", [disk_in_ring, moons, blobs])


@every_set
@pytest.mark.parametrize("I", [2, 7, 64])
def test_shapes_counts_and_targets(make, I):
    data = make(I)
    assert data.x_in.shape == data.y_out.shape == (2, I)
    assert data.label.tolist() == [0] * (I // 2) + [1] * (I - I // 2)
    for y, label in zip(data.y_out.T, data.label, strict=True):
        assert y.tolist() == (RED if label else BLUE)
    assert np.isfinite(data.x_in).all()


@every_set
def test_a_seed_makes_the_same_points_again_and_another_seed_makes_others(make):
    assert (make(seed=7).x_in == make(seed=7).x_in).all()
    assert (make().x_in == make().x_in).all()
    assert (make(seed=7).x_in != make(seed=8).x_in).all()


@every_set
def test_sizes_that_make_no_data(make):
    with pytest.raises(ValueError, match=r"I is 1, expected an integer >= 2"):
        make(1)
    with pytest.raises(TypeError, match=r"I is 64\.0, expected an integer"):
        make(64.0)


def test_disk_in_ring_radii_are_the_exercise_s():
    data = disk_in_ring(4000, seed=1)
    radius = np.hypot(*data.x_in)
    blue, red = radius[data.label == 0], radius[data.label == 1]
    assert 0 <= blue.min() < 0.01 and 0.39 < blue.max() <= 0.4
    assert 0.8 <= red.min() < 0.81 and 1.19 < red.max() <= 1.2
    for sample, low, high in (
        (blue, 0.0, 0.4),
        (red, 0.8, 1.2),
    ):  # the radius is uniform, not the area
        counts, _ = np.histogram(sample, bins=4, range=(low, high))
        assert counts == pytest.approx(500, abs=90)
    angle = np.arctan2(data.x_in[1], data.x_in[0])
    counts, _ = np.histogram(angle, bins=4, range=(-np.pi, np.pi))
    assert counts == pytest.approx(1000, abs=120)


def test_disk_in_ring_is_32_and_32():
    data = disk_in_ring()
    assert (data.label == 0).sum() == (data.label == 1).sum() == 32


def test_a_line_separates_blobs_but_neither_disk_in_ring_nor_moons():
    def errors_of_the_best_line(data):
        features = np.vstack([data.x_in, np.ones(data.x_in.shape[1])]).T
        line = np.linalg.lstsq(features, 2 * data.label - 1, rcond=None)[0]
        return ((features @ line > 0) != data.label).mean()

    assert errors_of_the_best_line(blobs(400, seed=2)) < 0.02
    assert errors_of_the_best_line(moons(400, seed=2)) > 0.05
    assert errors_of_the_best_line(disk_in_ring(400, seed=2)) > 0.25


def test_nearest_target():
    x = np.array([[0.9, 1.1, -5.0, 2.0, 0.0], [1.0, 1.0, 9.0, 1.0, 1.0]])
    assert nearest_target(x).tolist() == [0, 1, 0, 1, 0]
    third = np.vstack([x, [9.0, -9.0, 5.0, 100.0, 0.0]])
    assert nearest_target(third).tolist() == [0, 1, 0, 1, 0]


def test_nearest_target_of_the_targets():
    data = disk_in_ring()
    assert (nearest_target(data.y_out) == data.label).all()


def test_labelled_images_keep_their_numbers_and_their_kind():
    pixels = np.arange(6, dtype=np.float32).reshape(3, 2)
    data = labelled_images(pixels, [1, 0, 1], classes=2)
    assert data.x_in.dtype == data.y_out.dtype == np.float32
    assert data.x_in.tolist() == [[0, 2, 4], [1, 3, 5], [0, 0, 0], [0, 0, 0]]
    assert data.y_out.tolist() == [[0, 2, 4], [1, 3, 5], [0, 1, 0], [1, 0, 1]]
    assert largest_class(data.y_out, classes=2).tolist() == data.label.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("pixels", "label", "error", "message"),
    [
        (np.ones(64), [1], ValueError, r"pixels has shape \(64,\), expected \(I, n\): one image a row"),
        (np.ones((2, 64)), [1], ValueError, "label has 1 entries, expected 2: one for each image"),
        (np.ones((1, 64)), [10], ValueError, "label goes from 10 to 10, expected indices from 0 to 9"),
        (np.ones((1, 64)), ["8"], TypeError, "label holds <U1, expected indices: integers"),
        ([[np.nan]], [1], ValueError, r"pixels is not finite: pixels\[0, 0\] is nan"),
    ],
)
def test_images_that_have_no_labels(pixels, label, error, message):
    with pytest.raises(error, match=message):
        labelled_images(pixels, label)


NAN = [[0.0, 1.0], [1.0, np.nan]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nearest_target(NAN), ValueError, r"^x is not finite: x\[1, 1\] is nan"),
        (lambda: nearest_target([[0.0, 1.0]]), ValueError, r"^x has shape \(1, 2\), expected \(d, I\) with d >= 2"),
        (lambda: nearest_target([0.0, 1.0]), ValueError, r"^x has shape \(2,\), expected \(d, I\)"),
        (lambda: nearest_target(np.ones((2, 2)) * 1j), TypeError, "^x holds complex128, expected real numbers"),
        (lambda: nearest_target(None), TypeError, "^x is None, expected real numbers"),
        (lambda: largest_class(NAN, 2), ValueError, "^x is not finite"),
        (lambda: largest_class(np.ones((4, 3))), ValueError, r"^x has shape \(4, 3\), expected \(d, I\) with d >= 10"),
        (lambda: largest_class(np.ones((12, 3)), 0), ValueError, "^classes is 0, expected an integer >= 1"),
        (lambda: disk_in_ring(8, seed=1.5), TypeError, "^seed is 1.5, expected an integer"),
        (lambda: blobs(8, seed=-1), ValueError, "^seed is -1, expected an integer >= 0"),
        (lambda: moons(8, seed=2**32), ValueError, "^seed is 4294967296, expected an integer <= 4294967295"),
        (lambda: labelled_images(np.ones((1, 4)) * 1j, [0]), TypeError, "^pixels holds complex128"),
        (lambda: labelled_images(np.ones((1, 0)), [0]), ValueError, r"^pixels has shape \(1, 0\), expected at"),
        (lambda: labelled_images(np.ones((1, 4)), [0], 0), ValueError, "^classes is 0"),
        (lambda: labelled_images(np.ones((1, 4)), np.ma.array([0])), TypeError, "^label is a masked array"),
    ],
)
def test_what_makes_no_answer(call, error, message):
    with pytest.raises(error, match=message):
        call()
