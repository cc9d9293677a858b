# SPDX-License-Identifier: MIT
import asyncio
import inspect


class Callback:
    def __init__(self, callback):
        self.callback = callback
        self.is_async = inspect.iscoroutinefunction(callback)

    async def __call__(self, made, receipt_timestamp):
        if self.is_async:
            await self.callback(made, receipt_timestamp)
        else:
            await asyncio.get_running_loop().run_in_executor(None, self.callback, made, receipt_timestamp)


TradeCallback = BookCallback = Callback
