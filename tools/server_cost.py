"""What one student costs a shared server (Linux): python -m tools.server_cost [copies]

Runs each notebook's cells without a pause, first one copy and then several at once (ten unless told), on two cores.
Memory of one copy is its kernel's peak (VmHWM); of several the peak of the sum of their shares (PSS), in which what
they have in common, such as the code of NumPy, counts once. CPU seconds are the kernel's.
"""

import asyncio
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
import psutil
from nbclient import NotebookClient

NOTEBOOKS = sorted(Path(__file__).resolve().parents[1].glob("notebooks/*.ipynb"))
MB = 2**20


async def run(path, kernels, starting):
    """Run a notebook; returns its kernel's peak memory in MB, its CPU seconds and the seconds of its longest cell."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    async with starting:  # one after the other: two that start at once may choose the same port
        client.create_kernel_manager()
        await client.async_start_new_kernel()
        await client.async_start_new_kernel_client()
    longest = 0.0
    async with client.async_setup_kernel():
        kernel = psutil.Process(client.km.provisioner.pid)
        kernels.append(kernel)
        for number, cell in enumerate(notebook.cells):
            start = time.perf_counter()
            await client.async_execute_cell(cell, number)
            longest = max(longest, time.perf_counter() - start)
        cpu = kernel.cpu_times()
        kernels.remove(kernel)
        return peak_memory(kernel.pid), cpu.user + cpu.system, longest


def peak_memory(pid):
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) / 1024


async def run_together(path, copies):
    """Run copies of a notebook at once; returns what each costs, the seconds until all are done and the peak in MB."""
    kernels, peak, start, starting = [], 0.0, time.perf_counter(), asyncio.Lock()
    running = asyncio.gather(*(run(path, kernels, starting) for _ in range(copies)))
    while not running.done():
        await asyncio.wait([running], timeout=1)
        peak = max(peak, sum(kernel.memory_full_info().pss for kernel in kernels) / MB)
    return await running, time.perf_counter() - start, peak


def jupyterlab():
    """The peak memory in MB of a student's JupyterLab server that has been asked for each notebook."""
    token = secrets.token_hex()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"]
    with subprocess.Popen(
        [*command, f"--IdentityProvider.token={token}"], stderr=subprocess.PIPE, text=True, cwd=NOTEBOOKS[0].parent
    ) as server:
        try:
            address = next(found[0] for line in server.stderr if (found := re.findall(r"http://127[^/]+", line)))
            time.sleep(3)  # it says its address before it listens
            for path in NOTEBOOKS:
                urlopen(f"{address}/api/contents/{path.name}?token={token}").read()
            return peak_memory(server.pid)
        finally:
            server.terminate()


def main(copies=10):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    print(f"JupyterLab's server: {jupyterlab():.0f} MB\n")
    print(f"| | one: peak MB | CPU s | longest cell, s | {copies} at once: peak MB | CPU s | until all are done, s |")
    print("|---|" + 6 * "---:|")
    for path in NOTEBOOKS:
        ((memory, cpu, longest),), _, _ = asyncio.run(run_together(path, 1))
        costs, seconds, peak = asyncio.run(run_together(path, copies))
        together = sum(cpu for _, cpu, _ in costs)
        print(f"| {path.stem} | {memory:.0f} | {cpu:.0f} | {longest:.1f} ", end="")
        print(f"| {peak:.0f} | {together:.0f} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
