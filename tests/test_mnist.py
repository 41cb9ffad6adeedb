"""tools/mnist.py on a few images of MNIST's size, and where there is no network."""

from urllib.error import URLError

import numpy as np
import pytest
import sklearn.datasets

from tools import mnist


@pytest.fixture(scope="module")
def images():
    return tuple(mnist.generated(600, 200))


def test_generated_images_are_of_mnist_s_size(images):
    for (pixels, label), size in zip(images, (600, 200), strict=True):
        assert (pixels.shape, pixels.dtype, label.shape) == ((size, 784), np.float32, (size,))
        assert pixels.min() == 0 and pixels.max() <= 1
        assert set(label) == set(range(10))


def test_two_epochs_read_far_more_than_chance_and_stay_float32(images):
    training, test = images
    *_, (problem, weights) = mnist.epochs(*training, schedule=[(0.001, 3), (0.0003, 1)], batch_size=50)
    assert (problem.d, problem.I, problem.dtype) == (794, 600, np.float32)
    assert weights.theta.dtype == np.float32
    assert mnist.share_right(problem, weights, *test) > 0.4
    assert mnist.share_right(problem, weights, *training) > mnist.share_right(problem, weights, *test)


def test_the_share_does_not_depend_on_how_many_at_a_time(images):
    training, (pixels, label) = images
    problem, weights = next(mnist.epochs(*training, batch_size=100))
    share = mnist.share_right(problem, weights, pixels, label)
    assert share == mnist.share_right(problem, weights, pixels, label, at_a_time=77)
    assert mnist.share_right(problem, weights, pixels, (label + 1) % 10) < share


def test_mnist_as_openml_has_it(monkeypatch):
    def fetch_openml(name, **options):
        assert (name, options["version"], options["as_frame"]) == ("mnist_784", 1, False)
        return np.full((70_000, 1), 255), np.arange(70_000).astype(str)

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch_openml)
    (pixels, label), (test_pixels, test_label) = mnist.fetched()
    assert (pixels.shape, test_pixels.shape) == ((60_000, 1), (10_000, 1))
    assert pixels.dtype == np.float32 and (pixels == 1).all()
    assert (label[-1], test_label[0]) == (59_999, 60_000)


def test_without_a_network_a_sentence_says_so(monkeypatch, capsys):
    def fetch_openml(*_, **__):
        raise URLError("no route")

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch_openml)
    mnist.main()
    assert capsys.readouterr().out == "MNIST cannot be fetched here, and is left out: <urlopen error no route>\n"


def test_the_report_of_each_epoch(monkeypatch, capsys, images):
    monkeypatch.setattr(mnist, "SCHEDULE", [(0.001, 1)])
    monkeypatch.setattr(mnist.epochs, "__defaults__", ([(0.001, 2)], 100, 0))
    mnist.main(lambda: images)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["epoch  1", "epoch  2"]
