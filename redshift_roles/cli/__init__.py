"""The command redshift-roles."""

__version__ = "0.1.0"
