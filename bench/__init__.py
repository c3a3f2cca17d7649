"""Whole-process times of this library beside hand-written CDK, as ratios in one run."""
