"""The desk's part for expert reviews: which files lie on it for a command."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from activities.rules import pinned
from domain.batch import Batch, batch_must_have_been_opened
from domain.calendar import Calendar
from domain.case.file import CaseFile, CasePapers
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.file import ExpertReview
from domain.expert_review.room import DECISIONS, CallExpertReview, CallOffExpertReview, CloseExpertReview
from domain.expert_review.scoring import FileScore, FileScores
from domain.identity import expert_review_id, places_id, pool_id
from domain.places import Places
from domain.provider.file import Pool
from domain.record import File
from eventstore.store import EventStore


def decide(store: EventStore, calendar: Calendar, command: ExpertReviewCommand, at: datetime) -> list[File]:
    """The files with what the command recorded in them, the review first. Raises Rejection."""
    batch = store.load(Batch, command.batch)
    batch_must_have_been_opened(batch)
    review = store.load(ExpertReview, expert_review_id(batch.id))
    pool = store.load(Pool, pool_id(batch.city, batch.programme))
    papers = CasePapers(command, at, pinned(batch), calendar, batch, pool=pool)
    if isinstance(command, CloseExpertReview):
        papers = replace(papers, places=store.load(Places, places_id(batch.id)))
    cases = [store.load(CaseFile, case) for case in _meant(review, command)]
    if isinstance(command, CloseExpertReview):
        own = [(case, pinned(batch, case.rules_version)) for case in cases]
        DECISIONS[type(command)](review, command, papers, own)
    else:
        DECISIONS[type(command)](review, command, papers, cases)
    return [review, *(case for case in cases if case.pending_events), *papers.beside]


def _meant(review: ExpertReview, command: ExpertReviewCommand) -> tuple[UUID, ...]:
    """The cases whose files the command needs."""
    match command:
        case CallExpertReview():
            return command.cases
        case FileScore():
            return (command.case,)
        case FileScores():
            return tuple(sheet.case for sheet in command.sheets)
        case CloseExpertReview() | CallOffExpertReview():
            return tuple(one.applicant.case for one in review.candidates)
    return ()
