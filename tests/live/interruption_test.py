# SPDX-License-Identifier: Apache-2.0
"""Sleeping calls are interrupted, begun again or left alone by the very signals that do so without snug."""

from harness import main, needs
from watching import WatchingCase

CALLS = {"read", "accept", "connect", "wait4", "futex", "poll", "epoll_wait", "rt_sigtimedwait", "semtimedop", "flock"}


@needs("ptrace", "x86_64")
class InterruptionTest(WatchingCase):
    def assert_interrupts(self, kind, calls=CALLS):
        """Returns how each call ended, by its name."""
        lines = self.assert_unchanged("interruption", kind, calls=calls).splitlines()
        told = {}
        for line in lines:
            if not line.startswith(" "):
                name = line
            elif "returned" in line:
                told[name] = line.strip()
        self.assertEqual(len(told), 33)
        return told

    def test_a_handled_signal_ends_every_call(self):
        told = self.assert_interrupts("handled")

        self.assertEqual(set(told.values()), {"returned -1 EINTR after 1 and 0 signals"})

    def test_a_handler_that_restarts_calls_restarts_the_same_ones(self):
        told = self.assert_interrupts("restarting")

        self.assertEqual(told["read of a pipe"], "returned -1 EINTR after 1 and 1 signals")
        self.assertEqual(told["epoll_wait"], "returned -1 EINTR after 1 and 0 signals")

    def test_an_ignored_signal_ends_no_call(self):
        told = self.assert_interrupts("ignored")

        self.assertEqual(set(told.values()), {"returned -1 EINTR after 0 and 1 signals"})

    def test_a_signal_that_does_nothing_by_default_ends_no_call(self):
        told = self.assert_interrupts("harmless")

        self.assertEqual(set(told.values()), {"returned -1 EINTR after 0 and 1 signals"})

    def test_being_stopped_and_continued_ends_the_same_calls_and_restarts_the_same_ones(self):
        told = self.assert_interrupts("stopping", CALLS | {"restart_syscall"})

        self.assertEqual(told["nanosleep"], "returned -1 EINTR after 0 and 1 signals")
        self.assertEqual(told["semop"], "returned -1 EINTR after 0 and 0 signals")


if __name__ == "__main__":
    main()
