"""遴选: how a firm of the rehearsal applies, is reviewed, waits or goes before the public."""

from __future__ import annotations

from domain.case.application import SubmitApplication
from domain.case.expert_review import experts_come_next
from domain.case.listing import AnswerObjection, ConfirmPilot, PublishList, RecordObjection
from domain.case.review import (
    PassCityReview,
    PassCountyReview,
    PromoteFromWaitlist,
    RejectApplication,
    RequestSupplement,
    SubmitSupplement,
    WaitlistApplication,
)
from domain.people import Role
from rehearsal.firm import Firm, Story


def selection(firm: Firm) -> Story:
    """From the application to the pilot list, or out of the batch."""
    me, county, cast = firm.cast.firm(firm.row), firm.cast.county(firm.row.county), firm.cast
    firm.day = firm.batch_opens
    firm.later(0, 20)
    own_level = firm.chance.choice((0, 1, 1))
    if firm.happens(0.10):
        yield firm.gives(SubmitApplication, me, batch=firm.batch, self_level=own_level, pledged=False, mistake=True)
    yield firm.gives(SubmitApplication, me, batch=firm.batch, self_level=own_level, pledged=True)
    if firm.happens(0.20):
        firm.later(2, 8)
        yield firm.gives(RequestSupplement, county, defects=("财务报表", "信用报告"), reason="材料不全")
        if firm.happens(0.15):
            return False  # nobody acts; time alone ends the application
        firm.later(1, 2)
        yield firm.gives(SubmitSupplement, me)
    firm.later(3, 20 if firm.happens(0.15) else 9)
    if firm.happens(0.06):
        stranger = cast.county(next(name for name in firm.pack.list("selection.counties") if name != firm.row.county))
        yield firm.gives(PassCountyReview, stranger, mistake=True)
    if firm.happens(0.05):
        yield firm.gives(RejectApplication, county, reason="近三年发生重大安全生产事故")
        return False
    yield firm.gives(PassCountyReview, county, reason="现场核查属实")
    firm.later(3, 10)
    if firm.happens(0.08) and not experts_come_next(firm.pack):
        yield firm.gives(WaitlistApplication, cast.clerk(1), reason="本批名额已满")
        firm.later(20, 40)
        yield firm.gives(PromoteFromWaitlist, cast.clerk(1), reason="有企业退出")
    else:
        yield firm.gives(PassCityReview, cast.clerk(1))
    goes_on = yield from _list(firm)
    return goes_on


def _list(firm: Firm) -> Story:
    cast = firm.cast
    firm.later(1, 4)
    firm.to_notice_day()
    document = f"第{firm.batch_code}批公示〔{firm.day.year}〕{firm.day:%m%d}号"
    yield firm.gives(PublishList, cast.clerk(2), document=document)
    if firm.happens(0.06):
        firm.later(1, 2)
        yield firm.gives(RecordObjection, cast.clerk(2), matter="反映该企业主营业务不属试点行业")
        yield firm.gives(
            ConfirmPilot, cast.bureau(Role.HEAD), document=f"名单〔{firm.day.year}〕{firm.day:%m%d}号", mistake=True
        )
        firm.later(2, 5)
        yield firm.gives(AnswerObjection, cast.bureau(Role.HEAD, 2), upheld=False, answer="经核，主营收入占比符合要求")
    firm.after_period("list_notice")
    yield firm.gives(ConfirmPilot, cast.bureau(Role.HEAD), document=f"名单〔{firm.day.year}〕{firm.day:%m%d}号")
    return True
