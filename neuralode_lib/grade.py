"""`python -m neuralode_lib.grade FOLDER_OR_FILES...` checks the exercises of the notebooks that were handed in.

It prints a line for each, as soon as it is known: how many are right, and for each exercise 1, or 0 and why.
It runs what students wrote, each notebook in a process of its own: do it as a user who may do nothing else.
"""

import __future__

import argparse
import ast
import csv
import dis
import json
import linecache
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from textwrap import shorten
from types import CodeType

from IPython.core.inputtransformer2 import TransformerManager

from . import exercises

CHECK = re.compile(r"exercises\.(\w+)\.check\(\s*(?:function\s*=\s*)?(\w*)")
DEFINED = re.compile(r"^\s*(?:async def|def)?\s*my_(\w+)\s*[=(]", re.MULTILINE)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def sources(path):
    """The source of each code cell, as Python."""
    import nbformat  # here, as it takes longer to load than an exercise to check

    return [as_python(cell.source) for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def as_python(cell):
    """With calls of get_ipython() for magics and lines that begin with !; what cannot be read stays as it is."""
    without = re.sub(r"\A(\s*%%.*\n?)+", "", cell)  # %%time, for example, times the rest
    try:
        return TransformerManager().transform_cell(without)
    except SyntaxError:
        return without


def asked(cells):
    """{exercise: the name of the function that is to be checked}, in the order of the notebook."""
    text = "\n".join(cells)
    named = {name: f"my_{name}" for name in DEFINED.findall(text)}
    named.update((name, function or f"my_{name}") for name, function in CHECK.findall(text))
    order = sorted(named, key=lambda name: re.search(rf"my_{name}\b|exercises\.{name}\b", text).start())
    return {name: named[name] for name in order if isinstance(getattr(exercises, name, None), exercises.Exercise)}


def checked(cells):
    """The exercises that are checked in it: those that the notebook came with."""
    found = {name for name, _ in CHECK.findall("\n".join(cells))}
    return [name for name in asked(cells) if name in found]


def bound(node):
    """The names that a statement defines or changes."""
    if isinstance(node, DEFINITIONS):
        return {node.name}
    found = set()
    for child in ast.walk(node):
        if isinstance(child, DEFINITIONS):
            found.add(child.name)
        elif isinstance(child, ast.alias):
            found.add(child.asname or child.name.partition(".")[0])
        elif isinstance(getattr(child, "ctx", None), ast.Store | ast.Del):
            while isinstance(child, ast.Attribute | ast.Subscript):
                child = child.value
            found.add(getattr(child, "id", None))
    return found


def called(node):
    """The names of what it may change by a method: `table` where table.append(1) is a line of it."""
    lines = [line.value for line in ast.walk(node) if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)]
    methods = [line.func for line in lines if isinstance(line.func, ast.Attribute)]
    return {method.value.id for method in methods if isinstance(method.value, ast.Name)}


def used(code):
    """The global names that it takes, in its functions, too."""
    found = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return found.union(*(used(constant) for constant in code.co_consts if isinstance(constant, CodeType)))


class Statement:
    """One of a cell's."""

    def __init__(self, node, cell):
        # Annotations are not looked at: they may name what stands in a cell that is not run.
        self.code = compile(ast.Module([node], []), cell, "exec", __future__.annotations.compiler_flag)
        self.bound, self.called, self.used = bound(node), called(node), used(self.code)
        self.imports = isinstance(node, ast.Import | ast.ImportFrom)


def statements(cell, name):
    linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)  # where inspect finds it
    return [Statement(node, name) for node in ast.parse(cell).body]


def needed(statements, wanted):
    """Those that define the wanted names, or, in turn, what these use; and all imports. The rest may take minutes."""
    modules = set().union(*(one.bound for one in statements if one.imports))
    taken, wanted = set(), set(wanted)
    while more := {
        one for one in statements if one not in taken and (one.imports or (one.bound | one.called - modules) & wanted)
    }:
        taken |= more
        wanted = wanted.union(*(one.used for one in more))
    return taken


class Quiet:
    """Stands in for get_ipython(): does nothing, whatever is asked."""

    def __getattr__(self, name):
        return lambda *arguments, **keywords: None


def verdict(name, function):
    """Why the function is not right; "" where it is."""
    try:
        answer = getattr(exercises, name).check(function)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    if answer.passed:
        return ""
    return shorten(answer.text.removeprefix("Not yet. "), 200, placeholder=" ...") if answer.mark else "not attempted"


def check(cells, report, *names):
    """In a process of its own: run what the exercises of these names need, from top to bottom, check each where the
    notebook does and once more at the end, and write into the report what is being checked and what came out."""
    functions = asked(cells)
    functions = {name: functions.get(name, f"my_{name}") for name in names}
    parts, why = [], {}
    for number, cell in enumerate(cells):
        try:
            parts.append(statements(cell, f"<cell {number}>"))
        except (SyntaxError, ValueError) as error:  # ValueError: a character that there is not
            parts.append([])
            reason = f"{type(error).__name__}: {getattr(error, 'msg', error)}"
            why.update((f"my_{name}", reason) for name in DEFINED.findall(cell))
    take = needed(list(chain(*parts)), functions.values())
    variables, passed = {"get_ipython": Quiet, "display": Quiet().display, "__name__": "__main__"}, set()

    with open(report, "w", encoding="utf-8") as file:

        def say(name, reason=None):
            print(json.dumps([name, reason]), file=file, flush=True)

        def ask(name):
            function = functions[name]
            say(name)
            if function in variables:
                reason = verdict(name, variables[function])
            else:
                named = "a lambda is checked: give it a name" if function == "lambda" else f"{function} is not defined"
                reason = why.get(function, named)
            say(name, reason)
            if not reason:
                passed.add(name)

        for cell, part in zip(cells, parts, strict=True):
            for one in part:
                if one in take:
                    try:
                        exec(one.code, variables)
                    except BaseException as error:  # SystemExit, too
                        why.update((name, f"{type(error).__name__}: {error}") for name in one.bound)
            for name, _ in CHECK.findall(cell):
                if name in functions and name not in passed:
                    ask(name)
        for name in functions:
            if name not in passed:
                ask(name)


def run(cells, names, seconds):
    """{name: why it is not right, "" where it is}. What ends the process, or does not come to an end, is not asked
    again: the others are, in a new process; each in its own, where it is a cell that does it."""
    reasons, together = {}, len(names)
    while left := [name for name in names if name not in reasons][:together]:
        with tempfile.TemporaryDirectory() as folder:
            notebook, report = Path(folder, "cells.json"), Path(folder, "report")
            notebook.write_text(json.dumps(cells), encoding="utf-8")
            code = "from json import load; from sys import argv; from neuralode_lib.grade import check"
            code += "; check(load(open(argv[1])), *argv[2:])"
            process = subprocess.Popen(
                [sys.executable, "-c", code, notebook, report, *left],
                cwd=folder,
                env=os.environ
                | {
                    "MPLBACKEND": "agg",
                    "PYTHONIOENCODING": "utf-8:backslashreplace",
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                process.wait(seconds)
                what = f"the program ended with exit code {process.returncode}"
            except subprocess.TimeoutExpired:
                what = f"stopped after {seconds:g} s"
            stop(process)
            lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
        said = {}
        for name, reason in map(json.loads, lines):
            said[name] = reason
        reasons.update((name, reason) for name, reason in said.items() if reason is not None)
        unfinished = [name for name, reason in said.items() if reason is None]
        unasked = [name for name in left if name not in said]
        if unasked and not unfinished:  # a cell does it, which some of them may do without
            together, unfinished = 1, unasked * (len(left) == 1)
        reasons.update(dict.fromkeys(unfinished, what))
    return {name: reasons[name] for name in names}


def stop(process):
    """With all that it has started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.kill()
    process.wait()


def notebooks(paths):
    for path in paths:
        if path.is_dir():
            found = sorted(path.rglob("*.ipynb"))
            yield from (notebook for notebook in found if ".ipynb_checkpoints" not in notebook.parts)
        else:
            yield path


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m neuralode_lib.grade", description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER_OR_FILE")
    parser.add_argument("--seconds", type=float, default=60, help="how long a notebook may take, in each try (60)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write it there, too: a line for each exercise")
    options = parser.parse_args(arguments)
    if not 0 < options.seconds < float("inf"):
        parser.error(f"--seconds is {options.seconds:g}, expected more than 0")
    sys.stdout.reconfigure(errors="backslashreplace")  # whatever a reason or the name of a file is made of
    try:
        style = {"newline": "", "encoding": "utf-8", "errors": "backslashreplace", "buffering": 1}
        table = options.csv.open("w", **style) if options.csv else nullcontext()
    except OSError as error:
        parser.error(f"{options.csv} cannot be written: {error.strerror}")
    with table as file:
        grade_all(options.paths, options.seconds, csv.writer(file).writerow if file else lambda row: None)


def grade_all(paths, seconds, write):
    """Print a line for each notebook, and `write` a row for each of its exercises, as soon as they are known."""
    write(("notebook", "exercise", "points", "reason"))
    handed_in, found = {}, list(notebooks(paths))
    if not found:
        print("no notebooks in", *paths)
    for path in found:
        try:
            handed_in[path] = sources(path)
        except Exception as error:
            print(f"{path}: no notebook ({type(error).__name__})", flush=True)
            write((path, "", 0, f"no notebook ({type(error).__name__})"))
    came_with = {path: checked(cells) for path, cells in handed_in.items()}
    for path, cells in handed_in.items():
        # Who has removed an exercise is asked for it where another one, with the same notebook, has it.
        mine = asked(cells)
        same = [names for names in came_with.values() if {*names} & {*(came_with[path] or mine)}]
        reasons = run(cells, list(dict.fromkeys(chain(mine, *same))), seconds)
        said = [f"{name}=1" if not reason else f"{name}=0 ({reason})" for name, reason in reasons.items()]
        right = sum(not reason for reason in reasons.values())
        print(f"{path}: {right} of {len(reasons)}:" if reasons else f"{path}: no exercises", *said, flush=True)
        for name, reason in (reasons or {"": "no exercises"}).items():
            write((path, name, int(not reason), reason))


if __name__ == "__main__":
    main()
