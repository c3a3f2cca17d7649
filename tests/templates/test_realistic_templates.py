"""No false alarm: templates as people really write them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from redshift_roles.cli import main
from tests.conftest import ACCOUNT, REGION
from tests.support.rule_cases import FOLDER

EXPECTED: dict[str, list[str]] = yaml.safe_load((FOLDER / "realistic.yaml").read_text(encoding="utf-8"))


def test_every_template_has_expected_findings() -> None:
    """None is left out."""
    assert sorted(path.name for path in (FOLDER / "realistic").iterdir()) == sorted(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_realistic_template_has_the_findings_of_an_expert(capsys: Any, name: str) -> None:
    """No more, no fewer."""
    path = str(FOLDER / "realistic" / name)
    code = main.main(["check", path, "--account", ACCOUNT, "--region", REGION, "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    found = [item for item in report["findings"] if not item["ignored"]]

    expected = [entry.rsplit(" ", 1) for entry in EXPECTED[name]]
    assert sorted((what, int(line)) for what, line in expected) == sorted(
        (f"{item['rule']} {item['logicalId']}", item["line"]) for item in found
    )
    assert int(any(item["severity"] == "error" for item in found)) == code
    assert [] == report["unusable"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_where_the_environment_is_not_known_nothing_new_fails(capsys: Any, name: str) -> None:
    """Without account and region there may be more warnings, and only failures that were there before."""
    main.main(["check", str(FOLDER / "realistic" / name), "--format", "json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    failed = [item for item in found if item["severity"] == "error" and not item["ignored"]]

    expected = {entry.rsplit(" ", 1)[0] for entry in EXPECTED[name]}
    assert {f"{item['rule']} {item['logicalId']}" for item in failed} <= expected
