"""Registries (OCI distribution-spec): `source.RegistrySource` reads images, `push.push` sends them."""
