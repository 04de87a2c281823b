"""Benchmarks, rerunnable with one command: see README.md."""
