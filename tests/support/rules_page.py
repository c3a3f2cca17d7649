"""Writes ``docs/rules.md`` from the rules and an example of each: ``python -m tests.support.rules_page``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from redshift_roles import rules
from redshift_roles.rules import registry
from redshift_roles.rules.findings import Finding
from redshift_roles.templates import checker, parsing
from redshift_roles.templates.assembly import Assembly, Template
from tests.conftest import ACCOUNT, REGION
from tests.support.programs import ROOT
from tests.support.rule_cases import FOLDER

PAGE: Final = ROOT / "docs" / "rules.md"
_HEAD: Final = """\
# The rules

The rules find what Redshift or IAM would refuse at deploy time, or accept although it is wrong. They are checked in
four places:

- Constructors and `add_role` of this library raise what is known at that line.
- A plug-in of the library checks its own clusters, associations, policies and roles in the synthesized templates. Its
  findings fail the synthesis and cannot be acknowledged.
- `RoleAssociationRules` checks all clusters and Serverless namespaces of an app. Its findings can be acknowledged as
  `redshift-roles::` and the name of the rule.
- `redshift-roles check` checks templates on disk and `cdk.out` folders, where it honors what the app acknowledges.

The last two ignore what `redshift-roles: {ignore: [{rule: …, reason: …}]}` in the Metadata of a resource accepts.

A rule is kept, broken, or **undecided**. Undecided means that only the deployment knows. A finding is then a warning
under a name of its own, so acknowledging it hides no failure. A template that a macro rewrites is undecided, too.

`python -m tests.support.rules_page` writes this page from the rules. Each example breaks its rule and no other.
"""


@cache
def examples() -> Mapping[str, Mapping[str, str]]:
    """Read the examples."""
    read: Mapping[str, Mapping[str, str]] = yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8"))
    return read


def template_text(rule: str) -> str:
    """Write the template of an example, as a person would."""
    twelve = "".join(f"\n{' ' * 6}- arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(1, 13))
    return "Resources:\n" + textwrap.indent(examples()[rule]["template"].replace("TWELVE", twelve), "  ")


def found(rule: str) -> list[Finding]:
    """Check the template of an example."""
    path = Path("template.yaml")
    assembly = Assembly(bodies={path: parsing.parse_yaml(template_text(rule))[0]})
    assembly.stacks.append(Template(path, "", ACCOUNT, REGION, assembly))
    return [violation.finding for violation in checker.check(assembly, 10)]


def page() -> str:
    """Write the page."""
    return "\n".join([_HEAD, *(_section(rule) for rule in rules.RULES)])


def _section(rule: registry.Rule) -> str:
    return "\n".join(_lines(rule))


def _lines(rule: registry.Rule) -> Iterator[str]:
    example = examples()[rule.name]
    yield f"## {rule.name}\n"
    yield f"{rule.sentence} {rule.why}\n"
    if rule.undecided:
        yield "A warning: only the deployment knows.\n"
    if rule.is_advice:
        yield "A warning: AWS accepts it.\n"
    if "template" in example:
        yield f"```yaml\n{template_text(rule.name)}```\n"
        reported = found(rule.name)[0]
        message, fix = reported.message, reported.fix
    else:
        yield f"```python\n{example['python']}```\n"
        message, fix = example["message"], example["fix"]
    yield f"- message: {message}"
    yield f"- fix: {fix}"
    yield f"- source: <{rule.source.url}> (text of {rule.source.text_of})\n"


def main() -> None:
    """Write the page to its place."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
