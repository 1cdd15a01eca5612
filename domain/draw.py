"""抽签: a ranking that anyone can repeat. The seed and the frame are published; nothing else enters."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from fractions import Fraction
from uuid import UUID


def ranking(seed: str, frame: Iterable[UUID]) -> list[UUID]:
    """All cases of the frame in drawn order: by HMAC-SHA256 of the case's id under the seed, smallest first.

    The order of the frame does not matter and ties cannot occur, since the cases differ.
    """
    key = seed.encode()
    return sorted(set(frame), key=lambda case: (hmac.digest(key, case.bytes, hashlib.sha256), case))


def sample_size(frame: int, share: Fraction) -> int:
    """How many of a frame a share asks for: rounded up, so that a small frame is still looked at."""
    return -(-frame * share.numerator // share.denominator)
