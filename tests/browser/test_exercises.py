"""Exercises are solved as students do: with a mistake that gets its name, then rightly; and unsolved they run, too."""

import pytest
from lab import uses
from playwright.sync_api import expect

ASKED = uses(r"^exercises\.(\w+)\.check\(my_\w+\)")

# What is typed in place of the dots: a typical mistake, what the check says to it, and a solution.
SOLVED = {
    "euler_step": (
        ["return x + V @ sigma(x) + b[:, None]"],
        "A factor dt is missing",
        ["return x + dt * (V @ sigma(x) + b[:, None])"],
    ),
    "taylor_test": (
        ["return [abs(f(weights + h * direction) - f(weights) + h * derivative) for h in steps]"],
        "sign",
        ["return [abs(f(weights + h * direction) - f(weights) - h * derivative) for h in steps]"],
    ),
    "adjoint": (
        [
            "phi = [x[-1] - y_out]",
            "for k in range(len(x) - 2, 0, -1):",
            "    A_phi = activation.dsigma(x[k]) * (weights.V[k] @ phi[0])",
            "    phi.insert(0, phi[0] + dt * (A_phi + w1 * (x[k] - y_out)))",
            "return phi",
        ],
        "transpose",
        [
            "phi = [x[-1] - y_out]",
            "for k in range(len(x) - 2, 0, -1):",
            "    A_T_phi = activation.dsigma(x[k]) * (weights.V[k].T @ phi[0])",
            "    phi.insert(0, phi[0] + dt * (A_T_phi + w1 * (x[k] - y_out)))",
            "return phi",
        ],
    ),
}


def each(names):
    asked = [pytest.param(path, n, name, id=f"{name}-{path.stem}") for path, n, name in ASKED if name in names]
    return pytest.mark.parametrize("book, number, name", asked, indirect=["book"])


@each([name for *_, name in ASKED])
def test_unsolved_exercise(book, number, name):
    expect(book.cells.nth(number).locator(".jp-OutputArea-output")).to_contain_text("Not attempted yet")


@each(SOLVED)
def test_typed_solution(book, number, name):
    check = book.cells.nth(number)
    said = check.locator(".jp-OutputArea-output")
    (stub_number,) = [n for path, n, stub in uses(r"^def (\w+)\(") if (path, stub) == (book.path, f"my_{name}")]
    stub, dots = book.cells.nth(stub_number), "    ..."
    source = "".join(book.stored[stub_number]["source"])
    assert dots in source
    mistake, its_name, solution = SOLVED[name]
    for body, answer in [(mistake, its_name), (solution, "Right!")]:
        book.write(stub, source.replace(dots, "\n".join(f"    {line}" for line in body)))
        book.run(check)
        expect(said).to_contain_text(answer)
        book.screenshot(f"exercise-{name}-{'right' if body is solution else 'mistake'}", check)
    assert book.errors.count() == 0


def test_every_solution_is_for_an_exercise():
    assert set(SOLVED) <= {name for *_, name in ASKED}
