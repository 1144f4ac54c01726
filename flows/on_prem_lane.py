"""The on-prem lane: every document that stays, asked at bounded concurrency."""

from __future__ import annotations

import time
from collections.abc import Sequence

from flows.answers import accept, refuse
from flows.desk import Desk
from flows.items import Item, in_pool
from flows.switch import StopSwitch
from flows.tools import Tools
from pipeline.check import AnswerProblem, check_answer
from pipeline.errors import DocumentError, ModelUnavailable
from policies.levels import Route


async def on_prem_lane(tools: Tools, items: Sequence[Item], desk: Desk, stop: StopSwitch) -> None:
    """Ask the on-prem model about each item.

    A document that the model cannot answer fails alone; a model that does not answer at all stops the chunk,
    which a later claim takes up where this one left it.
    """

    async def ask(item: Item) -> None:
        if stop.thrown:
            return
        started = time.monotonic()
        try:
            reply = await tools.on_prem.ask(tools.task, item.document.text)
        except DocumentError as error:
            await desk.put(result=refuse(item, state="failed", route=Route.ON_PREM, reason=error.code))
        except ModelUnavailable as error:
            stop.throw(error.code)
        else:
            answer = check_answer(reply.answer, tools.task)
            if isinstance(answer, AnswerProblem):  # the lane has checked it; a second reader never hurts
                await desk.put(
                    result=refuse(item, state="failed", route=Route.ON_PREM, reason="answer_invalid")
                )
                return
            milliseconds = round((time.monotonic() - started) * 1000)
            await desk.put(
                result=accept(tools, item, reply, answer, route=Route.ON_PREM, milliseconds=milliseconds)
            )

    await in_pool(items, ask, size=tools.concurrency)
