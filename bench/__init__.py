"""Benchmarks: each prints JSON, and its figures are ratios to a baseline of the same run."""
