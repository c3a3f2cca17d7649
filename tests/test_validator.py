"""The app and the examples as scripts: what they write, and what CDK's own validator says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import aws_cdk as cdk
import pytest

from app import FEATURE_FLAGS, build
from tests.support.programs import ROOT, Run, documents, run, violations
from tests.test_examples import EXAMPLES, synthesized

# The validator takes five seconds to start, so all is one program; `app.py` is the last script, and what must fail
# comes after it. All write to one folder, each a report of its own. Node warns of ten apps in a process.
SCRIPTS: Final = [*sorted((ROOT / "examples").glob("*.py")), ROOT / "app.py"]
MARK: Final = "so far nothing\n"
PROGRAM: Final = f"""
import os
import runpy
import sys
from importlib import import_module
os.environ["NODE_OPTIONS"] = "--disable-warning=MaxListenersExceededWarning"
import aws_cdk as cdk
outdir, *scripts = sys.argv[1:]
for script in scripts:
    runpy.run_path(script, run_name="__main__")
    os.rename(os.environ["CDK_OUTDIR"] + "/validation-report.json", outdir + "/" + os.path.basename(script) + ".json")
print({MARK!r}, end="", file=sys.stderr, flush=True)
script = import_module("app")
app = cdk.App(context=script.FEATURE_FLAGS, outdir=outdir + "/misspelt")
cluster = script.build(app).node.find_child("Warehouse").cluster
cluster.cfn_cluster.add_property_override("IamRole", "x")
app.synth()
"""


@pytest.fixture(scope="module")
def outdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the reports, and of the app that is wrong."""
    return tmp_path_factory.mktemp("validated")


@pytest.fixture(scope="module")
def done(outdir: Path) -> Run:
    """The program has run: each example and `app.py` as a script, and an app with a misspelt property."""
    return run(outdir, "-c", PROGRAM, str(outdir), *map(str, SCRIPTS), validation=True)


def test_it_reports_a_property_that_cloudformation_does_not_know(done: Run, outdir: Path) -> None:
    """The validation report that must be empty is one that would not be."""
    assert (1, ["F3002"]) == (done.code, violations(documents(outdir / "misspelt")["validation-report.json"]))
    assert "IamRole: Additional properties are not allowed" in done.stderr.partition(MARK)[2]


def test_it_finds_nothing_in_the_app_and_in_the_examples(done: Run, outdir: Path) -> None:
    """No script writes a complaint, and the report of each is there."""
    found = {name.removesuffix(".json"): violations(report) for name, report in documents(outdir).items()}

    assert "" == done.stderr.partition(MARK)[0]
    assert {script.name: [] for script in SCRIPTS} == found


def test_the_examples_run_as_scripts(done: Run) -> None:
    """Without credentials, look-ups and complaints each writes what its `build` defines.

    CDK Pipelines adds stacks while it synthesizes the fleet.
    """
    end = ".template.json"
    defined = {name + end: text for example in EXAMPLES for name, text in synthesized(example).templates.items()}
    others = {name.removesuffix(end) for name in done.assembly if name.endswith(end) and name not in defined}

    assert {"Fleet", "RedshiftWarehouse"} == {name for name in others if not name.startswith("cross-region-stack-")}
    assert defined == {name: done.assembly[name] for name in defined}


def test_the_app_runs_without_aws_configuration(done: Run) -> None:
    """`python app.py` needs no credentials, no look-up and no home directory, and writes what `build` defines."""
    app = cdk.App(analytics_reporting=False, context=FEATURE_FLAGS)
    build(app)
    (stack,) = app.synth().stacks

    assert [] == done.elsewhere
    assert "missing" not in done.assembly["manifest.json"]
    assert stack.template == done.assembly[f"{stack.stack_name}.template.json"]
