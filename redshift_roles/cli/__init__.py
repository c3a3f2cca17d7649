"""The command redshift-roles."""

__version__ = "0.2.0"
