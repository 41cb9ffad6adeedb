"""In Pyodide: run the code cells of a notebook, and print for each how many seconds of the processor it took."""

import json
import os

from IPython.core.interactiveshell import InteractiveShell
from js import process

os.chdir("/course/notebooks")
with open(ARGUMENTS[0], encoding="utf-8") as file:  # noqa: F821 - run.mjs has them
    cells = [cell for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
shell = InteractiveShell.instance()
for number, cell in enumerate(cells):
    began = process.cpuUsage()
    source = shell.transform_cell("".join(cell["source"]))
    result = await shell.run_cell_async(source, store_history=True, transformed_cell=source)  # noqa: F704
    print(f"cell {number} of {len(cells)}: {process.cpuUsage(began).user / 1e6:.1f} s", flush=True)
    if not result.success:
        break
int(not result.success)
