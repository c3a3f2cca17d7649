"""Time the rules on what others wrote: the plug-in on a large app, the command on many and on large templates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.programs import ENVIRONMENT
from bench.targets import target

CONSTRUCTS: Final = 5_000
# One in eleven is a cluster, the others are topics.
EVERY: Final = 11
CLUSTERS: Final = 455
PER_STACK: Final = 100
RUNS: Final = 9
FILES: Final = 100
CLUSTERS_PER_FILE: Final = 100
LARGE: Final = 10_000_000
MAPPED_CLUSTERS: Final = 100
MAPPED_STACKS: Final = 10
MAP_TARGET: Final = 2.0
PLUGIN_TARGET: Final = 1.30
# What people wait for before a command does anything.
START_TARGET: Final = 0.15
STARTS: Final = 21
# How many templates cfn-lint checks, too; they are variants of those that the tests have.
TEMPLATES: Final = 300
REALISTIC: Final = Path(__file__).parent.parent / "tests" / "data" / "realistic"
# Seconds for many templates, and for one large template as JSON and as YAML.
CHECK_TARGETS: Final = (5.0, 10.0, 10.0)


def synth(registered: str, outdir: str) -> None:
    """Build an app of others' constructs and print how long its synthesis takes; ``on`` registers the plug-in."""
    from aws_cdk import App, Environment, Stack, Validations
    from aws_cdk import aws_redshift as redshift
    from aws_cdk import aws_sns as sns

    from redshift_roles import RoleAssociationRules

    app = App(outdir=outdir)
    if registered == "on":
        Validations.of(app).add_plugins(RoleAssociationRules())
    for first in range(0, CONSTRUCTS, PER_STACK):
        stack = Stack(app, f"S{first}", env=Environment(**ENVIRONMENT))
        for number in range(first, first + PER_STACK):
            if number % EVERY == 0:
                redshift.CfnCluster(
                    stack,
                    f"C{number}",
                    cluster_type="multi-node",
                    db_name="dev",
                    iam_roles=roles(number),
                    manage_master_password=True,
                    master_username="somebody",
                    node_type="ra3.large",
                    number_of_nodes=2,
                )
            else:
                sns.CfnTopic(stack, f"T{number}", display_name=f"topic {number}", fifo_topic=False)
    start = time.perf_counter()
    app.synth()
    print(time.perf_counter() - start)


def roles(number: int) -> list[str]:
    """Name ten roles for a cluster."""
    return [f"arn:aws:iam::111111111111:role/R{number}x{index}" for index in range(10)]


def run(*words: str) -> tuple[float, str]:
    """Run a module in a process of its own and take its time in seconds."""
    return timed([sys.executable, "-m", *words])


def timed(command: list[str], codes: tuple[int, ...] = (0,)) -> tuple[float, str]:
    """Run a command, which ends with one of these codes, and take its time in seconds."""
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    done = subprocess.run(
        command,
        check=False,
        env=environment,
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    taken = time.perf_counter() - start
    if done.returncode not in codes:
        sys.exit(f"bench: {' '.join(command[:4])} ended with {done.returncode}")
    return taken, done.stdout


def plugin_ratio() -> tuple[float, float]:
    """Time the synthesis with the plug-in and without, by turns."""
    times: dict[str, list[float]] = {"off": [], "on": []}
    with tempfile.TemporaryDirectory() as name:
        for turn in range(RUNS):
            for registered, taken in times.items():
                print(f"\rbench: plug-in {registered}, turn {turn + 1} of {RUNS} ", end="", flush=True)
                taken.append(float(run("bench.rules", registered, f"{name}/{registered}")[1]))
    print()
    return median(times["off"]), median(times["on"])


def template(first: int, count: int) -> dict[str, Any]:
    """Write a template of clusters with ten roles each, nine literal ones and one that the template defines."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "redshift.amazonaws.com"}}
    resources: dict[str, Any] = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [statement]}}}
    }
    for number in range(first, first + count):
        listed = [*roles(number)[1:], {"Fn::GetAtt": ["Role", "Arn"]}]
        resources[f"Cluster{number}"] = {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": listed}}
    return {"Resources": resources}


def check_times(folder: Path) -> dict[str, float]:
    """Time the command on ten thousand clusters, and on one large template as JSON and as YAML."""
    import yaml

    (folder / "many").mkdir()
    for number in range(FILES):
        body = template(number * CLUSTERS_PER_FILE, CLUSTERS_PER_FILE)
        (folder / "many" / f"{number}.json").write_text(json.dumps(body, indent=1))
    large = template(0, LARGE // len(json.dumps(template(0, 1)["Resources"]["Cluster0"], indent=1)))
    (folder / "large.json").write_text(json.dumps(large, indent=1))
    (folder / "large.yaml").write_text(yaml.dump(large, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))
    inputs = {
        f"{FILES * CLUSTERS_PER_FILE:,} clusters in {FILES} JSON templates": "many",
        f"one JSON template of {(folder / 'large.json').stat().st_size / 1e6:.0f} MB": "large.json",
        f"one YAML template of {(folder / 'large.yaml').stat().st_size / 1e6:.0f} MB": "large.yaml",
    }
    return {
        name: median(
            run("redshift_roles.cli.main", "check", str(folder / path), "--account", "111111111111")[0]
            for _ in range(3)
        )
        for name, path in inputs.items()
    }


def app_of_roles(folder: Path) -> None:
    """Write a cloud assembly of clusters with ten roles each, what these read, and who may pass them."""
    artifacts = {}
    for stack in range(MAPPED_STACKS):
        artifacts[f"S{stack}"] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{ENVIRONMENT['account']}/{ENVIRONMENT['region']}",
            "properties": {"templateFile": f"S{stack}.template.json"},
        }
        per_stack = MAPPED_CLUSTERS // MAPPED_STACKS
        resources = {}
        for cluster in range(stack * per_stack, (stack + 1) * per_stack):
            resources.update(cluster_of_roles(cluster))
        (folder / f"S{stack}.template.json").write_text(json.dumps({"Resources": resources}))
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))


def cluster_of_roles(number: int) -> dict[str, Any]:
    """Write a cluster with ten roles that read a prefix each, and the policy of those who may pass them."""
    trusting = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "redshift.amazonaws.com"}}
    arns = [{"Fn::GetAtt": [f"Role{number}x{index}", "Arn"]} for index in range(10)]
    to_redshift = {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}
    cluster = {"Fn::Sub": f"arn:aws:redshift:${{AWS::Region}}:${{AWS::AccountId}}:cluster:${{Cluster{number}}}"}
    found: dict[str, Any] = {
        f"Cluster{number}": {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": arns}},
        f"Policy{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "PolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Action": "redshift:ModifyClusterIamRoles", "Resource": cluster},
                        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": arns, "Condition": to_redshift},
                    ]
                }
            },
        },
    }
    for index in range(10):
        objects = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::data/{number}/{index}/*"}
        bucket = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data"}
        found[f"Role{number}x{index}"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Statement": [trusting]},
                "Policies": [{"PolicyName": "read", "PolicyDocument": {"Statement": [objects, bucket]}}],
            },
        }
    return found


def map_row() -> str:
    """Time the access map of an app with a thousand roles."""
    with tempfile.TemporaryDirectory() as name:
        app_of_roles(Path(name))
        taken = median(run("redshift_roles", "map", name, "--format", "mermaid")[0] for _ in range(STARTS))
    what = f"`map`: {MAPPED_CLUSTERS} clusters with ten roles each in {MAPPED_STACKS} stacks"
    return f"| {what} | {taken:.2f} | {target(taken, MAP_TARGET, ' s')} |"


def start_times() -> dict[str, float]:
    """Time the command where it has nearly nothing to do."""
    small = str(REALISTIC / "old.json")
    commands = {"redshift-roles --version": ["--version"], "`check` of one small JSON template": ["check", small]}
    return {name: median(run("redshift_roles", *words)[0] for _ in range(STARTS)) for name, words in commands.items()}


def write_templates(folder: Path) -> None:
    """Write the templates that the tests have, in as many variants as are needed: of other accounts."""
    originals = sorted(path for path in REALISTIC.iterdir() if path.is_file())
    for number in range(TEMPLATES):
        variant, which = divmod(number, len(originals))
        text = originals[which].read_text(encoding="utf-8-sig")
        path = folder / f"{variant}-{originals[which].name}"
        path.write_text(text.replace("111111111111", f"{variant + 1}" * 12), encoding="utf-8")


def beside_cfn_lint(folder: Path) -> tuple[float, float]:
    """Time the command and cfn-lint on the same templates, by turns."""
    folder.mkdir()
    write_templates(folder)
    ours = [sys.executable, "-m", "redshift_roles", "check", str(folder)]
    theirs = [str(Path(sys.executable).with_name("cfn-lint")), *sorted(map(str, folder.iterdir()))]
    times: dict[str, list[float]] = {"check": [], "cfn-lint": []}
    for _ in range(3):
        times["check"].append(timed(ours, codes=(0, 1))[0])
        # Its codes are the sum of 2 for errors, 4 for warnings and 8 for the rest.
        times["cfn-lint"].append(timed(theirs, codes=tuple(range(0, 16, 2)))[0])
    return median(times["check"]), median(times["cfn-lint"])


def command_rows() -> list[str]:
    """Write the rows about the command: how it starts, and beside cfn-lint."""
    rows = [f"| {name} | {taken:.2f} | {target(taken, START_TARGET, ' s')} |" for name, taken in start_times().items()]
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = beside_cfn_lint(Path(name) / "many")
    rows.append(f"| `check`: {TEMPLATES} templates as people write them | {ours:.2f} | |")
    rows.append(
        f"| cfn-lint {version('cfn-lint')}: the same templates | {theirs:.2f} (**{theirs / ours:.0f}** times) | |"
    )
    return rows


def table() -> str:
    """Measure everything and write it down."""
    off, on = plugin_ratio()
    name = f"synth of {CONSTRUCTS:,} constructs, {CLUSTERS} of them clusters"
    rows = [
        "| what | time, s | target |",
        "|---|---:|---:|",
        f"| {name}, plug-in off | {off:.2f} | |",
        f"| {name}, plug-in on | {on:.2f} (**{on / off:.2f}** of off) | {target(on / off, PLUGIN_TARGET)} |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for most, (what, taken) in zip(CHECK_TARGETS, check_times(Path(folder)).items(), strict=True):
            rows.append(f"| `check`: {what} | {taken:.2f} | {target(taken, most, ' s')} |")
    return "\n".join([*rows, map_row(), *command_rows()])


if __name__ == "__main__":
    synth(sys.argv[1], sys.argv[2])
