"""How fast the static part of a check is, and how much memory it takes."""
