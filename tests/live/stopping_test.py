# SPDX-License-Identifier: Apache-2.0
"""Stopped processes stay stopped until they are continued, and their parents are told so, as without snug."""

import os
import signal
import subprocess
from pathlib import Path

from harness import SNUG, main, needs
from recordings import tracee
from running import until
from watching import STOPS, WatchingCase

DEADLINE = 30  # seconds


@needs("ptrace", "x86_64")
class StoppingTest(WatchingCase):
    def test_each_stopping_signal_stops_a_process_and_its_parent_is_told(self):
        told = self.assert_unchanged("stopping", "single", calls={"waitid", "kill"})

        self.assertNotIn("gets on: 1", told)
        self.assertIn("stopped: ok, CHLD code 5 status 21 pid child uid 1", told)
        self.assertIn("continued: ok, CHLD code 6 status 18 pid child uid 1", told)

    def test_all_threads_stop_and_go_on_together(self):
        self.assertNotIn("gets on: 1", self.assert_unchanged("stopping", "threads", calls={"waitid", "kill"}))

    def test_a_stopped_process_can_be_killed(self):
        self.assertIn("killed: ok, CHLD code 2 status 9", self.assert_unchanged("stopping", "kill stopped"))

    def test_a_stopped_process_takes_its_signals_when_it_goes_on(self):
        self.assertIn("handled while stopped: 0", self.assert_unchanged("stopping", "signal stopped"))

    def test_a_stopped_process_that_was_told_to_end_ends_when_it_goes_on(self):
        self.assertIn("ended: ok, CHLD code 2 status 15", self.assert_unchanged("stopping", "terminate stopped"))

    def test_a_process_that_was_not_stopped_can_be_continued(self):
        self.assertIn("handled: 4", self.assert_unchanged("stopping", "continue running"))

    def test_a_process_can_stop_itself_over_and_over(self):
        self.assertIn("ended: ok, CHLD code 1 status 7", self.assert_unchanged("stopping", "stop itself"))

    def test_a_process_can_be_stopped_anywhere(self):
        self.assert_unchanged("stopping", "stop anywhere", calls={"wait4"})

    def test_threads_can_be_born_into_a_stop(self):
        self.assert_unchanged("stopping", "stop births", calls={"waitid"})

    def test_the_whole_tree_can_be_stopped_from_outside_while_it_works(self):
        command = [tracee("storm"), "pipe"]
        for stops in STOPS:
            with self.subTest(stops=stops):
                self.assertEqual(self.stop_while_it_runs(stops, command), "received 1000000, then ok\ncounted 20000\n")

    def stop_while_it_runs(self, stops, command):
        """The output of a watched command that is stopped and continued five times, with snug and all."""
        with subprocess.Popen(
            [SNUG, "trace", "-q", "--stops", stops, "-o", self.dir / "r.json", "--", *command],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as tracer:
            for _ in range(5):
                os.killpg(tracer.pid, signal.SIGSTOP)
                until(lambda: tracer.poll() is not None or self.state_of(tracer.pid) in "TZ", DEADLINE, "snug stopped")
                os.killpg(tracer.pid, signal.SIGCONT)
            told = tracer.communicate(timeout=DEADLINE)[0]
        self.assertEqual(tracer.returncode, 0)
        return told

    @staticmethod
    def state_of(pid):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@needs("ptrace", "x86_64")
class GroupsTest(WatchingCase):
    def test_a_signal_reaches_the_members_of_a_group_and_no_other(self):
        told = self.assert_unchanged("groups", "kill group", calls={"setpgid", "kill"})

        self.assertIn("arrived: 1 1 1 0\n", told)

    def test_a_stopped_group_that_is_orphaned_is_hung_up_and_continued(self):
        told = self.assert_unchanged("groups", "orphan", calls={"setsid", "setpgid"})

        self.assertEqual(told, "hung up 1, continued 1, in the order hc\n")

    def test_an_orphaned_group_is_not_stopped_by_its_terminal(self):
        self.assertIn("orphan: exited with 8", self.assert_unchanged("groups", "stop orphan", calls={"setsid"}))

    def test_sessions_and_groups_are_made_and_refused_alike(self):
        self.assert_unchanged("groups", "session", calls={"setsid", "setpgid"})


if __name__ == "__main__":
    main()
