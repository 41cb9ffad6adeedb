"""tools/mnist.py on a few images of MNIST's size, on a small folder of IDX files, and where there is no network."""

import gzip
from urllib.error import URLError

import numpy as np
import pytest
import sklearn.datasets
from matplotlib import pyplot as plt

from tools import mnist

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture(scope="module")
def images():
    return tuple(mnist.generated(600, 200))


@pytest.fixture
def folder(tmp_path):
    """Three images of 2 x 4 to learn from, one for the test, whose files are packed."""
    write(tmp_path / IMAGES, np.arange(24).reshape(3, 2, 4))
    write(tmp_path / LABELS, np.array([7, 0, 9]))
    write(tmp_path / "t10k-images-idx3-ubyte.gz", np.full((1, 2, 4), 255))
    write(tmp_path / "t10k-labels-idx1-ubyte.gz", np.array([4]))
    return tmp_path


def write(path, array):
    content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def test_idx_files_are_read_packed_or_not(folder):
    (pixels, label), (test_pixels, test_label) = mnist.in_folder(folder)
    np.testing.assert_array_equal(255 * pixels, np.arange(24).reshape(3, 8))
    assert pixels.dtype == np.float32 and label.tolist() == [7, 0, 9]
    assert test_pixels.tolist() == [[1.0] * 8] and test_label.tolist() == [4]


@pytest.mark.parametrize(
    "break_it, said",
    [
        (lambda folder: (folder / LABELS).unlink(), f"has neither {LABELS} nor {LABELS}.gz"),
        (lambda folder: (folder / IMAGES).replace(folder / "t10k-images-idx3-ubyte"), f"has neither {IMAGES} nor"),
        (lambda folder: write(folder / LABELS, np.zeros((1, 1, 1))), "begins with .*x08.x03', expected .*x08.x01'"),
        (lambda folder: (folder / LABELS).write_bytes(b""), f"{LABELS} begins with b''"),
        (lambda folder: (folder / IMAGES).write_bytes((folder / IMAGES).read_bytes()[:-1]), "23 entries, expected 24"),
        (lambda folder: write(folder / LABELS, np.array([7, 0])), "3 images and 2 labels of train"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(folder, break_it, said):
    break_it(folder)
    with pytest.raises((OSError, ValueError), match=said):
        list(mnist.in_folder(folder))


def test_generated_images_are_of_mnist_s_size(images):
    for (pixels, label), size in zip(images, (600, 200), strict=True):
        assert (pixels.shape, pixels.dtype, label.shape) == ((size, 784), np.float32, (size,))
        assert pixels.min() == 0 and pixels.max() <= 1
        assert set(label) == set(range(10))


def test_images_move_by_at_most_one_pixel_each_its_own_way():
    dot = np.zeros((500, 28, 28), np.float32)
    dot[:, 13, 20] = 1
    now = mnist.moved(dot.reshape(500, -1), np.random.default_rng(0)).reshape(dot.shape)
    places = np.argwhere(now == 1)[:, 1:]
    assert {tuple(place) for place in places} == {(i, j) for i in (12, 13, 14) for j in (19, 20, 21)}
    assert now.sum() == 500 and now.dtype == np.float32


def right(problem, weights, pixels, label):
    return np.mean(mnist.largest_class(mnist.ten_of(problem, weights, pixels)) == label)


def test_some_epochs_read_far_more_than_chance_and_stay_float32(images, monkeypatch):
    training, test = images
    monkeypatch.setattr(mnist, "WARMING_UP", 10)
    *_, (problem, weights) = mnist.epochs(*training, number=4, batch_size=60)
    assert (problem.d, problem.I, problem.dtype) == (794, 600, np.float32)
    assert weights.theta.dtype == np.float32
    assert right(problem, weights, *test) > 0.4
    assert right(problem, weights, *training) > right(problem, weights, *test)


def test_the_ten_coordinates_do_not_depend_on_how_many_at_a_time(images):
    training, (pixels, _) = images
    problem, weights = next(mnist.epochs(*training, number=1, batch_size=100))
    ten = mnist.ten_of(problem, weights, pixels)
    np.testing.assert_allclose(ten, mnist.ten_of(problem, weights, pixels, at_a_time=77), rtol=1e-4, atol=1e-4)
    assert ten.shape == (10, 200)


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
    assert capsys.readouterr().out == "MNIST cannot be had here, and is left out: <urlopen error no route>\n"


def test_the_worst_mistakes_come_first():
    label, ten = np.arange(10).repeat(2), np.zeros((10, 20))
    ten[label, np.arange(20)] = 1
    ten[3, 18], ten[5, 2] = 1.5, 9.0  # a 9 taken for a 3, and worse, a 1 for a 5
    shown = mnist.figure(ten, np.zeros((20, 784)), label)
    counts, *mistakes = shown.axes
    mistakes.sort(key=lambda ax: (-ax.get_position().y0, ax.get_position().x0))
    assert [ax.get_title() for ax in mistakes[:2]] == ["1, not 5", "9, not 3"]
    assert sum(int(text.get_text()) for text in counts.texts) == 20
    plt.close(shown)


def test_the_report(monkeypatch, capsys, images, tmp_path):
    monkeypatch.setattr(mnist.epochs, "__defaults__", (1, 100, 0))
    monkeypatch.setattr(mnist, "others", lambda: {"the nearest": (mnist.KNeighborsClassifier(1), 300)})
    mnist.main(lambda: images, tmp_path / "out", seeds=2)
    assert "epoch  1: " in capsys.readouterr().out
    rows = (tmp_path / "out" / "mnist.md").read_text(encoding="utf-8").splitlines()
    names = [row.split("|")[1].strip() for row in rows[2:]]
    assert names == ["residual network, start 1", "residual network, start 2", "the nearest"]
    assert 0 < (tmp_path / "out" / "mnist.png").stat().st_size < 200_000
    plt.close("all")
