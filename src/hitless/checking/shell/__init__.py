"""Reads boot scripts: POSIX sh (XCU 2) into a syntax tree, and what a tree does as a boot file. Runs nothing."""
