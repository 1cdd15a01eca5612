"""A firm's register on the desk: its other cases in this installation, for who asks whether it may go on."""

from __future__ import annotations

from domain.case.file import CaseFile
from domain.identity import register_id
from domain.register import Register
from eventstore.store import EventStore


def elsewhere(store: EventStore, case: CaseFile) -> tuple[Register, tuple[CaseFile, ...]]:
    """The register of the case's firm, and the firm's other cases that it names."""
    register = store.load(Register, register_id(case.programme if case.rehearsal else "", case.credit_code))
    return register, tuple(store.load(CaseFile, other) for other in register.entries if other != case.id)
