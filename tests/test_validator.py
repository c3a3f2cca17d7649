"""What CDK's own validator says: nothing of the app and of the examples, and something where something is wrong."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

import aws_cdk as cdk
import pytest

from app import FEATURE_FLAGS, build
from tests.support.programs import ROOT, Run, documents, run, violations

EXAMPLES: Final = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))

# The validator takes five seconds to start, so all is one program, and what must fail comes last.
MARK: Final = "so far nothing\n"
PROGRAM: Final = f"""
import runpy
import sys
from importlib import import_module
import aws_cdk as cdk
script, outdir, *examples = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
app = cdk.App(outdir=outdir + "/examples")
for example in examples:
    import_module("examples." + example).build(app)
app.synth()
print({MARK!r}, end="", file=sys.stderr, flush=True)
script = import_module("app")
app = cdk.App(context=script.FEATURE_FLAGS, outdir=outdir + "/misspelt")
cluster = script.build(app).node.find_child("Warehouse").cluster
cluster.cfn_cluster.add_property_override("IamRole", "x")
app.synth()
"""


@pytest.fixture(scope="module")
def outdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the cloud assemblies."""
    return tmp_path_factory.mktemp("validated")


@pytest.fixture(scope="module")
def done(outdir: Path) -> Run:
    """The program has run: `app.py` as a script, all examples in one app, and an app with a misspelt property."""
    return run(outdir, "-c", PROGRAM, str(ROOT / "app.py"), str(outdir), *EXAMPLES, validation=True)


def test_it_reports_a_property_that_cloudformation_does_not_know(done: Run, outdir: Path) -> None:
    """The validation report that must be empty is one that would not be."""
    assert (1, ["F3002"]) == (done.code, violations(documents(outdir / "misspelt")))
    assert "IamRole: Additional properties are not allowed" in done.stderr.partition(MARK)[2]


def test_it_finds_nothing_in_the_app_and_in_the_examples(done: Run, outdir: Path) -> None:
    """Neither writes a complaint, and all their stacks are there; CDK Pipelines adds stacks while it synthesizes."""
    examples, app = documents(outdir / "examples"), cdk.App()
    for example in EXAMPLES:
        import_module(f"examples.{example}").build(app)

    assert "" == done.stderr.partition(MARK)[0]
    assert [] == violations(done.assembly) == violations(examples)
    stacks = {stack.stack_name for stack in app.node.children if isinstance(stack, cdk.Stack)}
    written = {name.split(".")[0] for name in examples if name.endswith(".template.json")}
    assert stacks == {name for name in written if not name.startswith("cross-region-stack-")}


def test_the_app_runs_without_aws_configuration(done: Run) -> None:
    """`python app.py` needs no credentials, no look-up and no home directory, and writes what `build` defines."""
    app = cdk.App(analytics_reporting=False, context=FEATURE_FLAGS)
    build(app)
    (stack,) = app.synth().stacks

    assert [] == done.elsewhere
    assert "missing" not in done.assembly["manifest.json"]
    assert stack.template == done.assembly[f"{stack.stack_name}.template.json"]
