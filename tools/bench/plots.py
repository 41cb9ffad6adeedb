"""The report's pictures, in build/bench."""

import matplotlib.pyplot as plt
import numpy as np

from .report import FOLDER
from .timing import quartiles

STYLE = "neuralode_lib.neuralode"


@plt.style.context(STYLE)
def ratios(compared, goals):
    """One group of bars a size: medians and quartiles of the ratios, and the goals as black lines."""
    sizes = list(next(iter(compared.values())))
    ax = plt.subplots(figsize=(12, 5.5))[1]
    width = 0.85 / len(compared)
    for number, (name, ratios) in enumerate(compared.items()):
        x = np.arange(len(sizes)) + (number - (len(compared) - 1) / 2) * width
        low, median, high = np.transpose([quartiles(ratios[size]) for size in sizes])
        spread = {"yerr": [median - low, high - median], "error_kw": {"ecolor": "0.5"}}
        ax.bar(x, median - 1, 0.9 * width, bottom=1, label=name, color=f"C{number}", **spread)
        goal = [goals.get(name, {}).get(size, np.nan) for size in sizes]
        ax.hlines(goal, x - width / 2, x + width / 2, "k", lw=3, label="goal" if number == 0 else None)
    ax.axhline(1, color="k", lw=1)
    ax.set_yscale("log", subs=[2, 5])
    ax.set(ylabel="time / the library's time", title="J and its gradient, one thread, float64")
    ax.set_xticks(range(len(sizes)), sizes)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("{x:g}")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    _save("ratios")


@plt.style.context(STYLE)
def growth(grown):
    """Time against each of I, N and d, with lines of the power that is expected in the end."""
    axes = plt.subplots(1, len(grown), figsize=(14, 4.5), sharey=True)[1]
    for ax, (name, growth) in zip(axes, grown.items(), strict=True):
        ax.loglog(growth.values, 1e3 * growth.seconds, "o-")
        end = growth.values[-4:] / growth.values[-1]
        label = rf"power {growth.expected}"
        ax.plot(growth.values[-4:], 2e3 * growth.seconds[-1] * end**growth.expected, "--", color="0.4", label=label)
        ax.set(xlabel=name, title=growth.others)
        ax.legend()
    axes[0].set(ylabel="ms")
    _save("growth")


def _save(name):
    FOLDER.mkdir(parents=True, exist_ok=True)
    plt.savefig(FOLDER / f"{name}.png")
    plt.close()
