"""Ours and the peers on the same model and the same request: see bench/README.md."""
