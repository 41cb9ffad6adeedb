import numpy as np
import pytest

from neuralode_lib import Activation, relu, tanh

POINTS = np.array([-3.0, -1.0, -0.2, 0.3, 1.0, 4.0])


@pytest.mark.parametrize("activation", [tanh, relu])
def test_dsigma_is_the_derivative_of_sigma(activation):
    h = 1e-6
    slope = (activation.sigma(POINTS + h) - activation.sigma(POINTS - h)) / (2 * h)
    assert activation.dsigma(POINTS) == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("activation", [tanh, relu])
def test_dsigma_of_sigma_is_dsigma(activation):
    x = np.append(POINTS, 0.0)
    out = np.full(x.shape, np.nan)
    activation.dsigma_of_sigma(activation.sigma(x), out=out)
    assert out == pytest.approx(activation.dsigma(x), rel=1e-12)


def test_relu_by_hand():
    x = np.array([-2.0, -0.0, 0.0, 3.0])
    assert relu.sigma(x).tolist() == [0, 0, 0, 3]
    assert relu.dsigma(x).tolist() == [0, 0, 0, 1]  # the lecture's choice at the kink


def test_tanh_by_hand():
    assert tanh.sigma(0.0) == 0
    assert tanh.dsigma(0.0) == 1
    assert tanh.dsigma(1.0) == pytest.approx(1 / np.cosh(1.0) ** 2, rel=1e-14)


def test_name():
    assert "tanh" in repr(tanh)
    assert "relu" in repr(relu)


@pytest.mark.parametrize(
    "sigma, dsigma, name", [(1.0, np.cos, "sigma"), (np.sin, None, "dsigma"), (lambda: 0, np.cos, "sigma")]
)
def test_sigma_must_be_a_function(sigma, dsigma, name):
    with pytest.raises(TypeError, match=rf"^{name} is .*expected a function"):
        Activation(sigma, dsigma, "wrong")


def test_the_other_fields_are_what_they_should_be():
    with pytest.raises(TypeError, match=r"^name is None, expected a text"):
        Activation(np.sin, np.cos, None)
    with pytest.raises(TypeError, match=r"^dsigma_of_sigma is 1, expected a function"):
        Activation(np.sin, np.cos, "sine", 1)
    with pytest.raises(TypeError, match=r"^sigma is the function .*expected a function of x and out"):
        Activation(lambda x: np.tanh(x), tanh.dsigma, "mine", tanh.dsigma_of_sigma)
