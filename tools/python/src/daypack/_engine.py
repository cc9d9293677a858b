# SPDX-License-Identifier: MIT
"""Starts the installed program where no engine runs, looks after it, and ends it with the last feed that wanted it."""
import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from ._shm import DaypackError
from .reader import Reader

ENGINE_REFUSAL = "engine is None, or 'auto' to start one where none runs"
_supervisors = {}  # by instance: feeds of one instance share its engine


def find_program(program=None):
    """The path of the program daypack: as told, of DAYPACK_PROGRAM in the environment, or on PATH."""
    name = program or os.environ.get("DAYPACK_PROGRAM") or "daypack"
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"the program {name} was not found: install it (cmake --install, or the Debian package), "
                                "or name it by program= or DAYPACK_PROGRAM")
    return found


def engine_runs(instance):
    try:
        with Reader(instance) as reader:
            return reader.alive()
    except (DaypackError, OSError):
        return False


class Supervisor:
    """One engine, for the feeds that it serves: each from when it begins to run until it is shut down. `tend` may be called at
    any time and never blocks."""

    def __init__(self, instance, program, log):
        self.instance = instance
        self.program = find_program(program)
        self.log = log
        self.served = set()  # by id(): a feed need not be hashable
        self.child = None
        self.symbols, self.channels, self.settings, self.options = [], [], {}, {}
        self.arguments = []
        self.depth = 64
        self.config = None  # path of a file that is the user's own
        self._folder = None
        self._next_start = 0.0
        self._pause = 0.5

    def add(self, symbols, channels, settings, options, max_depth, config):
        self.config = config or self.config
        self.symbols += [symbol for symbol in symbols if symbol not in self.symbols]
        self.channels += [channel for channel in channels if channel not in self.channels]
        self.settings.update({key: value for key, value in settings.items() if value is not None})
        for section, of in options.items():
            if section == "arguments":
                self.arguments = list(of)  # of `daypack run`
            else:
                self.options.setdefault(section, {}).update(of)
        if max_depth == 0 or max_depth > 32:
            self.depth = 16384  # whole books
        if self.child is not None and self.child.poll() is None and self.config is None:
            self._write()
            self.child.send_signal(signal.SIGHUP)  # it reads its list of symbols again

    def serve(self, feed):
        self.served.add(id(feed))
        _supervisors[self.instance] = self

    def leave(self, feed):
        """Ends the engine with the last one. A feed may leave more than once."""
        self.served.discard(id(feed))
        if not self.served:
            self.end()

    def _environment(self):
        environment = dict(os.environ)
        for key, name in (("api_key", "BACKPACK_KEY"), ("api_secret", "BACKPACK_SECRET")):
            if self.settings.get(key):
                environment[name] = self.settings[key]
        return environment

    def _write(self):
        """JSON, which is YAML. Keys go by the environment, not by the file."""
        exchange = {"class": "Ccxt_Backpack_Feed", "exchange": "backpack", "symbols": self.symbols,
                    "channels": [name for name in self.channels if name != "TICKER"] or ["L2_BOOK"]}
        if "L2_BOOK" not in exchange["channels"]:
            exchange["channels"].append("L2_BOOK")  # by which the engine lives
        for key in ("snapshot_interval", "websocket", "rest_only"):
            if key in self.settings:
                exchange[key] = self.settings[key]
        for key, name in (("api_key", "BACKPACK_KEY"), ("api_secret", "BACKPACK_SECRET")):
            if self.settings.get(key):
                exchange[key] = "${" + name + "}"
        exchange.update(self.options.get("exchange", {}))
        engine = {"depth": self.depth, "max_symbols": max(16, 2 * len(self.symbols)), **self.options.get("engine", {})}
        path = self._folder / "config.yaml"
        path.write_text(json.dumps({"exchanges": {"ccxt_backpack": exchange}, "engine": engine}), encoding="utf-8")
        return path

    def tend(self):
        """Starts the engine where none of this instance runs, again after a while where it ended."""
        now = time.monotonic()
        if not self.served or now < self._next_start:
            return
        if self.child is not None:
            if self.child.poll() is None:
                return
            self._tell_end()
        elif engine_runs(self.instance):
            self._next_start = now + 1.0
            return
        self._next_start = now + self._pause
        self._pause = min(self._pause * 2, 10.0)
        if self._folder is None or not self._folder.is_dir():  # somebody may have cleaned up
            self._folder = pathlib.Path(tempfile.mkdtemp(prefix="daypack-"))
        config = self.config or self._write()
        command = [self.program, "run", str(config), "--instance", self.instance, *self.arguments]
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", "TERM", *command]  # it must not outlive a killed parent
        with open(self._folder / "engine.log", "wb") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                                          env=self._environment(), start_new_session=True)
        self.log.info("BACKPACK: started an engine of instance %s, pid %d", self.instance, self.child.pid)

    def last_words(self):
        if self._folder is None:
            return ""
        log = self._folder / "engine.log"
        return log.read_text(encoding="utf-8", errors="backslashreplace")[-2000:].strip() if log.exists() else ""

    def _tell_end(self):
        self.log.error("BACKPACK: the engine of instance %s ended with %s: %s", self.instance, self.child.returncode,
                       (self.last_words().splitlines() or ["it said nothing"])[-1])
        self.child = None

    def end(self):
        _supervisors.pop(self.instance, None)
        child, self.child = self.child, None
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(3)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def forget(self):
        """Engine and folder are another process's, from which this one was forked."""
        self.child = self._folder = None
        self.served.clear()


def runs_here(instance):
    """True where this process has started an engine of that instance: it lists what the feeds want."""
    supervisor = _supervisors.get(instance)
    return supervisor is not None and supervisor.child is not None


def supervisor_of(instance, program, symbols, channels, settings, options, max_depth, log, config=None):
    supervisor = _supervisors.get(instance)
    if supervisor is None:
        supervisor = _supervisors[instance] = Supervisor(instance, program, log)
    supervisor.add(symbols, channels, settings, options, max_depth, config)
    return supervisor


def _forget_all():
    for supervisor in _supervisors.values():
        supervisor.forget()
    _supervisors.clear()


os.register_at_fork(after_in_child=_forget_all)


@atexit.register
def _end_all():
    for supervisor in list(_supervisors.values()):
        supervisor.end()
