# SPDX-License-Identifier: Apache-2.0
"""`trace --pid`: what can be asked of it, and what it says where it cannot be done."""

import json
import os
import shutil
import signal
import subprocess

import harness
from attaching import PATIENCE, AttachingCase, tasks_of, tracer_of
from recordings import tracee
from running import until

USER = 65534
DROP = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]
DENIED = "snug: cannot trace process {}: Operation not permitted\n  cause: {}\n  try:   {}\n"
NO_SUCH = (
    "snug: cannot attach to process {}\n"
    "  cause: there is no such process\n"
    "  try:   look it up: ps -e, pgrep NAME\n"
)
IMPOSSIBLE = {
    ("--pid=1", "--", "true"): (
        "snug: cannot both attach to a process and run a command\n"
        "  cause: --pid and a command are given\n"
        "  try:   leave one of them out\n"
    ),
    ("--duration=1", "--", "true"): (
        "snug: --duration goes with --pid only\n"
        "  cause: a command is recorded until it ends\n"
        "  try:   snug trace -- timeout SECONDS COMMAND\n"
    ),
}
IMPOSSIBLE |= {
    ("--pid=1", option): (
        "snug: --pid goes with neither --until nor --stops=seccomp\n"
        "  cause: a process that runs already cannot be given a filter, and is recorded until you end it\n"
        "  try:   use --duration, or Ctrl-C\n"
    )
    for option in ("--until=command", "--stops=seccomp")
}
NOT_NUMBERS = {
    "--pid": ("the number of a process", ["0", "-1", "x", "1.5", "99999999999"]),
    "--duration": ("a number of seconds above 0", ["0", "-1", "x", "1s", "nan", "1e10"]),
    "--checkpoint": ("a number of seconds", ["-1", "x", "nan", "1e10"]),
}


class Usage(harness.Case):
    def test_what_goes_not_together_is_told_with_a_way_out(self):
        for words, message in IMPOSSIBLE.items():
            with self.subTest(words=words):
                outcome = harness.snug("trace", *words, cwd=self.dir)

                self.assertEqual((outcome.status, outcome.out, outcome.err), (125, "", message))

    def test_what_is_no_number_is_told_in_a_line(self):
        for option, (wanted, values) in NOT_NUMBERS.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    outcome = harness.snug("trace", f"{option}={value}", "--", "true", cwd=self.dir)

                    self.assertEqual(
                        (outcome.status, outcome.err),
                        (125, f"snug: {option}: '{value}' is not {wanted}\n  try:   snug trace --help\n"),
                    )


class Attaching(AttachingCase):
    def start_sleeper(self, *before):
        """A process that has begun to read, and so has executed all it will."""
        target = self.start(*before, "sh", "-c", "echo ready; read line; exit 5")
        self.assertEqual(target.stdout.readline(), "ready\n")
        return target

    def refused(self, pid, *options, snug=(harness.SNUG,)):
        outcome = harness.run(*snug, "trace", "--pid", pid, *options, "-o", "/dev/null", cwd=self.dir)
        self.assertEqual((outcome.status, outcome.out), (125, ""))
        return outcome.err

    def assert_lives(self, target):
        self.assertEqual(tracer_of(target.pid), 0)
        target.communicate("\n", PATIENCE)
        self.assertEqual(target.returncode, 5)


@harness.needs("attach")
class Targets(Attaching):
    def test_who_does_not_exist_cannot_be_attached_to(self):
        self.assertEqual(self.refused(4194304), NO_SUCH.format(4194304))

    def test_nor_can_who_has_ended(self):
        zombie = subprocess.Popen(["true"])
        self.addCleanup(zombie.wait)
        self.await_state(zombie.pid, "Z")

        self.assertEqual(self.refused(zombie.pid), NO_SUCH.format(zombie.pid))

    def test_nor_can_a_thread_of_the_kernel(self):
        self.assertEqual(
            self.refused(2),
            DENIED.format(
                2,
                "process 2 is a thread of the kernel, which makes no system calls",
                "name the process that you want to observe",
            ),
        )

    def test_a_duration_does_not_outlast_a_failure(self):
        for _ in range(20):
            self.refused(4194304, "--duration=0.0001")

    @harness.needs("strace")
    def test_nor_can_who_is_traced_already(self):
        target = self.start_sleeper()
        strace = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-p", str(target.pid)])
        self.addCleanup(strace.wait)
        self.addCleanup(strace.terminate)
        until(lambda: tracer_of(target.pid) == strace.pid, PATIENCE, "strace attached")

        self.assertEqual(
            self.refused(target.pid),
            DENIED.format(
                target.pid,
                f"process {strace.pid} already traces it, and a process can have only one tracer",
                "do not run snug under strace, gdb or another tracer",
            ),
        )

    @harness.needs("x86_64")
    def test_a_threads_number_stands_for_its_process(self):
        target = self.start(tracee("leaderless"), "wait")
        self.assertEqual(target.stdout.readline(), "ready\n")
        threads = sorted(tasks_of(target.pid))

        tracer = self.attach(threads[1])
        held = [tracer_of(tid) for tid in threads]
        run = self.let_go(tracer)

        self.assertEqual((len(threads), held), (2, [tracer.pid] * 2))
        self.assertEqual(run["accounting"]["tasks_attached"], 2)

    def test_what_it_says_and_how_it_ends(self):
        target = self.start_sleeper()

        tracer = self.attach(target.pid)
        self.assertEqual(
            tracer.talk,
            "snug: attached to 1 task of 1 process; recording until the last one ends (Ctrl-C lets it go)\n",
        )
        self.let_go(tracer)

        self.assertIn(
            "complete: every task and every call is accounted for since snug attached; what came before was not seen\n",
            tracer.talk,
        )
        self.assert_lives(target)

    def test_quiet_says_nothing(self):
        target = self.start_sleeper()

        tracer = self.begin_attaching(target.pid, "-q", "--duration=0.05")
        self.finish(tracer)

        self.assertEqual(tracer.talk, "")
        self.assert_lives(target)


@harness.needs("attach", "root", "setpriv")
class OrdinaryUser(Attaching):
    def setUp(self):
        super().setUp()
        self.dir.chmod(0o777)
        self.program = self.dir / "snug"  # Where it was built the user may not be let in.
        shutil.copy(harness.SNUG, self.program)
        self.snug = [*DROP, self.program]

    def test_an_own_process_is_attached_to_and_let_go(self):
        target = self.start_sleeper(*DROP)

        run = self.let_go(self.attach(target.pid, snug=self.snug))

        self.assertFalse(run["tracer"]["privileged"])
        self.assert_lives(target)

    def test_somebody_elses_is_not(self):
        target = self.start_sleeper()

        self.assertEqual(
            self.refused(target.pid, snug=self.snug),
            DENIED.format(
                target.pid,
                f"process {target.pid} is another user's, and snug has no CAP_SYS_PTRACE",
                "run snug as root, or as that user",
            ),
        )
        self.assert_lives(target)

    def test_a_descendant_that_cannot_be_had_is_a_doubt(self):
        privileged = self.dir / "privileged"
        shutil.copy(os.path.realpath("/bin/cat"), privileged)
        privileged.chmod(0o4755)
        script = f"exec 3<&0; '{privileged}' <&3 & echo $!; wait; exit 5"
        target = self.start(*DROP, "sh", "-c", script)
        child = int(target.stdout.readline())
        until(lambda: os.stat(f"/proc/{child}").st_uid == 0, PATIENCE, "a privileged child")

        tracer = self.attach(target.pid, snug=self.snug)
        tracer.send_signal(signal.SIGINT)

        self.assertEqual(tracer.wait(PATIENCE), 0)
        recording = json.loads(self.recording.read_text())
        self.assertEqual(
            recording["incomplete_because"],
            [f"cannot trace process {child}: Operation not permitted: what it called was not seen"],
        )
        target.communicate("\n", PATIENCE)
        self.assertEqual(target.returncode, 5)


if __name__ == "__main__":
    harness.main()
