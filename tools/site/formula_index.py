"""The formula index: each id with its formula, the section that explains it, its code and its tests.

Nothing is written here by hand. An id stands beside a section's heading, `## The discrete adjoint <small>C4</small>`,
in the docstring of the function that computes it, and in the names of the tests. Where a section has several formulas,
or states one elsewhere, the label stands behind the formula, too.
"""

import ast
import re
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from textwrap import dedent

import nbformat

from neuralode_lib import quiz

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
TESTS = sorted(ROOT.glob("tests/formulas/test_[A-Z].py"))
COMPUTE = "resnet problem datasets rules descent verify tape".split()
MODULES = [ROOT / f"neuralode_lib/{name}.py" for name in COMPUTE]

HEADING = re.compile(r"##+ (?:\d\. )?(.*)")
LABEL = re.compile(r"<small>(.*?)</small>")
ID = re.compile(r"\b[A-Z]\d+\b")
TEST = re.compile(r"test_((?:[A-Z]\d+_)+)")  # test_B1_B3_tangent_is_linear

# A formula that stands alone or in displaystyle; and any equation in the text.
DISPLAYED = r"\$\$(.+?)\$\$|\$\\displaystyle(.+?)\$"
EQUATION = r"\$([^$]+[^$<>\\]=[^$]+)\$"

INTRODUCTION = """\
# Formula index

Each formula of the lecture has a short name, such as A5. It stands beside the heading of the section that explains the
formula, and in the name of the test that checks it against something that shares no code with it. Print this page to
have all of them on paper."""


@dataclass
class Section:
    """A section of a notebook: the text up to its first code, the cells of code, and all text."""

    notebook: Path
    number: int
    title: str
    ids: list
    text: str = ""
    code: list = field(default_factory=list)
    all: str = ""

    @property
    def link(self):
        part = self.notebook.stem[:3].upper()
        return f"[{part[:2]}.{part[2]} {self.title}](#{target(self.notebook, self.number)})"

    def formula(self, id):
        """The last displayed formulas of the text belong to the section's ids, in that order. None where none is."""
        displayed = formulas(DISPLAYED, self.text)[-len(self.ids) :]
        return displayed[self.ids.index(id)] if len(displayed) == len(self.ids) else None

    def labelled(self, id):
        """The formula that its label follows in the text, `$t_k = (k - 1)\\Delta t$ <small>C1</small>`. Or None."""
        before, *behind = re.split(rf"\s<small>{id}</small>", self.all)
        return formulas(f"{DISPLAYED}|{EQUATION}", before)[-1] if behind else None


def formulas(pattern, text):
    return ["".join(groups).strip() for groups in re.findall(pattern, text, re.DOTALL)]


def target(notebook, number):
    """What a section's heading is called in links."""
    return f"{notebook.stem}-section-{number}"


def sections():
    found = []
    for path in NOTEBOOKS:
        number = 0
        for cell in nbformat.read(path, as_version=4).cells:
            heading, _, text = cell.source.partition("\n")
            if cell.cell_type == "markdown" and (title := HEADING.match(heading)):
                ids = ID.findall(" ".join(LABEL.findall(heading)))
                title = LABEL.sub("", title[1]).strip()
                found.append(Section(path, number, title, ids, text.strip(), all=text))
                number += 1
            elif number and cell.cell_type == "code" and not cell.source.startswith(("quiz.", "predict.")):
                found[-1].code.append(cell.source)
            elif number:
                text = asked(cell.source) if cell.cell_type == "code" else cell.source
                found[-1].all += f"\n\n{text}"
                if not found[-1].code:
                    found[-1].text += f"\n\n{text}"
    return found


def asked(source):
    """What a cell asks: some formulas are part of a question."""
    question = re.match(r'quiz\.question\("(.*)"\)', source)
    return dedent(quiz.question(question[1]).prompt) if question else ""


@dataclass
class Function:
    """A function or class in a Python file. `source` is without its docstring."""

    module: str
    name: str
    line: int
    doc: str
    source: str


def functions(path):
    """All of them, methods too."""
    lines = path.read_text(encoding="utf-8").splitlines()
    module = f"neuralode_lib.{path.stem}" if path in MODULES else path.stem

    def walk(body, prefix=""):
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                doc = ast.get_docstring(node) or ""
                code = lines[node.lineno - 1 : node.end_lineno]
                if doc:
                    del code[node.body[0].lineno - node.lineno : node.body[0].end_lineno - node.lineno + 1]
                yield Function(module, prefix + node.name, node.lineno, doc, dedent("\n".join(code)))
                if isinstance(node, ast.ClassDef):
                    yield from walk(node.body, f"{node.name}.")

    return list(walk(ast.parse("\n".join(lines)).body))


def tests(path):
    return [function for function in functions(path) if TEST.match(function.name)]


def ids(test):
    return ID.findall(TEST.match(test.name)[1].replace("_", " "))


def words(test):
    return test.name.removeprefix(TEST.match(test.name)[0]).replace("_", " ")


def index():
    """The page, in MyST Markdown."""
    explained, computed, checked = {}, {}, {}
    found = sections()
    for section in found:
        for id in section.ids:
            explained.setdefault(id, []).append(section)
    for function in chain.from_iterable(map(functions, MODULES)):
        named = re.findall(r"\(([A-Z]\d[^)]*)\)", function.doc)  # ... (B1, B3, discretised)
        for id in ID.findall(" ".join(named)):
            computed.setdefault(id, []).append(function)
    for test in chain.from_iterable(map(tests, TESTS)):
        for id in ids(test):
            checked.setdefault(id, []).append(test)
    labelled = {id: formula for id in explained for section in found if (formula := section.labelled(id))}
    in_order = sorted(explained, key=lambda id: (id[0], int(id[1:])))
    entries = [entry(id, labelled.get(id), explained[id], computed.get(id, []), checked[id]) for id in in_order]
    return "\n\n".join([INTRODUCTION, *entries])


def entry(id, formula, sections, functions, tests):
    home = next((s for s in sections if s.notebook.stem[2] == id[0].lower()), sections[0])
    formula = formula or home.formula(id)
    statement = f"$${formula}$$" if formula else home.text.split("\n\n")[0]
    short = [f.source for f in functions if f.source.startswith(("def", "class")) and f.source.count("\n") < 14]
    own = [cell for cell in home.code if cell.startswith("def")]
    code = [f"{{py:obj}}`~{f.module}.{f.name}` ({f.module.split('.')[1]}.py, line {f.line})" for f in functions]
    checks = [f"{{py:obj}}`{words(test)} <{test.module}.{test.name}>`" for test in tests]
    return f"""\
({id})=
## {id} {home.title}

{statement}

```python
{[*short, *own, *home.code][0]}
```

- Explained in {", ".join(s.link for s in sections)}
- Code: {", ".join(code) or "in the notebook"}
- Tested: {", ".join(checks)}"""
