"""One iteration of the lecture's experiment in JavaScript, in Node and in Chromium, beside NumPy's fused form."""

import json
import shutil
import subprocess
from contextlib import ExitStack
from math import ceil
from timeit import timeit

import numpy as np

from neuralode_lib import TrainingProblem, Weights, disk_in_ring, relu, tanh
from neuralode_lib.explore.figure import HERE

from ..chromium import find_chromium
from .report import Reading, numpy_kernel, table
from .timing import one_thread

GOALS = {"relu": 0.35, "tanh": 0.6}
ROUNDS, SECONDS = 15, 0.05

# Given the problem, a function of the number of calls: seconds for one.
ITERATION = """((given) => {
    %s
    const [theta, x_in, y_out] = [given.theta, given.x_in, given.y_out].map((a) => Float64Array.from(a));
    const problem = new TrainingProblem({ ...given, x_in, y_out }), weights = { theta, d: given.d, N: given.N };
    const iterate = () => descentStep(weights, 1, problem.costAndGradient(weights).gradient);
    return (calls) => {
        const start = performance.now();
        for (let n = 0; n < calls; n++) iterate();
        return (performance.now() - start) / calls / 1000;
    };
})(%s)"""


def section():
    with one_thread():
        return table([line for activation in (relu, tanh) for line in readings(activation)])


def readings(activation):
    data = disk_in_ring()
    problem = TrainingProblem(data.x_in, data.y_out, activation=activation)
    weights = Weights.random(problem.N_T, problem.d, problem.d**-0.5, np.random.default_rng(0))
    given = {
        "x_in": problem.x_in.ravel().tolist(), "y_out": problem.y_out.ravel().tolist(), "T": problem.T,
        "theta": weights.theta.ravel().tolist(), "d": problem.d, "N": problem.N_T - 1, "w1": problem.w1,
        "w2": problem.w2, "activation": activation.name,
    }  # fmt: skip
    code = ITERATION % ((HERE / "resnet.js").read_text(encoding="utf-8"), json.dumps(given))

    def iterate():
        return weights - 1.0 * problem.cost_and_gradient(weights)[1]

    with ExitStack() as stack:
        timed = {"NumPy": lambda calls: timeit(iterate, number=calls) / calls}
        for name, start in {"Node": in_node, "Chromium": in_chromium}.items():
            try:
                timed[name] = stack.enter_context(start(code))
            except (FileNotFoundError, ModuleNotFoundError) as error:
                yield f"{name}, {activation.name}: skipped, {error}"
        seconds = interleaved(timed)
    yield Reading(f"NumPy ({numpy_kernel()}), {activation.name}", 1e3 * np.median(seconds["NumPy"]), "ms")
    for name in [name for name in timed if name != "NumPy"]:
        ratio = np.median(seconds[name] / seconds["NumPy"])
        yield Reading(f"{name}, {activation.name}", ratio, "of NumPy's time", GOALS[activation.name])


def interleaved(timed):
    """Seconds a call, in each round; before the first, each is called until its compiler has seen it enough."""
    calls = {name: ceil(SECONDS / [time(2000) for _ in range(2)][1]) for name, time in timed.items()}
    rounds = [[time(calls[name]) for name, time in timed.items()] for _ in range(ROUNDS)]
    return dict(zip(timed, np.transpose(rounds), strict=True))


class in_node:
    """A process that answers each number of calls, a line, with the seconds for one."""

    def __init__(self, code):
        program = shutil.which("node")
        if program is None:
            raise FileNotFoundError("there is no Node.js on the path")
        answer = f"const run = {code}; require('readline').createInterface(process.stdin)"
        answer += ".on('line', (calls) => console.log(run(Number(calls))));"
        self.process = subprocess.Popen(
            [program, "-e", answer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self):
        def time(calls):
            self.process.stdin.write(f"{calls}\n")
            return float(self.process.stdout.readline())

        return time

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()


class in_chromium:
    """A page, likewise."""

    def __init__(self, code):
        from playwright.sync_api import sync_playwright

        self.program = find_chromium()
        if self.program is None:
            raise FileNotFoundError("there is no Chromium or Chrome on the path")
        self.code, self.playwright = code, sync_playwright()

    def __enter__(self):
        chromium = self.playwright.__enter__().chromium
        self.browser = chromium.launch(executable_path=self.program, args=["--disable-gpu"])
        page = self.browser.new_page()
        page.evaluate(f"() => {{ window.run = {self.code}; }}")
        return lambda calls: page.evaluate("calls => run(calls)", calls)

    def __exit__(self, *error):
        self.browser.close()
        self.playwright.__exit__(*error)
