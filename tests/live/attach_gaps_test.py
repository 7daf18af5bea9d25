# SPDX-License-Identifier: Apache-2.0
"""Nobody is overlooked when snug attaches, and nobody notices that it lets go."""

import json
import signal
import subprocess
from pathlib import Path

from harness import SNUG, Case, main, needs
from recordings import counts, tracee
from running import until

DEADLINE = 10  # seconds
# Each time it is chance whether snug comes while a child is being born.
TIMES = 12


def field(pid, key):
    """A field of /proc/PID/status; empty when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[1] for line in lines if line.startswith(f"{key}:")), "")


def wait_for_state(pid, state):
    until(lambda: field(pid, "State") == state, DEADLINE, f"process {pid} in state {state}")


def is_stranger(pid):
    return field(pid, "TracerPid") == "0" and field(pid, "State") in ("R", "S", "D")


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@needs("attach", "root")
class AttachGaps(Case):
    def start(self, kind):
        program = subprocess.Popen(
            [tracee("attached"), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for stream in (program.stdin, program.stdout):
            self.addCleanup(stream.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        self.assertEqual(program.stdout.readline(), "ready\n")
        return program

    def attach(self, pid):
        """snug, once it says that it has attached."""
        tracer = subprocess.Popen(
            [SNUG, "trace", "--no-stacks", "-o", self.dir / "r.json", "--pid", str(pid)],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(tracer.stderr.close)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.kill)
        self.assertIn("attached to", tracer.stderr.readline())
        return tracer

    def let_go(self, tracer):
        """What snug said, and the recording."""
        tracer.send_signal(signal.SIGINT)
        talk = tracer.stderr.read()
        self.assertEqual(tracer.wait(), 0, talk)
        return talk, json.loads((self.dir / "r.json").read_text())

    def test_a_process_whose_first_thread_has_ended_is_attached_to(self):
        program = self.start("leaderless")
        wait_for_state(program.pid, "Z")

        _, recording = self.let_go(self.attach(program.pid))

        self.assertTrue(recording["complete"], recording["incomplete_because"])
        self.assertEqual(recording["runs"][0]["accounting"]["tasks_attached"], 1)

    def test_a_descendant_whose_first_thread_has_ended_is_attached_to(self):
        command = ["sh", "-c", '"$0" leaderless; exit 0', tracee("attached")]
        shell = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.addCleanup(shell.stdout.close)
        self.addCleanup(shell.wait)
        shell.stdout.readline()
        (child,) = children_of(shell.pid)
        self.addCleanup(subprocess.run, ["kill", "-KILL", child])
        wait_for_state(child, "Z")

        _, recording = self.let_go(self.attach(shell.pid))

        self.assertEqual(recording["runs"][0]["accounting"]["tasks_attached"], 2)

    def test_letting_go_interrupts_no_call(self):
        program = self.start("sleeping")
        wait_for_state(program.pid, "S")
        tracer = self.attach(program.pid)
        wait_for_state(program.pid, "S")  # again: it has been made to stop

        _, recording = self.let_go(tracer)

        self.assertIn("epoll_wait", counts(recording))
        self.assertEqual(program.communicate("\n")[0], "epoll_wait returned 1\n")

    def test_a_child_that_was_being_born_is_attached_to(self):
        for _ in range(TIMES):
            program = self.start("bearing")
            tracer = self.attach(program.pid)
            strangers = [child for child in children_of(program.pid) if is_stranger(child)]
            talk, _ = self.let_go(tracer)
            program.kill()

            self.assertEqual(strangers, [], talk)


if __name__ == "__main__":
    main()
