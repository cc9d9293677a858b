# SPDX-License-Identifier: MIT
from cryptofeed.feedhandler import FeedHandler

__all__ = ["FeedHandler"]
