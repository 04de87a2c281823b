"""What a count of failures says about the true share of failures: the Clopper-Pearson upper bound. Pure.

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934). For no failure among n the one-sided 95 % bound is 1 - 0.05^(1/n), about 3/n: the rule of three
(J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983)).
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95
_STEPS = 100


def upper_bound(failed: int, total: int, confidence: float = CONFIDENCE) -> float:
    """The largest share of failures that is compatible with so few: one-sided, as a share between 0 and 1.

    It takes every trial to be independent. upper_bound(0, 1_000_000) is 2.9957e-06; upper_bound(3, 100) is 0.0757.
    """
    if not 0 <= failed <= total or total == 0:
        raise ValueError(f"{failed} of {total} is no share")
    if failed == total:
        return 1.0
    if failed == 0:
        return -math.expm1(math.log1p(-confidence) / total)
    low, high = failed / total, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(failed, total, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(failed: int, total: int, share: float) -> float:
    """P(X <= failed) of a binomial distribution."""
    if share >= 1.0:
        return 0.0
    first = total * math.log1p(-share)  # log P(X = 0); each next term follows from the one before
    odds, term, logs = math.log(share) - math.log1p(-share), first, [first]
    for number in range(failed):
        term += math.log(total - number) - math.log(number + 1) + odds
        logs.append(term)
    largest = max(logs)
    return math.exp(largest) * math.fsum(math.exp(one - largest) for one in logs)
