"""Roles on clusters that exist already: the custom resource and its Lambda function."""
