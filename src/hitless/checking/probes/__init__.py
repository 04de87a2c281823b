"""Watching a running subject from outside, over its own address; nothing is executed in it."""
