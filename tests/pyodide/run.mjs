// node run.mjs PYODIDE PACKAGES PROGRAM [ARGUMENTS]: run a program of this folder in Pyodide, the browser's Python.
// Compiled packages are Pyodide's; those in Python alone are an environment's, in the folder PACKAGES.
import { readFileSync } from "node:fs";
import path from "node:path";

const [folder, packages, program, ...programArguments] = process.argv.slice(2);
const { loadPyodide } = await import(path.join(folder, "pyodide.mjs"));
const pyodide = await loadPyodide({ indexURL: folder, env: { HOME: "/home/pyodide", MPLBACKEND: "agg" } });
await pyodide.loadPackage(["ipython", "matplotlib", "scikit-learn"], { messageCallback() {} });
pyodide.mountNodeFS("/course", process.cwd());
pyodide.mountNodeFS("/packages", packages);
pyodide.runPython("import sys; sys.path += ['/course', '/packages']"); // Pyodide's own packages come first
pyodide.globals.set("ARGUMENTS", programArguments);
process.exit(await pyodide.runPythonAsync(readFileSync(program, "utf8")));
