# SPDX-License-Identifier: Apache-2.0
"""A started workload, in a container or under trace, and how a client reaches it."""

import concurrent.futures
import contextlib
import ctypes
import errno
import http.client
import os
import signal
import time

CLONE_NEWNET = 0x40000000
# How a request fails while the workload is starting, or has just ended: no process, no loopback device, no server.
NOT_YET = {errno.ENOENT, errno.ESRCH, errno.ENETUNREACH, errno.ECONNREFUSED}


class NotServed(AssertionError):
    """The workload ended, or answered something else, or nothing in time."""


def until(fact, seconds, what):
    """What `fact()` says as soon as it is true; TimeoutError naming `what` when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (truth := fact()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.01)
    return truth


class Running:
    """The command that runs a workload in the foreground, and the file its output goes to.

    `find_pid()` answers with the host's number of the workload's first process, or None while nobody knows it.
    """

    def __init__(self, process, log, find_pid):
        self.process = process
        self.log = log
        self.find_pid = find_pid

    def has_ended(self):
        return self.process.poll() is not None

    def wait(self, seconds=60):
        """The exit status, as a shell shows it."""
        code = self.process.wait(seconds)
        return code if code >= 0 else 128 - code

    def output(self):
        return self.log.read_text(errors="replace")

    def stop(self, signo=signal.SIGKILL):
        """Signals the workload's first process, whose end is the container's, and waits for the command to clean up."""
        pid = None if self.has_ended() else self.find_pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):  # It ended meanwhile.
                os.kill(pid, signo)
        elif not self.has_ended():
            self.process.terminate()
        return self.wait()

    def ask(self, request, seconds=30):
        """The answer to `request()`, asked from inside the workload's network namespace once its server accepts."""
        try:
            return until(lambda: self._attempt(request), seconds, "a server that accepts")
        except (OSError, EOFError, http.client.HTTPException) as failure:
            raise NotServed(repr(failure)) from failure

    def _attempt(self, request):
        if self.has_ended():
            raise EOFError(f"the workload ended with status {self.wait()}")
        try:
            pid = self.find_pid()
            return pid and in_network_of(pid, request)
        except OSError as failure:
            if failure.errno in NOT_YET:
                return None
            raise


def in_network_of(pid, action):
    """What `action()` returns in a thread that has joined the network namespace of process `pid`."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(_join_and_act, pid, action).result()


def _join_and_act(pid, action):
    with open(f"/proc/{pid}/ns/net", "rb") as namespace:
        # Until the runtime has moved the process into its own namespace, a request would go to this machine's servers.
        if os.fstat(namespace.fileno()).st_ino == os.stat("/proc/self/ns/net").st_ino:
            raise OSError(errno.ENETUNREACH, "the workload has no network namespace yet")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    return action()
