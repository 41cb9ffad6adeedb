"""Write the playground, one file that needs nothing else: the cockpit in full width, its state in the address.

python tools/site/playground.py FILE
"""

import sys
from pathlib import Path

from neuralode_lib import explore

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Playground: a neural ODE</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0.5em 1em; font: 15px/1.4 system-ui, sans-serif; color: #222222; background: #ffffff; }}
h1 {{ font-size: 1.2em; margin: 0 0 0.4em; }}
.living-figure.living-figure {{ max-width: none; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e8e8e8; background: #111111; }} }}
</style>
<body>
<main>
<h1>Playground: train a residual network</h1>
{figure}
<p>The address of this page tells the setting, the points that have been changed, and after how many iterations it
stands: whoever opens it sees the same, where γ, the step rule and the points have not been changed on the way.</p>
</main>
</html>
"""
START = 'closest(".living-figure"), {});'


def page():
    shown = explore.training()
    shown.scripts = ["rules", "regions", "playground"]  # its memory is the address
    return PAGE.format(figure=shown.html().replace(START.format("live"), START.format("play")))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
