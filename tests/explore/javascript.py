"""The figures' JavaScript, run by Node: many jobs in one process."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import neuralode_lib

FOLDER = Path(neuralode_lib.__file__).parent / "explore"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed: nodejs.org, or apt install nodejs")


def source(*names):
    """These files, one after the other, as the page gets them."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


def run(jobs):
    """What each job returns: a job is a source, the body of a function that is run after it, and what is `given`."""
    sources = {source: name for name, source in enumerate(dict.fromkeys(source for source, *_ in jobs))}
    sent = {
        "sources": list(sources),
        "jobs": [{"source": sources[source], "body": body, "given": given} for source, body, given in jobs],
    }
    driver = Path(__file__).with_name("driver.js")
    command = [NODE, str(driver)]
    done = subprocess.run(command, input=json.dumps(sent, default=np.ndarray.tolist), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
