"""Benchmarks of `allawee_async`: see README.md in this folder."""
