"""hitless: a model package, served, built and proven without losing a request."""

__version__ = "0.1.0"
