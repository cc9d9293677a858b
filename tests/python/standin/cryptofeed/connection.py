# SPDX-License-Identifier: MIT
import asyncio
import atexit
import logging
import time
from contextlib import asynccontextmanager

from cryptofeed.exceptions import ExhaustedRetries

LOG = logging.getLogger("feedhandler")


class Connection:
    raw_data_callback = None


class HTTPAsyncConn(Connection):
    def __init__(self, conn_id):
        self.closed = False

    async def close(self):
        self.closed = True


class AsyncConnection(Connection):
    conn_count = 0

    def __init__(self, conn_id, authentication=None, subscription=None):
        AsyncConnection.conn_count += 1
        self.id, self.received, self.sent, self.last_message = conn_id, 0, 0, None
        self.authentication, self.subscription, self.conn = authentication, subscription, None
        atexit.register(self.__del__)

    def __del__(self):
        pass

    @property
    def uuid(self):
        return self.id

    @asynccontextmanager
    async def connect(self):
        await self._open()
        try:
            yield self
        finally:
            await self.close()

    async def close(self):
        if self.is_open:
            await self.conn.close()


class ConnectionHandler:
    def __init__(self, conn, subscribe, handler, authenticate, retries, timeout=120, timeout_interval=30, exceptions=None,
                 log_on_error=False, start_delay=0):
        self.conn, self.subscribe, self.handler, self.authenticate = conn, subscribe, handler, authenticate
        self.retries, self.timeout, self.timeout_interval = retries, timeout, timeout_interval
        self.exceptions, self.start_delay, self.running = exceptions, start_delay, True
        self.restarts = 0

    def start(self, loop):
        self.task = loop.create_task(self._create_connection())

    async def _watcher(self):
        while self.conn.is_open and self.running:
            if self.conn.last_message and time.time() - self.conn.last_message > self.timeout:
                LOG.warning("%s: received no messages within timeout, restarting connection", self.conn.uuid)
                await self.conn.close()
                break
            await asyncio.sleep(self.timeout_interval)

    async def _create_connection(self):
        await asyncio.sleep(self.start_delay)
        tries, delay = 0, 1
        while self.running and (tries <= self.retries or self.retries == -1):
            try:
                async with self.conn.connect() as connection:
                    await self.authenticate(connection)
                    await self.subscribe(connection)
                    tries, delay = 0, 1
                    if self.timeout != -1:
                        asyncio.get_running_loop().create_task(self._watcher())
                    self.restarts += 1
                    await self._handler(connection, self.handler)
            except OSError as error:
                LOG.warning("%s: encountered connection issue %s - reconnecting in %.1f seconds...", self.conn.uuid,
                            error, delay, exc_info=True)
                await asyncio.sleep(delay)
                tries, delay = tries + 1, delay * 2
            except Exception as error:
                if self.exceptions and isinstance(error, tuple(self.exceptions)):
                    raise
                LOG.error("%s: encountered an exception, reconnecting in %.1f seconds", self.conn.uuid, delay,
                          exc_info=True)
                await asyncio.sleep(delay)
                tries, delay = tries + 1, delay * 2
        if self.running:
            LOG.error("%s: failed to reconnect after %d retries - exiting", self.conn.uuid, tries)
            raise ExhaustedRetries()

    async def _handler(self, connection, handler):
        async for message in connection.read():
            if not self.running:
                await connection.close()
                return
            await handler(message, connection, self.conn.last_message)
