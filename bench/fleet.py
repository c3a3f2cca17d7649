"""Time and memory of one app for many accounts and regions: the fleet of the examples, as a process of its own.

``python -m bench.fleet N OUTDIR`` synthesizes N Stages and prints the peak memory of Python in MB.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from bench.targets import target

# How often each number of Stages is synthesized, and the most seconds and megabytes that it may take.
RUNS: Final = {1: 5, 10: 5, 40: 5, 80: 3}
TARGETS: Final = {40: (6.0, 500.0)}
REGIONS: Final = ("eu-west-1", "us-east-1", "ap-southeast-2", "eu-central-1")


def synth(count: int, outdir: str) -> None:
    """Synthesize a fleet."""
    from aws_cdk import App

    from examples.fleet import Place, build

    app = App(outdir=outdir)
    build(
        app, [Place(f"2{index // 4:011}", REGIONS[index % 4], "Others" if index else "First") for index in range(count)]
    )
    app.synth()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run(count: int) -> tuple[float, float, float]:
    """Return the seconds of a run, and the peak memory of Python and of Node.js, the larger process, in MB."""
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as outdir:
        start = time.perf_counter()
        command = [sys.executable, "-m", "bench.fleet", str(count), outdir]
        root = Path(__file__).parent.parent
        with subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None  # noqa: S101  it is a pipe
            python = float(process.stdout.read())
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return time.perf_counter() - start, python, usage.ru_maxrss / 1024


def table() -> str:
    """Measure and write the table."""
    lines = [
        "| Stages, each with a warehouse | time, s | target | Python, MB | Node.js, MB | target |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for count, runs in RUNS.items():
        print(f"bench: a fleet of {count}", flush=True)
        seconds, python, node = (median(found) for found in zip(*(run(count) for _ in range(runs)), strict=True))
        most = TARGETS.get(count)
        time_target, memory_target = (
            (target(seconds, most[0], " s"), target(node, most[1], " MB")) if most else ("", "")
        )
        lines.append(f"| {count} | {seconds:.2f} | {time_target} | {python:.0f} | {node:.0f} | {memory_target} |")
    return "\n".join(lines)


if __name__ == "__main__":
    synth(int(sys.argv[1]), sys.argv[2])
