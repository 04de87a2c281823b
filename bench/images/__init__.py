"""Images: ours against the same Dockerfile with buildah and podman, and what ours promise."""
