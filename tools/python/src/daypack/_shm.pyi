# SPDX-License-Identifier: MIT
from decimal import Decimal
from typing import Any, NamedTuple

LAYOUT_VERSION: int
WANTS_BOOK: int
WANTS_TRADES: int
WANTS_TOP: int
WANTS_FIGURES: int

class DaypackError(Exception):
    result: int

class Top:
    state: str
    reason: str
    live: bool
    u: int
    flags: int
    epoch: int
    publish_ns: int
    exponents: tuple[int, int]
    mantissas: tuple[int, int, int, int]
    bid_price: Decimal | None
    bid_quantity: Decimal | None
    ask_price: Decimal | None
    ask_quantity: Decimal | None
    bid: float
    ask: float
    bid_size: float
    ask_size: float

class Book(Top):
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]
    bid_levels: memoryview
    ask_levels: memoryview
    known_to: tuple[Decimal | None, Decimal | None]
    venue_match_us: int
    venue_send_us: int
    receive_ns: int
    def numpy(self) -> tuple[Any, Any]: ...

class Event(NamedTuple):
    kind: str
    symbol: str
    side: str
    price: int
    quantity: int
    price2: int
    quantity2: int
    price_exponent: int
    quantity_exponent: int
    first_id: int
    last_id: int
    last: bool
    venue_match_us: int
    receive_ns: int
    publish_ns: int
    state: str
    reason: str
    id_a: int

class Reader:
    depth: int
    image_levels: int
    def __init__(self, instance: str | None = ..., owner: str | None = ...) -> None: ...
    def symbols(self) -> list[str]: ...
    def native(self, symbol: str, /) -> str: ...
    def top(self, symbol: str, /) -> Top: ...
    def book(self, symbol: str, levels: int = ...) -> Book: ...
    def figures(self, symbol: str, /) -> dict[str, Any]: ...
    def cursor(self) -> int: ...
    def wait(self, cursor: int, seconds: float = ..., /) -> bool: ...
    def read(self, cursor: int, most: int = ..., /) -> tuple[list[Event], int, int]: ...
    def alive(self) -> bool: ...
    def close(self) -> None: ...

class Waiter:
    def __init__(self, instance: str, owner: str | None = ..., interval: float = ...) -> None: ...
    def take(self) -> bool: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...

class Stream:
    cursor: int
    lost: int
    has_news: bool
    has_images: bool
    def __init__(self, instance: str, owner: str | None = ..., bid: str = ..., ask: str = ..., buy: str = ...,
                 sell: str = ...) -> None: ...
    def add(self, symbol: str, wants: int, max_depth: int = ..., /) -> int: ...
    def read(self, most: int = ..., /) -> list[tuple[Any, ...]]: ...
    def join(self, number: int, only_whole: bool = ..., /) -> tuple[Any, ...] | None: ...
    def levels(self, number: int, /) -> tuple[Any, ...] | None: ...
    def missing(self) -> tuple[list[int], list[int]]: ...
    def listed(self, number: int, /) -> bool: ...
    def fresh(self) -> bool: ...
    def close(self) -> None: ...

class Texts:
    def __init__(self, instance: str, account: str) -> None: ...
    def read(self) -> tuple[list[str], int]: ...
    def close(self) -> None: ...

def apply(levels: Any, changes: list[tuple[Decimal, Decimal]], noted: list[tuple[Decimal, bool]] = ..., /) -> None: ...
