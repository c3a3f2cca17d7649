"""The code of the function behind role associations, as AWS Lambda can read it.

The installed package flows in; a folder flows out whose files everybody may read.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from aws_cdk import aws_lambda as lambda_

_PACKAGE: Final = Path(__file__).parent
_HANDLER: Final = "handler"
_CODE: Final = ("*", f"!{_HANDLER}", f"!{_HANDLER}/*.py")
_EVERYBODY_READS: Final = 0o644
_MAY_READ: Final = 0o004


def code() -> lambda_.Code:
    """Find the code of the function."""
    return lambda_.Code.from_asset(str(_readable(_PACKAGE)), exclude=list(_CODE))


@cache
def _readable(package: Path) -> Path:
    """Find a folder with the handler that everybody may read.

    CDK packs files with their modes, and AWS Lambda runs as another user. Where the package was installed under a umask
    such as 077, the folder is a copy, gone with the process: CDK has made its own by then.
    """
    files = [*(package / _HANDLER).glob("*.py")]
    if all(file.stat().st_mode & _MAY_READ for file in files):
        return package
    copy = Path(tempfile.mkdtemp(prefix="redshift-roles-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    (copy / _HANDLER).mkdir()
    for file in files:
        shutil.copyfile(file, copy / _HANDLER / file.name)
        (copy / _HANDLER / file.name).chmod(_EVERYBODY_READS)
    return copy
