"""Time and memory of one app for many accounts and regions: the fleet of the examples, as a process of its own.

``python -m bench.fleet N OUTDIR`` synthesizes N Stages and prints the peak memory of Python in MB.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from bench.targets import target

# How often each number of Stages is synthesized; how many times one Stage, and how many megabytes it may take.
RUNS: Final = {1: 5, 10: 5, 40: 5, 80: 3}
TARGETS: Final = {40: (4.0, 400.0)}
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
    """Return the seconds that the processor works, and the peak memory in MB of Python and of Node.js, the larger."""
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as outdir:
        command = [sys.executable, "-m", "bench.fleet", str(count), outdir]
        root = Path(__file__).parent.parent
        with subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None  # noqa: S101  it is a pipe
            python = float(process.stdout.read())
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return usage.ru_utime + usage.ru_stime, python, usage.ru_maxrss / 1024


def table() -> str:
    """Measure and write the table."""
    lines = [
        "| Stages, each with a warehouse | processor, s | to one | target | Python, MB | Node.js, MB | target |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    one = 0.0
    for count, runs in RUNS.items():
        print(f"bench: a fleet of {count}", flush=True)
        seconds, python, node = (median(found) for found in zip(*(run(count) for _ in range(runs)), strict=True))
        one = one or seconds
        most = TARGETS.get(count)
        ratio, memory = (target(seconds / one, most[0]), target(node, most[1], " MB")) if most else ("", "")
        first = f"| {count} | {seconds:.2f} | {seconds / one:.2f} | {ratio} "
        lines.append(f"{first}| {python:.0f} | {node:.0f} | {memory} |")
    return "\n".join(lines)


if __name__ == "__main__":
    synth(int(sys.argv[1]), sys.argv[2])
