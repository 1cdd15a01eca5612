"""The rules that a batch pinned, read back from the text in its own events."""

from __future__ import annotations

from dataclasses import replace

from domain.batch import Batch
from domain.policy import Pack
from policies import load


def pinned(batch: Batch, version: str = "") -> Pack:
    """The batch's rules at this version, at the latest where none is named; known by the version on record."""
    version = version or batch.pinned_version
    return replace(load.parse(batch.texts[version], batch.code), version=version)
