# SPDX-License-Identifier: MIT
"""The three services of tools/container/compose.yaml, in containers or as plain processes, behind the same few verbs."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYMBOLS = ("BTC_USDC", "ETH_USDC", "SOL_USDC_PERP")


class Failed(Exception):
    """What ends the regression, in words."""


def wait_until(true, seconds, what):
    end = time.monotonic() + seconds
    while not (found := true()):
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def output_of(command, seconds=60, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds,
                          check=False, text=True, **more)


class Containers:
    """By `docker compose`, or docker-compose of before. The image is named by DAYPACK_IMAGE."""
    name = "containers"

    def __init__(self, work):
        self.port = free_port()
        self.environment = {**os.environ, "DAYPACK_EXCHANGE_PORT": str(self.port)}
        self.docker = os.environ.get("DOCKER", "docker")
        plugin = output_of([self.docker, "compose", "version"]).returncode == 0
        compose = [self.docker, "compose"] if plugin else ["docker-compose"]
        self.command = [*compose, "--project-name", f"daypack-{os.getpid()}", "--file",
                        str(ROOT / "tools/container/compose.yaml")]
        self.log = work / "compose.log"
        self.ids = {}

    def compose(self, *arguments, seconds=240):
        done = output_of([*self.command, *arguments], seconds, env=self.environment)
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"$ compose {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        if done.returncode != 0:
            raise Failed(f"compose {' '.join(arguments)}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def up(self):
        self.compose("up", "--detach")
        self.ids = {service: self.compose("ps", "--quiet", service).strip() for service in ("exchange", "engine", "reader")}

    def down(self):
        self.compose("logs", "--no-color")
        self.compose("down", "--volumes", "--timeout", "20")

    def run_in(self, service, *arguments):
        done = output_of([self.docker, "exec", self.ids[service], "daypack", *arguments])
        return done.returncode, done.stdout, done.stderr

    def authority(self):
        return output_of([self.docker, "exec", self.ids["exchange"], "cat", "/var/lib/daypack/ca.pem"]).stdout

    def inspect(self, service, what):
        return output_of([self.docker, "inspect", "--format", what, self.ids[service]]).stdout.strip()

    def kill(self, service):
        self.compose("kill", "-s", "KILL", service)

    def start(self, service):
        self.compose("start", service)

    def crash(self, service):
        """Ends it as a fault of its own would; it is started again by its restart policy."""
        before = self.inspect(service, "{{.State.StartedAt}}")
        try:
            os.kill(int(self.inspect(service, "{{.State.Pid}}")), signal.SIGKILL)
        except PermissionError:  # the engine is another user's, or on another machine
            self.kill(service)
            self.start(service)
        wait_until(lambda: self.inspect(service, "{{.State.StartedAt}} {{.State.Running}}") not in (
            f"{before} true", f"{before} false"), 30, f"{service} is started again")

    def stop(self, service):
        """Returns its exit code."""
        self.compose("stop", "--timeout", "20", service)
        return int(self.inspect(service, "{{.State.ExitCode}}"))

    def lines_of(self, service):
        return output_of([self.docker, "logs", "--tail", "1", self.ids[service]]).stdout

    def confinement(self):
        """What is wrong with how the services are confined, in words."""
        for service in self.ids:
            if output_of([self.docker, "exec", self.ids[service], "touch", "/etc/x"]).returncode == 0:
                yield f"{service} writes to its root"
            if output_of([self.docker, "exec", self.ids[service], "id", "-u"]).stdout.strip() in ("", "0"):
                yield f"{service} runs as root"
            if output_of([self.docker, "exec", self.ids[service], "grep", "CapEff:.0*$", "/proc/1/status"]).returncode != 0:
                yield f"{service} has capabilities"
        if output_of([self.docker, "exec", self.ids["reader"], "touch", "/dev/shm/x"]).returncode == 0:
            yield "the reader writes to shared memory"
        wait_until(lambda: {self.inspect(service, "{{.State.Health.Status}}") for service in self.ids} == {"healthy"}, 30,
                   "each service is healthy by its own check")


class Processes:
    """The same services without containers, where there is no engine for them: all but the confinement is tested."""
    name = "processes"

    def __init__(self, work):
        self.work = work
        self.program = os.environ["DAYPACK_PROGRAM"]
        self.port = free_port()
        self.instance = f"compose-{os.getpid()}"
        config = (ROOT / "tools/container/daypack.yaml").read_text(encoding="utf-8")
        config = config.replace("exchange:8443", f"localhost:{self.port}").replace("/var/lib/daypack", str(work))
        (work / "daypack.yaml").write_text(config, encoding="utf-8")
        self.commands = {
            "exchange": ["sim", "--bind", "127.0.0.1", "--port", str(self.port), "--tls", "--name", "exchange",
                         "--ca-key", str(work / "ca.key"), "--ca-out", str(work / "ca.pem"),
                         "--symbols", ",".join(SYMBOLS), "--rate", "100"],
            "engine": ["run", str(work / "daypack.yaml"), "--instance", self.instance],
            "reader": ["tail", "--symbol", "BTC-USDC", "--instance", self.instance]}
        self.children = {}

    def start(self, service):
        with open(self.work / f"{service}.out", "ab") as out, open(self.work / f"{service}.err", "ab") as err:
            self.children[service] = subprocess.Popen([self.program, *self.commands[service]], stdin=subprocess.DEVNULL,
                                                      stdout=out, stderr=err)

    def up(self):
        self.start("exchange")
        wait_until(lambda: b"listening" in (self.work / "exchange.out").read_bytes(), 30, "the exchange listens")
        self.start("engine")
        wait_until(lambda: self.run_in("engine", "health")[0] == 0, 60, "the engine is healthy")
        self.start("reader")

    def down(self):
        for child in self.children.values():
            if child.poll() is None:
                child.kill()
            child.wait()
        for name in (f"daypack.{self.instance}", f"daypack.{self.instance}.wake"):
            pathlib.Path("/dev/shm", name).unlink(missing_ok=True)

    def run_in(self, _service, *arguments):
        done = output_of([self.program, *arguments, "--instance", self.instance])
        return done.returncode, done.stdout, done.stderr

    def authority(self):
        return (self.work / "ca.pem").read_text(encoding="ascii")

    def kill(self, service):
        self.children[service].kill()
        self.children[service].wait()

    def crash(self, service):
        self.kill(service)
        self.start(service)

    def stop(self, service):
        self.children[service].terminate()
        code = self.children[service].wait(20)
        return 0 if service == "reader" and code == -signal.SIGTERM else code

    def lines_of(self, service):
        path = self.work / f"{service}.out"
        return path.read_bytes()[-200:].decode()

    def confinement(self):
        return iter(())


def books_of(services):
    """The books that the reader shows now, each {symbol, native, state, u, bids, asks, ...}; none where it shows none."""
    _, out, _ = services.run_in("reader", "cat", "--json", "--levels", "0")
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]
