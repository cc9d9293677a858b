# SPDX-License-Identifier: MIT
import asyncio
import json
import logging
import signal

from cryptofeed.defines import L2_BOOK
from cryptofeed.exchanges import EXCHANGE_MAP
from cryptofeed.feed import Config
from cryptofeed.nbbo import NBBO

LOG = logging.getLogger("feedhandler")


def _loop():
    """The one that runs, or a new one: Pythons from 3.12 on warn of whoever lets asyncio make it."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())
        return asyncio.get_event_loop()


def _end(*_):
    raise SystemExit(0)


class FeedHandler:
    def __init__(self, config=None, raw_data_collection=None):
        self.feeds, self.running, self.config = [], False, Config(config)
        self.raw_data_collection = raw_data_collection
        if self.config.uvloop:
            import uvloop
            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

    def add_feed(self, feed, loop=None, **kwargs):
        if isinstance(feed, str):
            feed = EXCHANGE_MAP[feed](config=self.config, **kwargs)
        self.feeds.append(feed)
        if self.raw_data_collection:
            json.dumps(feed._feed_config)
        if self.running:
            feed.start(loop or asyncio.get_event_loop())

    def add_nbbo(self, feeds, symbols, callback, config=None):
        nbbo = NBBO(callback)
        for feed in feeds:
            self.add_feed(feed(channels=[L2_BOOK], symbols=symbols, callbacks={L2_BOOK: nbbo._update}, config=config))

    def run(self, start_loop=True, install_signal_handlers=True):
        loop = _loop()
        if install_signal_handlers:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGABRT, signal.SIGHUP):
                loop.add_signal_handler(number, _end)
        for feed in self.feeds:
            feed.start(loop)
        self.running = True
        if not start_loop:
            return
        try:
            loop.run_forever()
        except SystemExit:
            LOG.info("FH: System Exit received - shutting down")
        finally:
            self.stop(loop=loop)
            self.close(loop=loop)

    def _stop(self, loop=None):
        for feed in self.feeds:
            feed.stop()
        return [loop.create_task(feed.shutdown()) for feed in self.feeds]

    async def stop_async(self, loop=None):
        await asyncio.gather(*self._stop(loop=loop or asyncio.get_running_loop()))
        self.running = False

    def stop(self, loop=None):
        loop.run_until_complete(asyncio.gather(*self._stop(loop=loop)))
        self.running = False

    def close(self, loop=None):
        pending = asyncio.all_tasks(loop=loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
