# SPDX-License-Identifier: MIT
class Symbol:
    def __init__(self, base, quote, type="spot"):
        self.base, self.quote, self.type = base, quote, type

    @property
    def normalized(self):
        return f"{self.base}-{self.quote}" + ("-PERP" if self.type == "perpetual" else "")

    def __str__(self):
        return self.normalized


class _Symbols:
    """One for the whole process, without expiry."""

    def __init__(self):
        self.data = {}

    def clear(self):
        self.data = {}

    def set(self, exchange, normalized, info):
        self.data[exchange] = {"normalized": dict(normalized), "info": dict(info)}

    def get(self, exchange):
        return self.data[exchange]["normalized"], self.data[exchange]["info"]

    def populated(self, exchange):
        return exchange in self.data


Symbols = _Symbols()
