"""The code of the function, as AWS Lambda can read it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from redshift_roles.custom_resource import association_code


def _staged(folder: Path) -> tuple[str, set[int]]:
    """Say by which name CDK keeps the code, and with which modes."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    lambda_.Function(
        cdk.Stack(app, "Data"),
        "Function",
        code=association_code.code(),
        handler="handler.index.handler",
        runtime=lambda_.Runtime.PYTHON_3_14,
    )
    app.synth()
    (asset,) = [path for path in folder.iterdir() if path.is_dir()]
    return asset.name, {path.stat().st_mode & 0o777 for path in asset.rglob("*.py")}


def test_code_that_only_its_owner_may_read_is_packed_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that was installed under umask 077 is deployed as any other, by the same name."""
    package: Any = association_code._PACKAGE
    closed = tmp_path / "closed"
    shutil.copytree(package, closed, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (closed / "handler").glob("*.py"):
        path.chmod(0o600)
    name, _ = _staged(tmp_path / "open-out")
    monkeypatch.setattr(association_code, "_PACKAGE", closed)

    assert (name, {0o644}) == _staged(tmp_path / "closed-out")


def test_code_that_everybody_may_read_is_taken_where_it_is() -> None:
    """Nothing is copied."""
    assert association_code._PACKAGE == association_code._readable(association_code._PACKAGE)
