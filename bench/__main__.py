"""Time the programs in one run and write the table: ``make bench``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench import fleet, rules
from bench.programs import PROGRAMS
from bench.targets import MISSED, reached, target

# How often each program runs, by the number of clusters.
RUNS: Final = {1: 31, 10: 11, 100: 7, 500: 5}
TARGETS: Final = {1: 1.05, 100: 0.85, 500: 0.80}
GUARD_TARGET: Final = 1.05
TABLE: Final = Path(__file__).parent.parent / "docs" / "performance.md"
MARK: Final = "<!-- make bench writes below this line -->"


def run(name: str, count: int, folder: Path) -> float:
    """Run one program in a process of its own and take its time in seconds."""
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    # Installed packages come compiled; a checkout must be allowed to be.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    outdir = folder / name
    command = [sys.executable, "-m", "bench.programs", name, str(count), str(outdir)]
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment, cwd=TABLE.parent.parent)
    return time.perf_counter() - start


# What else is timed, by the end of the programs' names: its name in the table, how many, how often, and the target.
OTHERS: Final = {
    "granted": ("clusters, roles with `copy_from`", 100, 5, 0.75),
    "serverless": ("namespaces with workgroups", 100, 7, 0.90),
}


def resources(folder: Path) -> list[str]:
    """List what the templates of a folder define, with logical ids that do not depend on the construct tree."""
    found = []
    for path in sorted(folder.glob("*.template.json")):
        defined: dict[str, Any] = json.loads(path.read_text())["Resources"]
        text = json.dumps(defined, sort_keys=True)
        # The end of a generated name.
        text = re.sub(r"(namespace|workgroup)(\d+)-[0-9a-f]{8}", r"\1\2", text)
        # What iam.ManagedPolicy writes for nothing.
        text = text.replace('"Description": "", ', "").replace('"Path": "/", ', "")
        for logical_id in sorted(defined, key=len, reverse=True):
            plain = re.sub(r"(Resource)?[0-9A-F]{8}$", "", logical_id)
            text = text.replace(f'"{logical_id}"', f'"{plain}"')
        found += [json.dumps({key: value}, sort_keys=True) for key, value in json.loads(text).items()]
    return sorted(found)


def strip(folder: Path) -> None:
    """Leave in the templates what `CfnInclude` may read back: the resources."""
    for path in folder.glob("*.template.json"):
        bare = {"Resources": json.loads(path.read_text())["Resources"]}
        path.with_name(path.name.replace(".template.json", ".bare.json")).write_text(json.dumps(bare))


def measure(count: int) -> dict[str, list[float]]:
    """Time all programs by turns, so that a busy machine slows all of them; each turn begins with another one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for program in ("by_hand", "ours"):
            run(program, count, folder)
        if resources(folder / "by_hand") != resources(folder / "ours"):
            sys.exit(f"bench: {count} clusters: the programs define different resources")
        strip(folder / "by_hand")
        programs = [program for program in PROGRAMS if not program.endswith(("granted", "serverless"))]
        times: dict[str, list[float]] = {program: [] for program in programs}
        for turn in range(RUNS[count]):
            first = turn % len(programs)
            for program in [*programs[first:], *programs[:first]]:
                print(f"\rbench: {count} clusters, turn {turn + 1} of {RUNS[count]}: {program:<10}", end="", flush=True)
                times[program].append(run(program, count, folder))
                strip(folder / "by_hand")
        print()
        return times


def ratio_of(times: dict[str, list[float]], one: str, other: str) -> float:
    """Compare two programs: the median of what each turn says."""
    return median(first / second for first, second in zip(times[one], times[other], strict=True))


def row(count: int, times: dict[str, list[float]]) -> str:
    """Write one row of the table."""
    ratio = ratio_of(times, "ours", "by_hand")
    reported = target(ratio, TARGETS[count]) if count in TARGETS else ""
    seconds = " | ".join(f"{median(times[program]):.2f}" for program in ("ours", "by_hand", "included"))
    guard = ratio_of(times, "ours", "unguarded")
    missed = "" if reached(guard, GUARD_TARGET) else f" {MISSED}"
    included = ratio_of(times, "ours", "included")
    return f"| {count} | {seconds} | **{ratio:.2f}** | {reported} | {included:.2f} | {guard:.2f}{missed} |"


def measure_pair(end: str, count: int, runs: int) -> tuple[list[float], list[float]]:
    """Time the program of this library and the one by hand, by turns."""
    names = (f"ours_{end}", f"by_hand_{end}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for program in names:
            run(program, count, folder)
        if resources(folder / names[0]) != resources(folder / names[1]):
            sys.exit(f"bench: {count} {end}: the programs define different resources")
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(runs):
            for which in (0, 1) if turn % 2 else (1, 0):
                times[which].append(run(names[which], count, folder))
        return times


def others_table() -> str:
    """Write the table of clusters whose roles may each COPY from a prefix, and of Redshift Serverless."""
    lines = [
        "| what | how many | this library, s | by hand, s | to by hand | target |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for end, (what, count, runs, most) in OTHERS.items():
        ours, by_hand = measure_pair(end, count, runs)
        ratio = median(one / other for one, other in zip(ours, by_hand, strict=True))
        seconds = f"{median(ours):.2f} | {median(by_hand):.2f}"
        lines.append(f"| {what} | {count} | {seconds} | **{ratio:.2f}** | {target(ratio, most)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write the tables; a target that was missed fails the run."""
    others = f"{others_table()}\n\n{fleet.table()}"
    print(others)
    rows = [row(count, measure(count)) for count in RUNS]
    head = [
        "| clusters | this library, s | by hand, s | CfnInclude, s | to by hand | target | to CfnInclude | guard |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    table = "\n".join([*head, *rows, "", rules.table()])
    print(table)
    before = TABLE.read_text().partition(MARK)[0]
    TABLE.write_text(f"{before}{MARK}\n\n{table}\n\n{others}\n")
    if MISSED in f"{table}{others}":
        sys.exit("bench: a target was missed")


if __name__ == "__main__":
    main()
