"""规则包: a city's rules, each with its clause and its standing, and what the city has still to decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from console import asked
from console.view import Console
from domain.policy import KEYS, Pack, Row
from domain.policy_rows import columns_of
from policies import columns, load, notation

_ROOMS: Final = {
    "programme": "试点期与目标", "selection": "遴选", "diagnosis": "诊断", "contract": "合同", "retrofit": "改造",
    "supervision": "监理", "independence": "独立性", "services": "第三方服务", "providers": "服务商",
    "rating": "服务商评价", "products": "产品和解决方案", "evaluation": "评测",
    "acceptance": "验收", "payout": "兑付", "budget": "预算", "finance": "金融支持", "notices": "信息公开",
    "lookback": "回头看", "recovery": "追缴", "publicity": "公示", "reporting": "绩效与通报", "reminders": "提醒",
    "timers": "期限",
}  # fmt: skip
OVERLAYS: Final = {"rehearsal": "推演假设"}


def mount(app: FastAPI, console: Console) -> None:
    """Add the page of rules."""

    @app.api_route("/packs", methods=["GET", "HEAD"])
    def first() -> Response:
        return RedirectResponse(f"/packs/{load.cities()[0]}", status_code=307)

    @app.api_route("/packs/{city}", methods=["GET", "HEAD"])
    def rules(request: Request, city: str) -> Response:
        overlay = asked.word(request.query_params, "overlay", "假设", OVERLAYS)
        if city not in load.cities():
            raise asked.NotThere(f"没有“{city[: asked.LONGEST]}”的规则包，现有：{'、'.join(load.cities())}")
        pack = load.load(city, (overlay,) if overlay else ())
        answered = [(key, spec, pack.values[key]) for key, spec in KEYS.items() if pack.has(key)]
        rooms = [(title, [row for row in answered if row[0].startswith(f"{room}.")]) for room, title in _ROOMS.items()]
        return console.page(
            "packs.html",
            console.frame(request),
            pack=pack,
            cities=load.cities(),
            overlay=overlay,
            rooms=[(title, rows) for title, rows in rooms if rows],
            say=notation.say,
            standings=notation.STANDINGS,
            tables=[_table(pack, rows) for rows in pack.tables.values()],
        )


def _table(pack: Pack, rows: Sequence[Row]) -> dict[str, Any]:
    """One table of the pack, with the columns that any of its rows fills."""
    said = [columns.say(row, pack) for row in rows]
    heads = [column.title for column in columns_of(type(rows[0])).values() if any(column.title in row for row in said)]
    return {"title": rows[0].TITLE, "heads": heads, "rows": list(zip(rows, said, strict=True))}
