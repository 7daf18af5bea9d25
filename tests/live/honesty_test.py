# SPDX-License-Identifier: Apache-2.0
"""The workload does not notice that it is watched, and what was not seen is said."""

import json
import subprocess
import sys

from harness import SNUG, Case, main, needs, run
from recordings import books, call, counts, record, tracee

CLONE_UNTRACED = 0x800000

# Makes so many calls that the tracer does all it can to be near, and tells how it and a child are scheduled.
SCHEDULING = """
import os, subprocess, sys
for _ in range(20000): os.getppid()
state = sorted(os.sched_getaffinity(0)), os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
print(state, flush=True)
if len(sys.argv) == 1: subprocess.run([sys.executable, "-c", sys.stdin.read(), "child"], stdin=subprocess.DEVNULL)
"""


@needs("ptrace", "x86_64")
class BlindSpots(Case):
    """Each test runs once with a filter's stops and once with PTRACE_SYSCALL's."""

    def recordings_of(self, *command):
        for stops in ("seccomp", "syscall"):
            yield stops, record(self.dir / f"{stops}.json", *command, options=["--stops", stops])[1]

    def test_a_child_that_wants_no_tracer_is_followed_all_the_same(self):
        for stops, recording in self.recordings_of(tracee("untraced")):
            self.assertTrue(recording["complete"], msg=stops)
            self.assertEqual(books(recording)["tasks_born"], 3)
            made = counts(recording)
            self.assertEqual((made["getuid"], made["getgid"]), (2, 3), msg=stops)
            flags = call(recording, "clone3")["arguments"]["flags"] + call(recording, "clone")["arguments"]["flags"]
            self.assertEqual([flag & CLONE_UNTRACED for flag in flags], [CLONE_UNTRACED] * 2, msg=stops)

    @needs("strace")
    def test_a_workload_that_wants_to_trace_is_noticed(self):
        for stops, recording in self.recordings_of("strace", "-o", "/dev/null", "true"):
            (reason,) = recording["incomplete_because"]
            self.assertIn("strace wanted to trace or be traced", reason, msg=stops)

    def test_a_workload_that_filters_itself_hides_nothing(self):
        for stops, recording in self.recordings_of(tracee("own_filter")):
            self.assertTrue(recording["complete"], msg=stops)
            self.assertEqual(call(recording, "getppid")["errors"], {"EACCES": 5})


@needs("ptrace")
class Transparency(Case):
    def test_the_workload_is_scheduled_as_if_nobody_watched(self):
        command = [sys.executable, "-c", SCHEDULING]
        native = run(*command, input=SCHEDULING)
        watched = run(SNUG, "trace", "-q", "-o", self.dir / "r.json", "--", *command, input=SCHEDULING)

        self.assert_status(watched, 0)
        self.assertEqual(len(native.out.splitlines()), 2)
        self.assertEqual(watched.out, native.out)

    def test_children_from_before_snug_are_neither_recorded_nor_waited_for(self):
        recording = self.dir / "r.json"
        script = 'sleep 1000 & echo $!; exec "$0" "$@"'
        command = ["sh", "-c", script, SNUG, "trace", "-q", "-o", str(recording), "--", "true"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shell:
            sleeper = shell.stdout.readline().strip()
            self.addCleanup(subprocess.run, ["kill", sleeper], check=False)
            self.assertEqual(shell.wait(timeout=60), 0)

        self.assertEqual(books(json.loads(recording.read_text()))["tasks_born"], 1)
        self.assertEqual(subprocess.run(["kill", "-0", sleeper], check=False).returncode, 0)


if __name__ == "__main__":
    main()
