"""In Pyodide: run the tests of a file in tests/formulas."""

import os
import sys

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
sys.path.insert(0, "/course/tests/pyodide/stand_ins")
import pytest

ways = ["-q", "-p", "no:cacheprovider", "--capture=sys", "-c", "/dev/null", "-o", "pythonpath=/course/tests"]
root = ["--rootdir=/course", "--confcutdir=/course/tests/formulas"]
int(pytest.main([*ways, *root, f"/course/tests/formulas/{ARGUMENTS[0]}"]))  # noqa: F821 - run.mjs has them
