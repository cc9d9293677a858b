# SPDX-License-Identifier: MIT
"""What wakes an event loop: it oversleeps nothing, and can be closed wherever it is."""
import os
import select
import signal
import time
import unittest

import daypack
from daypack import _shm
from live import engine_for, wait_until


class AWaiter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        engine_for(cls, daypack.Reader, "BTC-USDC")

    def opened(self, interval):
        stream, waiter = _shm.Stream(self.engine.instance), _shm.Waiter(self.engine.instance, None, interval)
        self.addCleanup(stream.close)
        self.addCleanup(waiter.close)
        stream.add("BTC-USDC", _shm.WANTS_BOOK)
        return stream, waiter

    def test_oversleeps_nothing(self):
        for interval in (0.0, 0.0005, 0.02):
            stream, waiter = self.opened(interval)
            records = 0
            for turn in range(200):
                cursor = stream.cursor
                while stream.has_news:
                    stream.read()
                records += stream.cursor - cursor
                ready, _, _ = select.select([waiter.fileno()], [], [], 5)
                self.assertTrue(ready, f"after {turn} turns the ring {'goes' if stream.has_news else 'does not go'} on")
                self.assertTrue(waiter.take())
                time.sleep(0.003 * (turn % 3))  # records come meanwhile, before the next look
            self.assertGreater(records, 200)

    def test_tells_once_what_nobody_takes_and_spends_nothing_meanwhile(self):
        _, waiter = self.opened(0.0)
        select.select([waiter.fileno()], [], [], 5)
        spent = time.process_time()
        time.sleep(0.5)
        self.assertLess(time.process_time() - spent, 0.05)
        self.assertEqual(int.from_bytes(os.read(waiter.fileno(), 8), "little"), 1)

    def test_refuses_to_be_opened_twice_or_used_after_it_was_closed(self):
        _, waiter = self.opened(0.0005)
        with self.assertRaisesRegex(RuntimeError, "opened once"):
            waiter.__init__(self.engine.instance)
        waiter.close()
        waiter.close()
        self.assertEqual(waiter.fileno(), -1)
        with self.assertRaisesRegex(ValueError, "was closed"):
            waiter.take()
        with self.assertRaisesRegex(ValueError, "0 to 0.5 s"):
            _shm.Waiter(self.engine.instance, None, 0.6)
        reader = daypack.Reader(self.engine.instance)
        with self.assertRaisesRegex(RuntimeError, "opened once"):
            reader.__init__(self.engine.instance)
        reader.close()

    def test_is_closed_in_a_process_that_was_forked_from_the_one_that_has_its_thread(self):
        _, waiter = self.opened(0.0005)
        child = os.fork()
        if child == 0:
            waiter.close()
            os._exit(0)
        try:
            ended = wait_until(lambda: os.waitpid(child, os.WNOHANG)[0] == child or None, 5, "the end of the child")
        except AssertionError:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise
        self.assertTrue(ended)
        self.assertTrue(select.select([waiter.fileno()], [], [], 5)[0], "the thread goes on in its own process")


if __name__ == "__main__":
    unittest.main()
