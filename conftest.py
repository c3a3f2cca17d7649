"""Run the README: every Python block of it, in order, as one program. Property tests try fresh examples in each run;
one that fails is printed with the ``@reproduce_failure`` that repeats it.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from sybil import Sybil

from tests.support.readme import ReadmeParser

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

pytest_collect_file = Sybil(parsers=[ReadmeParser()], pattern="README.md").pytest()
