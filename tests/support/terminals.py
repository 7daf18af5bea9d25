# SPDX-License-Identifier: Apache-2.0
"""A command at a terminal of its own: what is typed, what is shown, and how it ends."""

import contextlib
import errno
import os
import pty
import select
import signal
import threading
import time

DEADLINE = 10  # seconds


class Terminal:
    """A command that leads the session of a terminal of its own."""

    def __init__(self, command, folder, environment):
        self.text = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], [os.fspath(word) for word in command], {**os.environ, **environment})
        self.status = None

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, text):
        """Waits until `text` has been shown, and forgets what stood before its end."""
        deadline = time.monotonic() + DEADLINE
        while text not in self.text:
            if not self.read_more(deadline - time.monotonic()):
                raise AssertionError(f"{text!r} was not shown, but:\n{self.text}")
        before, _, self.text = self.text.partition(text)
        return before

    def expect_listener(self):
        """The process id of the listener that has started."""
        self.expect("<process ")
        return int(self.expect(">"))

    def read_more(self, seconds):
        if seconds <= 0 or not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            shown = os.read(self.master, 65536)
        except OSError as failure:
            if failure.errno != errno.EIO:  # How Linux says that nobody holds the terminal any more.
                raise
            return False
        self.text += shown.decode(errors="replace")
        return bool(shown)

    def wait(self):
        """All that was still shown, and the exit status."""
        deadline = time.monotonic() + DEADLINE
        while self.read_more(deadline - time.monotonic()):
            pass
        return self.text, self.reap()

    def reap(self):
        """The exit status as a shell shows it; what does not end is killed."""
        deadline = threading.Timer(DEADLINE, os.kill, (self.pid, signal.SIGKILL))
        deadline.start()
        _, status = os.waitpid(self.pid, 0)
        deadline.cancel()
        code = os.waitstatus_to_exitcode(status)
        self.status = code if code >= 0 else 128 - code
        return self.status

    def close(self):
        with contextlib.suppress(OSError):
            os.close(self.master)
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.reap()
