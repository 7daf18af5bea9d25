# SPDX-License-Identifier: Apache-2.0
"""--until=command and --survive: who is recorded how long, and who lives on."""

import json
import signal

import harness
from attaching import PATIENCE, AttachingCase, members_of, processes_of, tracer_of
from running import until

# A daemon, whose number the command tells, and which then echoes what the command was given to read.
DAEMON = "exec 3<&0; setsid sh -c 'while read line; do echo $line; done' <&3 & echo $!; {}; exit 7"
ACCOUNTED = "every task and every call is accounted for"
IGNORING = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])"


class Launching(AttachingCase):
    def launch(self, *command, options=(), before=()):
        """A snug that speaks to a file: whoever lives on holds its standard error open."""
        with (self.dir / "talk").open("w") as talk:
            snug = [*before, harness.SNUG, "trace", *options, "-o", self.recording, "--"]
            return self.start(*snug, *command, stderr=talk)

    def talk(self):
        return (self.dir / "talk").read_text()

    def run_recorded(self):
        (run,) = json.loads(self.recording.read_text())["runs"]
        return run


class Daemons(Launching):
    def start_daemon(self, *options, ending="true"):
        tracer = self.launch("sh", "-c", DAEMON.format(ending), options=options)
        self.daemon = int(tracer.stdout.readline())
        self.addCleanup(self.kill_session, self.daemon)
        until(lambda: processes_of(self.daemon), PATIENCE, "the daemon's session")
        return tracer

    def assert_daemon_works(self, tracer, word="word"):
        tracer.stdin.write(f"{word}\n")
        tracer.stdin.flush()
        self.assertEqual(tracer.stdout.readline(), f"{word}\n")


@harness.needs("ptrace", "setsid")
class UntilCommand(Daemons):
    def assert_daemon_is_let_go(self, *options):
        tracer = self.start_daemon("--until=command", *options)

        self.assertEqual(tracer.wait(PATIENCE), 7)

        self.assertEqual([tracer_of(tid) for tid in members_of(self.daemon)], [0])
        self.assert_daemon_works(tracer)
        talk = self.talk()
        self.assertTrue(talk.startswith("snug: the command has ended; letting 1 descendant of it go\n"), talk)
        self.assertIn(f"complete: {ACCOUNTED} until the command ended; 1 task let go\n", talk)
        run = self.run_recorded()
        self.assertEqual((run["complete"], run["interval"]), (True, {"from": "launch", "to": "command"}))
        self.assertEqual((run["exit"], run["accounting"]["tasks_detached"]), ({"code": 7}, 1))
        self.assertEqual(run["tracer"]["mode"], "syscall")

    def test_a_daemon_is_let_go_and_works_on(self):
        self.assert_daemon_is_let_go()

    def test_so_is_one_that_would_survive(self):
        self.assert_daemon_is_let_go("--survive")

    def test_a_command_that_leaves_nobody_is_recorded_to_its_last_task(self):
        tracer = self.launch("sh", "-c", "(exit 3); exit 7", options=["--until=command"])

        self.assertEqual(tracer.wait(PATIENCE), 7)
        self.assertIn(f"complete: {ACCOUNTED}\n", self.talk())
        run = self.run_recorded()
        self.assertEqual(run["interval"], {"from": "launch", "to": "last task"})
        self.assertEqual(run["accounting"]["tasks_detached"], 0)

    def test_it_goes_not_with_a_filter_that_would_outlive_snug(self):
        for option in ("--until=command", "--survive"):
            outcome = harness.snug("trace", option, "--stops=seccomp", "--", "touch", "touched", cwd=self.dir)

            self.assertEqual(
                (outcome.status, outcome.out, outcome.err),
                (
                    125,
                    "",
                    "snug: --survive and --until=command do not go with --stops=seccomp\n"
                    "  cause: without snug, our filter would fail every call of whoever lives on\n"
                    "  try:   leave --stops out\n",
                ),
            )
        self.assertEqual(list(self.dir.iterdir()), [])


@harness.needs("ptrace", "setsid")
class Survive(Daemons):
    def start_family(self, *options):
        """A command that waits for its descendant, which echoes; their numbers."""
        tracer = self.start_daemon(*options, ending="wait; touch ended")
        command = [pid for pid in processes_of(tracer.pid) if tracer_of(pid) == tracer.pid]
        self.assert_daemon_works(tracer)
        return tracer, [*command, self.daemon]

    def test_with_it_the_death_of_snug_is_nobody_elses(self):
        tracer, family = self.start_family("--survive")

        tracer.kill()
        tracer.wait()

        self.assertEqual([tracer_of(pid) for pid in family], [0, 0])
        self.assert_daemon_works(tracer)
        tracer.stdin.close()
        until((self.dir / "ended").exists, PATIENCE, "the end of the command")

    def test_without_it_they_die_too(self):
        tracer, family = self.start_family()

        tracer.kill()
        tracer.wait()

        until(lambda: [tracer_of(pid) for pid in family] == [None, None], PATIENCE, "the end of everybody")
        self.assertFalse((self.dir / "ended").exists())


@harness.needs("ptrace")
class IgnoredChildren(Launching):
    """Whoever started snug ignores SIGCHLD: the kernel would then tell nobody of ends."""

    def test_the_command_inherits_that_and_its_end_is_seen(self):
        for stops in ("seccomp", "syscall"):
            with self.subTest(stops=stops):
                before = ["/usr/bin/python3", "-B", "-c", IGNORING]
                command = ["grep", "SigIgn", "/proc/self/status"]
                tracer = self.launch(*command, options=[f"--stops={stops}"], before=before)

                out, _ = tracer.communicate(timeout=PATIENCE)

                self.assertEqual(int(out.split()[1], 16) >> (signal.SIGCHLD - 1) & 1, 1)
                run = self.run_recorded()
                self.assertEqual((run["complete"], run["exit"]), (True, {"code": 0}))


@harness.needs("ptrace")
class PhaseSignal(Launching):
    # Makes one umask for each line.
    SCRIPT = "trap 'echo caught' USR1; echo ready; while read line; do umask > /dev/null; echo done; done"

    def ask(self, tracer):
        tracer.stdin.write("line\n")
        tracer.stdin.flush()
        self.assertEqual(tracer.stdout.readline(), "done\n")

    def phases_of(self, name):
        if not self.recording.exists():
            return {}
        calls = json.loads(self.recording.read_text())["syscalls"]
        return next((call["phases"] for call in calls if call["name"] == name), {})

    def serves(self, tracer):
        self.ask(tracer)
        return "serving" in self.phases_of("umask")

    def test_calls_before_it_are_startup_and_later_ones_serving_and_it_does_not_reach_the_command(self):
        tracer = self.launch("sh", "-c", self.SCRIPT, options=["--phase-signal=USR1", "--checkpoint=0.05"])
        self.assertEqual(tracer.stdout.readline(), "ready\n")
        for _ in range(3):
            self.ask(tracer)

        tracer.send_signal(signal.SIGUSR1)
        until(lambda: self.serves(tracer), PATIENCE, "a checkpoint with the second phase")

        self.assertEqual(tracer.communicate("line\n", PATIENCE)[0], "done\n")
        self.assertEqual(tracer.returncode, 0)
        self.assertGreaterEqual(self.phases_of("umask")["startup"], 2 * 3)  # each asks and sets it
        self.assertEqual(set(self.phases_of("execve")) | set(self.phases_of("brk")), {"startup"})

    def test_one_that_snug_cannot_wait_for_is_refused(self):
        for name in ("KILL", "SIGSTOP", "CHLD", "SEGV", "NONE", "99"):
            outcome = harness.snug("trace", f"--phase-signal={name}", "--", "touch", "touched", cwd=self.dir)

            self.assert_status(outcome, 125)
            self.assertEqual(
                outcome.err,
                f"snug: --phase-signal: '{name}' is not a signal that snug can wait for\n"
                "  try:   snug trace --help\n",
            )
        self.assertEqual(list(self.dir.iterdir()), [])


if __name__ == "__main__":
    harness.main()
