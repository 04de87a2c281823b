"""The balancers between clients and instances, each with its defaults but for what is said in its file."""
