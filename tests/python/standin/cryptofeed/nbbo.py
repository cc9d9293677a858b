# SPDX-License-Identifier: MIT
class NBBO:
    def __init__(self, callback):
        self.callback = callback
        self.bids, self.asks = {}, {}

    async def _update(self, book, receipt_timestamp):
        self.bids[book.exchange], self.asks[book.exchange] = book.book.bids.index(0), book.book.asks.index(0)
        bid, ask = max(self.bids.values()), min(self.asks.values())
        await self.callback(book.symbol, bid[0], bid[1], ask[0], ask[1], "", "")
