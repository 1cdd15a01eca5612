"""The order in which workflows ask the engine for things is written down; who changes it hears what else to do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.fingerprints import WITHOUT_WORKFLOWS, WORKFLOWS, NoWorkflow, fingerprint, kept, leaves, of_the_house

CASE: Final = (WORKFLOWS / "case.py").read_text(encoding="utf-8")


def advice(before: dict[str, list[str]], now: dict[str, list[str]]) -> str:
    """What a person is told who changed what a workflow asks for; empty where nothing changed."""
    places = sorted(place for place in {*before, *now} if before.get(place) != now.get(place))
    if not places:
        return ""
    told = "\n".join(f"  {place}\n    was {before.get(place)}\n    is  {now.get(place)}" for place in places)
    return (
        f"What a workflow asks of the engine has changed:\n{told}\n"
        "Cases that began under the old code run for years and are replayed from their beginning by the new code. So:\n"
        '1. Keep the old order for them: `if workflow.patched("<what changed>"): new, else: old`. (Only what no\n'
        "   installation has ever run may change without; so may a query.)\n"
        "2. See that every history in tests/histories still replays: pytest tests/test_replay.py\n"
        "3. Record the new order under a new name in tests/paths.py: python -m tests.record_histories <name>\n"
        "4. Then write the fingerprints anew: python -m tests.fingerprints"
    )


def test_every_workflow_asks_for_what_it_asked_before() -> None:
    assert not advice(kept(), of_the_house()), advice(kept(), of_the_house())


def test_the_fingerprint_sees_the_eight_stages_and_all_that_is_asked() -> None:
    seen = of_the_house()
    stages = [asked for asked in seen["case.py:CaseWorkflow.run"] if asked.startswith("_through(")]
    assert len(stages) == 8
    everything = " ".join(asked for asks in seen.values() for asked in asks)
    for word in ("execute_local_activity(DECIDE)", "execute_local_activity(STAND)", "continue_as_new(", "sleep("):
        assert word in everything
    for word in ("upsert_search_attributes(", ", timeout)", "@workflow.update", "@workflow.signal", "@workflow.query"):
        assert word in everything


# --- and it bites

LOCAL: Final = "workflow.execute_local_activity(\n            DECIDE"
ASK: Final = "        self._commands += 1"

PLANTS: Final = {
    "two stages change places": (
        "await self._through(Stage.DIAGNOSIS)\n        await self._through(Stage.CONTRACT)",
        "await self._through(Stage.CONTRACT)\n        await self._through(Stage.DIAGNOSIS)",
    ),
    "a wait without an end": (", timeout=patience_left)", ")"),
    "another activity": ("            STAND,", '            "look",'),
    "an activity that is no local one": (LOCAL, LOCAL.replace("local_", "")),
    "a pause more": (ASK, f"        await asyncio.sleep(1)\n{ASK}"),
    "no look-up": ("is None:\n            await self._look_up()\n", "is None:\n            pass\n"),
    "another name on the wire": ('@workflow.update(name="submit")', '@workflow.update(name="give")'),
    "no search attributes": ("workflow.upsert_search_attributes(", "print("),
    "no new leaf": ("workflow.continue_as_new(self._life)", "pass"),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_change_is_told_with_what_to_do(plant: str) -> None:
    old, new = PLANTS[plant]
    assert CASE.count(old) == 1, "the plant has nowhere to grow"
    before, after = fingerprint(CASE, "case.py"), fingerprint(CASE.replace(old, new), "case.py")
    told = advice(before, after)
    assert "case.py:CaseWorkflow" in told
    assert "workflow.patched(" in told
    assert "python -m tests.fingerprints" in told


def test_a_change_of_words_alone_is_none() -> None:
    renamed = CASE.replace("patience_left", "left").replace('"""Wait in a stage', '"""Stay in a stage')
    assert renamed != CASE
    assert advice(fingerprint(CASE, "case.py"), fingerprint(renamed, "case.py")) == ""


def test_a_smaller_leaf_is_told_too() -> None:
    text = (WORKFLOWS / "patience.py").read_text(encoding="utf-8")
    assert "patience.py:COMMANDS_LEAF" in advice(
        leaves(text), leaves(text.replace("COMMANDS_LEAF: Final = 800", "COMMANDS_LEAF: Final = 80"))
    )


@pytest.mark.parametrize("source", ["", "class Case: ...\n", "@dataclass\nclass Case:\n    async def run(self): ...\n"])
def test_a_file_without_a_workflow_is_no_workflow(source: str, tmp_path: Path) -> None:
    """A guard over nothing is worse than none; a file that holds no workflow has to be named as such."""
    with pytest.raises(NoWorkflow):
        fingerprint(source, "new.py")
    (tmp_path / "new.py").write_text(source)
    with pytest.raises(NoWorkflow):
        of_the_house(tmp_path)


def test_files_named_as_holding_no_workflow_exist_and_hold_none() -> None:
    for name in WITHOUT_WORKFLOWS:
        with pytest.raises(NoWorkflow):
            fingerprint((WORKFLOWS / name).read_text(encoding="utf-8"), name)
