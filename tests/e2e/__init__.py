"""Deployments with the real CDK command line to the emulator."""
