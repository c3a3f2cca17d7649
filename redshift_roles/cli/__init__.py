"""The command redshift-roles."""
