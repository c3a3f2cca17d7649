"""How the blocks of a page are run: what `conftest` would let pass, no reader could trust."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sybil import Document

from tests.support.pages import PageParser, make_folder, remove_folder


@pytest.fixture
def namespace() -> Iterator[dict[str, Any]]:
    """What the blocks of a page share."""
    made: dict[str, Any] = {}
    make_folder(made)
    yield made
    remove_folder(made)


def failures(page: str, namespace: dict[str, Any]) -> list[str]:
    """Run a page, and say which blocks are not as they promise."""
    document = Document(page, "page.md")
    found = []
    for region in PageParser()(document):
        document.add(region)
    for example in document.examples():
        example.namespace.update(namespace)
        try:
            example.evaluate()
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a block raises
            found.append(f"{type(error).__name__}: {error}")
    return found


def block(language: str, code: str) -> str:
    """Write a block."""
    return f"```{language}\n{code}\n```\n"


TEMPLATE = block("yaml", "# template.yaml\nResources: {Topic: {Type: AWS::SNS::Topic}}")
BROKEN = "# t.yaml\nResources: {C: {Type: AWS::Redshift::Cluster, Properties: {IamRoles: [loader]}}}"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (block("python", "raise KeyError('x')"), "KeyError: 'x'"),
        (block("python", "print(1)") + "\n" + block("text", "2"), "but it is\n1"),
        (block("python", "int('x')") + "\n" + block("text", "builtins.ValueError: other"), "invalid literal"),
        (block("python", "1 + 1") + "\n" + block("text", "2"), "the page promises\n2"),
        (block("python", "print(1)") + "\n" + block("mermaid", "flowchart LR"), "but it is\n1"),
        (block("yaml", "a: [b"), "ParserError"),
        (block("json", "{a: 1}"), "JSONDecodeError"),
        (block("console", "redshift-roles check none.yaml"), "no such file or folder"),
        (block("yaml", BROKEN) + block("console", "redshift-roles check t.yaml"), "RoleArnInvalid"),
        (TEMPLATE + block("console", "redshift-roles check template.yaml") + "\n" + block("text", "fine"), "0 errors"),
        (block("console", "redshift-roles status"), "SystemExit"),
        (block("console", "make no-such-target"), "the page shows no output, but it fails"),
        (block("console", "python -m examples.no_such_example"), "the page shows no output, but it fails"),
        (block("console", "curl https://example.com"), "a command that no test knows: curl"),
        (block("python", "# test_it.py\ndef test_it(): assert 0") + block("console", "pytest test_it.py"), "it fails"),
    ],
)
def test_fails_when_a_block_is_not_true(page: str, reason: str, namespace: dict[str, Any]) -> None:
    """What it prints, what it raises, what its commands do."""
    (failure,) = failures(page, namespace)

    assert reason in failure


@pytest.mark.parametrize(
    "page", [block("text", "1"), block("python", "1") + "so\n" + block("text", "1"), block("sql", "")]
)
def test_fails_when_nothing_checks_a_block(page: str, namespace: dict[str, Any]) -> None:
    """A text that no block prints, and a language that nothing runs."""
    with pytest.raises(ValueError, match="must follow a block that prints it"):
        failures(page, namespace)


@pytest.mark.parametrize(
    "page",
    [
        block("python", "x = 1") + block("python", "print(x)") + "\n" + block("text", "1"),
        block("python", "[][1]") + "\n" + block("text", "builtins.IndexError: list index out of range"),
        "<!-- python\nx = 1\n-->\n\n" + block("python", "assert x == 1"),
        TEMPLATE + block("console", "redshift-roles check \\\n  template.yaml  # as it is"),
        block("console", "npm install\npip install x\ncdk deploy\nredshift-roles status sales --wait\nmake synth"),
        block("{toctree}", "nothing"),
    ],
)
def test_blocks_of_a_page_are_one_program(page: str, namespace: dict[str, Any]) -> None:
    """With the files that they write, and without what only an account or a registry has."""
    assert [] == failures(page, namespace)


def test_a_page_runs_in_a_folder_of_its_own(namespace: dict[str, Any]) -> None:
    """And leaves the working folder and the standard output as they were."""
    before = Path.cwd(), sys.stdout

    assert [] == failures(block("python", "from pathlib import Path; Path('left').touch()"), namespace)
    assert before == (Path.cwd(), sys.stdout)
    assert not Path("left").exists()
