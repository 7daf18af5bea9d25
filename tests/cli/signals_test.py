# SPDX-License-Identifier: Apache-2.0
"""Signals sent to snug reach the command once, as if it had been started without snug; the recording is written."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import harness
import running

LISTENER = Path(__file__).with_name("listener.py")
# A shell's view of a job that stops itself.
JOB_CONTROL = """
import os, signal
go, started = os.pipe()
job = os.fork()
if job == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(len(os.read(go, 9)))
assert os.WIFSTOPPED(os.waitpid(job, os.WUNTRACED)[1])
print("stopped", flush=True)
os.kill(job, signal.SIGCONT)
assert os.WIFCONTINUED(os.waitpid(job, os.WCONTINUED)[1])
print("continued", flush=True)
os.write(started, b"seventh")
print("exited with", os.WEXITSTATUS(os.waitpid(job, 0)[1]), flush=True)
"""

ASKING = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2]
# What some programs take as their order to stop: Apache httpd, systemd; and what would otherwise end snug.
OTHERS = [signal.SIGWINCH, signal.SIGRTMIN + 3, signal.SIGALRM]
STOPS = ["--stops=seccomp", "--stops=syscall"]
DEADLINE = 10  # seconds


@harness.needs("ptrace")
class Signals(harness.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.dir / "recording.json"

    def start(self, *command, options=("-q",)):
        """Starts snug in a session of its own, so that no signal of a terminal can reach it."""
        tracer = subprocess.Popen(
            [harness.SNUG, "trace", *options, "-o", self.recording, "--", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for stream in (tracer.stdin, tracer.stdout, tracer.stderr):
            self.addCleanup(stream.close)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.kill)
        # Who waits for a line that never comes reads the end of the file instead.
        deadline = threading.Timer(DEADLINE, tracer.kill)
        deadline.start()
        self.addCleanup(deadline.cancel)
        return tracer

    def listen(self, signals, options=("-q",)):
        command = [sys.executable, LISTENER, "0", *(str(int(signo)) for signo in signals)]
        tracer = self.start(*command, options=options)
        self.assertRegex(tracer.stdout.readline(), r"\A<process \d+>\n\Z")
        return tracer

    def exit_of_recorded_run(self):
        recording = json.loads(self.recording.read_text())
        self.assertTrue(recording["complete"])
        self.assertEqual(len(recording["runs"]), 1)
        return recording["runs"][0]["exit"]


class Forwarding(Signals):
    def assert_each_arrives_once(self, signals, options=("-q",)):
        tracer = self.listen(signals, options)

        for signo in signals:
            tracer.send_signal(signo)
            self.assertEqual(tracer.stdout.readline(), f"<signal {int(signo)}>\n")

        self.assertEqual(tracer.communicate("\n", 60)[0], "<end>\n")
        self.assertEqual(tracer.returncode, 0)
        self.assertEqual(self.exit_of_recorded_run(), {"code": 0})

    def test_a_signal_that_asks_a_program_to_do_something_reaches_the_command_once(self):
        for stops in STOPS:
            with self.subTest(stops=stops):
                self.assert_each_arrives_once(ASKING, ["-q", stops])

    def test_so_does_every_other_signal_that_can_be_caught(self):
        for signo in OTHERS:
            with self.subTest(signo=signo):
                self.assert_each_arrives_once([signo])

    def test_a_command_that_dies_of_it_gives_its_status_and_its_recording(self):
        for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(signo=signo):
                tracer = self.listen([])
                tracer.send_signal(signo)

                self.assertEqual(tracer.wait(60), 128 + signo)
                self.assertEqual(self.exit_of_recorded_run(), {"signal": signo})

    def test_a_signal_before_the_command_listens_is_not_lost(self):
        for _ in range(20):
            tracer = self.start("cat")
            running.until(lambda: self.blocks_signals(tracer.pid), 60, "snug ready for signals")
            tracer.send_signal(signal.SIGTERM)

            self.assertEqual(tracer.wait(60), 128 + signal.SIGTERM)

    @staticmethod
    def blocks_signals(pid):
        status = Path(f"/proc/{pid}/status").read_text()
        mask = int(status.partition("SigBlk:")[2].split()[0], 16)
        # glibc 2.41 blocks every signal while it forks; snug itself never blocks SIGCHLD.
        return mask >> (signal.SIGTERM - 1) & 1 and not mask >> (signal.SIGCHLD - 1) & 1

    def test_a_signal_to_the_whole_group_leaves_snug_alive_to_write_the_recording(self):
        tracer = self.start("cat")
        running.until(lambda: self.blocks_signals(tracer.pid), 60, "snug ready for signals")

        os.killpg(tracer.pid, signal.SIGTERM)

        self.assertEqual(tracer.wait(60), 128 + signal.SIGTERM)
        self.assertEqual(self.exit_of_recorded_run(), {"signal": signal.SIGTERM})

    def test_a_stopped_tracer_goes_on_where_it_was(self):
        tracer = self.listen([signal.SIGUSR1])

        tracer.send_signal(signal.SIGSTOP)
        running.until(lambda: self.state_of(tracer.pid) == "T", 60, "snug stopped")
        tracer.send_signal(signal.SIGUSR1)
        tracer.send_signal(signal.SIGCONT)

        self.assertEqual(tracer.stdout.readline(), f"<signal {int(signal.SIGUSR1)}>\n")
        self.assertEqual(tracer.communicate("\n", 60)[0], "<end>\n")

    @staticmethod
    def state_of(pid):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

    def test_a_process_that_stops_is_stopped_for_its_parent_until_it_is_continued(self):
        for stops in STOPS:
            with self.subTest(stops=stops):
                tracer = self.start(sys.executable, "-c", JOB_CONTROL, options=["-q", stops])

                self.assertEqual(tracer.communicate("", 60)[0], "stopped\ncontinued\nexited with 7\n")
                self.assertEqual(self.exit_of_recorded_run(), {"code": 0})

    def test_verify_passes_signals_on_as_trace_does(self):
        profile = self.dir / "allow.json"
        profile.write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
        command = [harness.SNUG, "verify", "-q", "--profile", profile, "--", sys.executable, LISTENER, "0"]
        signals = [signal.SIGINT, signal.SIGTERM]
        with subprocess.Popen(
            [*command, *(str(int(signo)) for signo in signals)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as verifier:
            self.assertIn(b"<process", verifier.stdout.readline())
            for signo in signals:
                verifier.send_signal(signo)
                self.assertEqual(verifier.stdout.readline(), b"<signal %d>\n" % signo)

            self.assertEqual(verifier.communicate(b"\n", 60)[0], b"<end>\n")
        self.assertEqual(verifier.returncode, 0)


class Descendants(Signals):
    def start_daemon(self, script):
        """A daemon in a session of its own, and a command that does not wait for it."""
        command = 'exec 3<&0; setsid sh -c "$0" <&3 & exit 5'
        return self.start("sh", "-c", command, script, options=())

    def test_a_daemon_is_recorded_until_its_end(self):
        tracer = self.start_daemon("read line; cd /; echo $line")
        self.assertEqual(
            tracer.stderr.readline(),
            "snug: the command has ended; recording until its 1 descendant ends too (Ctrl-C ends it)\n",
        )

        out, err = tracer.communicate("bye\n", 60)

        self.assertEqual((tracer.returncode, out), (5, "bye\n"))
        self.assertIn("complete: every task and every call is accounted for\n", err)
        self.assertIn("chdir", [call["name"] for call in json.loads(self.recording.read_text())["syscalls"]])
        self.assertEqual(self.exit_of_recorded_run(), {"code": 5})

    def test_several_daemons_are_counted(self):
        tracer = self.start("sh", "-c", "exec 3<&0; for i in 1 2 3; do cat <&3 & done; exit 5", options=())

        self.assertEqual(
            tracer.stderr.readline(),
            "snug: the command has ended; recording until its 3 descendants end too (Ctrl-C ends them)\n",
        )
        tracer.communicate("", 60)
        self.assertEqual(tracer.returncode, 5)

    def test_a_signal_after_the_end_of_the_command_reaches_its_descendants(self):
        tracer = self.start_daemon("trap 'echo term; exit' TERM; echo ready; read line")
        self.assertEqual(tracer.stdout.readline(), "ready\n")
        self.assertIn("the command has ended", tracer.stderr.readline())

        tracer.send_signal(signal.SIGTERM)

        self.assertEqual(tracer.stdout.readline(), "term\n")
        self.assertEqual(tracer.wait(60), 5)
        self.assertEqual(self.exit_of_recorded_run(), {"code": 5})

    def test_a_signal_that_does_not_ask_to_end_does_not_end_them(self):
        """A terminal that changes its size tells snug so."""
        tracer = self.start_daemon("read line; echo $line")
        self.assertIn("the command has ended", tracer.stderr.readline())

        for _ in range(3):
            tracer.send_signal(signal.SIGWINCH)

        self.assertEqual(tracer.communicate("alive\n", 60)[0], "alive\n")
        self.assertEqual(tracer.returncode, 5)

    def test_a_second_signal_kills_descendants_that_ignored_the_first(self):
        tracer = self.start_daemon("trap 'echo ignored' TERM; echo ready; read line; read line; read line")
        self.assertEqual(tracer.stdout.readline(), "ready\n")
        self.assertIn("the command has ended", tracer.stderr.readline())
        tracer.send_signal(signal.SIGTERM)
        self.assertEqual(tracer.stdout.readline(), "ignored\n")

        tracer.send_signal(signal.SIGTERM)

        self.assertEqual(tracer.wait(60), 5)
        self.assertEqual(self.exit_of_recorded_run(), {"code": 5})


if __name__ == "__main__":
    harness.main()
