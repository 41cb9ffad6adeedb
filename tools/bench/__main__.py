"""Measure everything, print it, and write build/bench/report.md.

python -m tools.bench ratios --sizes S L --peers rows columns: one section, some sizes, peers by a part of their names.
"""

import argparse

from . import figures, growth, javascript, peers, ratios, scale, use
from .report import FOLDER, machine

TITLES = {
    "ratios": "J and its gradient: times as multiples of the library's, median ± half the interquartile range",
    "growth": "How the time of J and its gradient grows",
    "scale": "Many samples",
    "use": "What people wait for",
    "figures": "Living figures",
    "javascript": "One iteration of the lecture's experiment in JavaScript",
}


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", metavar="section", help=f"{', '.join(TITLES)}; all, if none is named")
    parser.add_argument("--sizes", nargs="+", choices=peers.SIZES, default=list(peers.SIZES), help="for the ratios")
    parser.add_argument("--peers", nargs="+", default=[""], help="parts of their names")
    asked = parser.parse_args()
    measure = {
        "ratios": lambda: ratios.section(asked.sizes, [n for n in peers.PEERS if any(p in n for p in asked.peers)]),
        "growth": growth.section,
        "scale": scale.section,
        "use": use.section,
        "figures": figures.section,
        "javascript": javascript.section,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "report.md").open("w", encoding="utf-8") as file:

        def say(text):
            print(text, flush=True)
            print(text, file=file)

        say(f"# Benchmark\n\n{machine()}")
        for name in asked.sections or TITLES:
            say(f"\n## {TITLES[name]}\n\n{measure[name]()}")


main()
