"""CDK constructs as facts, errors at the caller's line, and the plug-ins that check an app at synth time."""
