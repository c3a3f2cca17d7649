"""Run the README and the pages of the documentation. Property tests try fresh examples in each run; one that fails is
printed with the ``@reproduce_failure`` that repeats it.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from sybil import Sybil

from tests.support.pages import PageParser, make_folder, remove_folder

os.environ["CDK_VALIDATION"] = "false"

# How long an example takes depends on the machine, so it fails no test.
settings.register_profile(
    "fresh",
    derandomize=False,
    max_examples=int(os.environ.get("EXAMPLES", "50")),
    database=None,
    print_blob=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fresh")

# `tests/docs/test_rules_page` runs the examples of the rules.
pytest_collect_file = Sybil(
    parsers=[PageParser()],
    patterns=["README.md", "docs/**/*.md", "docs/*.md"],
    excludes=["docs/rules.md", "docs/_build/*"],
    setup=make_folder,
    teardown=remove_folder,
).pytest()
