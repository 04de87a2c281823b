"""OCI images as values: read from and written to layouts, archives, registries and engines. Knows nothing of models."""
