"""How the programme says no: every refusal names its rule, a sentence for the clerk, and the clause."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A refusal as a value: what a person, a file of results, or an event says about a command that was not done."""

    rule: str
    """The rule's name, a sentence in snake_case, e.g. ``contract_must_be_signed_within_the_pilot``."""
    sentence: str
    """What the clerk reads, in Chinese."""
    clause: str = ""
    """Where the rule stands, e.g. ``大连方案 五(一)1``; empty where the rule is the system's own."""
    open_question: str = ""
    """The pack key that has no value yet, when that is why the step cannot be taken."""


class Rejection(Exception):  # noqa: N818 - the programme's word; a refusal is no error of the program
    """A rule refused. Nothing was written."""

    def __init__(self, rule: str, sentence: str, clause: str = "", open_question: str = "") -> None:
        super().__init__(sentence)
        self.refusal = Refusal(rule, sentence, clause, open_question)


class OpenQuestion(Rejection):
    """待定口径: the step needs a value that the city's sources do not state. Ask the city; never guess."""

    def __init__(self, key: str, question: str) -> None:
        super().__init__(
            "pack_must_answer_before_the_step",
            f"待定口径：{question}（规则包键 {key}）。来源未规定，请先由市工信局明确后写入规则包。",
            open_question=key,
        )
        self.key = key
        self.question = question
