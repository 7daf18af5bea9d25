# SPDX-License-Identifier: Apache-2.0
"""What the example workloads share: how one is described, and how its clients reach it inside its container."""

import concurrent.futures
import dataclasses
import http.client
import os
import signal
import socket
from typing import Callable

import harness
from rootfs import Recipe
from running import NotServed, until

HTTP_PORT = 8080
# Long enough to be sent in several pieces.
PAGE = "".join(f"line {number} of a page\n" for number in range(5000))


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """A server or tool as it runs in its container, and a visit that uses all of it that a profile should know.

    `visit(visitor)` raises NotServed unless the workload does its work; it may leave it running. `packages` are
    where the programs come from, `exercised` says in words what the visit does, and `stop` asks it to end by itself.
    """

    name: str
    title: str
    recipe: Recipe
    command: tuple
    visit: Callable
    exercised: str
    packages: tuple
    stop: int = signal.SIGTERM
    user: int = 0
    exit_statuses: tuple = (0,)

    def missing_programs(self):
        return [program for program in self.recipe.programs if not harness.has(program)]

    def exercise(self, running, seconds=60):
        """Visits what runs, then stops it gracefully. NotServed carries everything that it said."""
        try:
            self.visit(Visitor(running))
            self.end(running, seconds)
        except (NotServed, AssertionError, OSError, TimeoutError, http.client.HTTPException) as failure:
            running.stop(signal.SIGKILL)
            raise NotServed(f"{failure!r}\n{running.output()[-4000:]}") from failure

    def end(self, running, seconds):
        if not running.has_ended():
            os.kill(running.find_pid(), self.stop)
        until(running.has_ended, seconds, f"the end of {self.name} after {signal.Signals(self.stop).name}")
        if running.wait() not in self.exit_statuses:
            raise NotServed(f"it ended with status {running.wait()}")


class Visitor:
    """The clients of one running workload, in its network namespace."""

    def __init__(self, running):
        self.running = running

    def signal(self, signo):
        os.kill(self.running.find_pid(), signo)

    def ask(self, request):
        return self.running.ask(request)

    def command(self, *command, **options):
        """What became of a client program of this machine."""
        until(self.running.find_pid, 30, "the workload's first process")
        return harness.run("nsenter", f"--net=/proc/{self.running.find_pid()}/ns/net", *command, **options)

    def client(self, *command, **options):
        """What a client program of this machine prints; its failure is the server's."""
        outcome = self.command(*command, **options)
        if outcome.status != 0:
            raise NotServed(f"{command} ended with {outcome}")
        return outcome.out

    def wait_for(self, fact, what, seconds=30):
        """Asks until `fact()`, made in the workload's namespace, is true."""
        until(lambda: self.ask(fact), seconds, what)

    def request(self, path, method="GET", body=None, port=HTTP_PORT, expect=(200,), **headers):
        """The answer's body and headers, once there is one with an expected status."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        status, answer, text = self.ask(lambda: http_request(port, (method, path, body, headers)))
        check(status in expect, f"{method} {path} was answered with {status}")
        return text, answer

    def requests_at_once(self, paths, port=HTTP_PORT):
        """Fetches all of `paths` at the same time."""
        self.ask(lambda: at_once([(lambda path=path: http_request(port, ("GET", path, None, {}))) for path in paths]))


def check(truth, otherwise):
    if not truth:
        raise NotServed(otherwise)


def http_request(port, request, attempts=3):
    """The status, headers and body that come back for a (method, path, body, headers).

    A server that restarts may close connections that it has just accepted; clients then ask again.
    """
    try:
        return request_once(port, request)
    except ConnectionResetError:
        if attempts == 1:
            raise
        return http_request(port, request, attempts - 1)


def request_once(port, request):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(*request)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def at_once(actions):
    """Does all of `actions` in threads of their own, which are in the namespace of the one that asks."""
    with concurrent.futures.ThreadPoolExecutor(len(actions)) as pool:
        return [future.result() for future in [pool.submit(action) for action in actions]]


def converse(port, *lines, stream=True, path=None):
    """What a server answers to bytes sent in pieces, until it closes or the sender has shut down its side."""
    kind = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
    family = socket.AF_UNIX if path else socket.AF_INET
    with socket.socket(family, kind) as connection:
        connection.settimeout(20)
        connection.connect(path or ("127.0.0.1", port))
        for line in lines:
            connection.sendall(line)
        if not stream:
            return connection.recv(65536)
        return connection.makefile("rb").read()
