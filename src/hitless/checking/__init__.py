"""Any image → verdicts: what was seen of it is recorded, and rules judge the record."""
