"""The rules, a module for each part of the contract. `catalogue` has them all, `static` those that need only look."""
