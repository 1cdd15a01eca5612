"""What an expert review must keep to: who may be named, who may score whom, when a sheet stands, when it is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from domain.authority import parties_of
from domain.case.file import CaseFile
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import FULL_MARKS, Candidate, Criterion, Expert, Points
from domain.identity import is_plain, same, trading_name
from domain.people import Person, Role
from domain.policy import Pack
from domain.provider.file import Pool
from domain.rules import No, rule


@rule
def review_must_be_asked_for_by_the_rules(pack: Pack) -> No | None:
    """Experts rank the firms where the city's rules say so, and nowhere else."""
    key = "selection.expert_review"
    return None if pack.flag(key) else No("本批次的规则不设专家评审", pack.clause(key))


@rule
def one_review_at_a_time(review: ExpertReview) -> No | None:
    """The places of a batch are given by one ranking after the other."""
    return No(f"本批次第 {review.round} 轮评审（{review.document}）尚未结束") if review.is_open else None


@rule
def review_must_be_open(review: ExpertReview) -> No | None:
    """Whatever is done in a review is done while it is open."""
    return None if review.is_open else No("本批次没有进行中的专家评审")


@rule
def criteria_must_add_up_to_full_marks(criteria: Sequence[Criterion]) -> No | None:
    """Every criterion has a name of its own and some points; together they are a hundred."""
    names = [same(one.name) for one in criteria]
    if any(not is_plain(one.name) or one.full < 1 for one in criteria) or len(set(names)) < len(names):
        return No("每项评分标准须有各不相同的名称和大于零的满分")
    added = sum(one.full for one in criteria)
    return None if added == FULL_MARKS else No(f"各项评分标准的满分之和应为 {FULL_MARKS} 分，现为 {added} 分")


@rule
def experts_must_be_enough(experts: Sequence[Expert], pack: Pack) -> No | None:
    """At least as many experts are named as sheets must count for each firm."""
    least = pack.count("selection.review_sheets")
    if len(experts) >= max(least, 1):
        return None
    return No(f"每家企业至少须有 {least} 名专家评分，只列了 {len(experts)} 名", pack.clause("selection.review_sheets"))


@rule
def experts_must_be_named_once(experts: Sequence[Expert]) -> No | None:
    """One person has one voice."""
    twice = [expert for expert, times in Counter(one.id for one in experts).items() if times > 1]
    return No(f"专家 {'、'.join(twice)} 列了不止一次") if twice else None


@rule
def expert_must_not_run_the_review(experts: Iterable[Expert], by: Person) -> No | None:
    """Whoever calls, closes or calls off a review does not score in it."""
    if by.id not in [one.id for one in experts]:
        return None
    return No(f"{by.id} 是本次评审的专家，不能发起、增补、结束或撤销评审")


@rule
def expert_must_not_come_from_a_provider(organisation: str, pool: Pool | None) -> No | None:
    """A provider of the city's pool has an interest in every firm."""
    if pool is None or not pool.lists(organisation):
        return None
    return No(f"“{organisation}”是本市服务商，其人员不能担任评审专家")


@rule
def expert_must_not_belong_to_a_party(by: Person, case: CaseFile) -> No | None:
    """Nobody scores the own firm, the own county's firms, or a firm that one works for."""
    if trading_name(by.organisation) not in parties_of(case) | {trading_name(case.county)}:
        return None
    return No(f"“{by.organisation}”与企业 {case.firm} 有利害关系，须回避")


@rule
def there_must_be_a_firm(cases: Sequence[UUID]) -> No | None:
    """Firms are named, each once."""
    if not cases:
        return No("没有写明企业")
    return No("同一企业写了不止一次") if len(set(cases)) < len(cases) else None


@rule
def case_must_be_of_the_batch(case: CaseFile, batch: UUID) -> No | None:
    """Firms of one batch are ranked together; others have places of their own."""
    return None if case.batch == batch else No(f"企业 {case.firm or case.id} 不在本批次")


@rule
def expert_must_be_named_in_the_review(review: ExpertReview, expert: str) -> No | None:
    """Only those who were called score."""
    return None if expert in [one.id for one in review.experts] else No(f"{expert} 不是本次评审的专家")


@rule
def expert_must_act_for_the_same_organisation(review: ExpertReview, by: Person) -> No | None:
    """An expert scores as the one who was called: another employer may be a party."""
    called = [one.organisation for one in review.experts if one.id == by.id]
    if by.organisation in called:
        return None
    return No(f"{by.id} 以“{'、'.join(called)}”专家身份受聘，不能以“{by.organisation}”的身份评分")


@rule
def expert_must_stand_back_for_themself(by: Person, expert: str) -> No | None:
    """An expert declares the own recusal; for another only the bureau does."""
    return None if by.role is not Role.EXPERT or by.id == expert else No(f"{by.id} 不能代 {expert} 声明回避")


@rule
def firm_must_be_under_review(review: ExpertReview, case: UUID) -> No | None:
    """Only the firms of this round are scored."""
    return None if case in [one.applicant.case for one in review.candidates] else No("该企业不在本轮评审之列")


@rule
def expert_must_not_have_stood_back(review: ExpertReview, expert: str, case: UUID) -> No | None:
    """Who is recused from a firm stays so."""
    return No(f"{expert} 已对该企业声明回避") if review.stands_back(expert, case) else None


@rule
def sheet_must_stay_as_it_was_filed(review: ExpertReview, expert: str, case: UUID) -> No | None:
    """评分表锁定: one sheet per expert and firm, never changed and never filed again."""
    return No(f"{expert} 对该企业的评分表已提交，不能再改") if (case, expert) in review.sheets else None


@rule
def points_must_answer_every_criterion(criteria: Sequence[Criterion], points: Sequence[Points]) -> No | None:
    """A sheet gives whole points for every criterion, once each, from none to its full marks."""
    given = Counter(one.criterion for one in points)
    missing = [one.name for one in criteria if given[one.name] != 1]
    strange = sorted(given.keys() - {one.name for one in criteria})
    if missing or strange:
        return No(
            f"评分表须对每项标准各评一次；缺或重复：{'、'.join(missing) or '无'}；多出：{'、'.join(strange) or '无'}"
        )
    full = {one.name: one.full for one in criteria}
    for one in points:
        if not 0 <= one.points <= full[one.criterion]:
            return No(f"“{one.criterion}”应评 0 至 {full[one.criterion]} 分，收到 {one.points}")
    return None


@rule
def every_expert_must_have_filed(review: ExpertReview, here: Sequence[Candidate]) -> No | None:
    """A review is over when every expert has scored every firm from which they have not stood back."""
    owed = [(one, expert) for one, expert in review.owed() if one in here]
    if not owed:
        return None
    candidate, expert = owed[0]
    return No(f"还缺 {len(owed)} 份评分表，如 {expert.id} 对 {candidate.applicant.firm} 的评分；也可由市局令其回避")


@rule
def every_firm_must_have_enough_sheets(review: ExpertReview, here: Sequence[Candidate]) -> No | None:
    """A ranking rests on as many sheets for each firm as the rules ask for."""
    for one in here:
        counted = len(review.counted(one.applicant.case))
        if counted < max(review.least_sheets, 1):
            return No(f"{one.applicant.firm} 只有 {counted} 份有效评分表，至少须 {review.least_sheets} 份，请增补专家")
    return None
