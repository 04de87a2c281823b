"""Requests lost while one instance of a server is replaced by the next, under load: hitless and its peers."""
