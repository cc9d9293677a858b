# SPDX-License-Identifier: MIT
class UnsupportedSymbol(Exception):
    pass


class UnsupportedDataFeed(Exception):
    pass


class BidAskOverlapping(Exception):
    pass


class ExhaustedRetries(Exception):
    pass
