"""``python -m redshift_roles``: the command ``redshift-roles``."""

import sys

from redshift_roles.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
