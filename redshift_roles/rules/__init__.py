"""What is allowed: rules that take facts and arguments, and return findings. Pure Python."""
