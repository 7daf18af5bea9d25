# SPDX-License-Identifier: Apache-2.0
"""snug at a terminal: its keys reach the command once, its end too, and colours are for people who see them."""

import json
import os
import shutil
import signal
import sys
import termios
from pathlib import Path

import harness
import running
from terminals import DEADLINE, Terminal

PRESSES = 30  # Of a key: a signal sent twice is delivered once when the first has not been yet.


@harness.needs("ptrace")
class Terminals(harness.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.dir / "recording.json"
        shutil.copy(Path(__file__).with_name("listener.py"), self.dir)

    def open(self, *command, **environment):
        terminal = Terminal(command, self.dir, environment)
        self.addCleanup(terminal.close)
        return terminal

    def trace(self, *command, options=("-q",), **environment):
        return self.open(harness.SNUG, "trace", *options, "-o", self.recording, "--", *command, **environment)

    def listen(self, end, *signals):
        terminal = self.trace(sys.executable, "listener.py", str(int(end)), *(str(int(signo)) for signo in signals))
        terminal.expect_listener()
        return terminal

    def exit_of_recorded_run(self):
        recording = json.loads(self.recording.read_text())
        self.assertTrue(recording["complete"])
        return recording["runs"][0]["exit"]


class Keys(Terminals):
    def test_interrupting_and_quitting_reach_the_command_once_and_the_recording_is_written(self):
        for key, signo in (("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)):
            with self.subTest(signo=signo):
                terminal = self.listen(signo, signo)

                terminal.type(key)
                terminal.expect(f"<signal {int(signo)}>")
                terminal.type("\n")

                self.assertNotIn("<signal", terminal.expect("<end>"))
                self.assertEqual(terminal.wait()[1], 128 + signo)
                self.assertEqual(self.exit_of_recorded_run(), {"signal": signo})

    def test_a_command_that_does_not_expect_it_dies_of_the_interrupt_with_130(self):
        terminal = self.trace("sh", "-c", "echo '<ready>'; exec cat")
        terminal.expect("<ready>")

        terminal.type("\x03")

        self.assertEqual(terminal.wait()[1], 130)
        self.assertEqual(self.exit_of_recorded_run(), {"signal": signal.SIGINT})

    def test_a_command_that_lives_on_gets_every_interrupt_once_and_keeps_its_status(self):
        terminal = self.listen(0, signal.SIGINT)

        for _ in range(PRESSES):
            terminal.type("\x03")
            terminal.expect(f"<signal {int(signal.SIGINT)}>")
        terminal.type("\n")

        self.assertNotIn("<signal", terminal.expect("<end>"))
        self.assertEqual(terminal.wait()[1], 0)
        self.assertEqual(self.exit_of_recorded_run(), {"code": 0})

    def test_interrupting_ends_descendants_that_the_command_left_behind(self):
        # A shell makes what it starts with "&" deaf to SIGINT; setsid -f does not.
        for daemon in ("setsid -f cat <&3;", "setsid cat <&3 &"):
            with self.subTest(daemon=daemon):
                terminal = self.trace("sh", "-c", f"exec 3<&0; {daemon} exit 5", options=())
                terminal.expect("the command has ended")

                terminal.type("\x03")

                self.assertEqual(terminal.wait()[1], 5)
                self.assertEqual(self.exit_of_recorded_run(), {"code": 5})

    def test_a_new_size_reaches_the_command_once(self):
        terminal = self.listen(0, signal.SIGWINCH)

        termios.tcsetwinsize(terminal.master, (30, 100))
        terminal.expect(f"<signal {int(signal.SIGWINCH)}>")
        terminal.type("\n")

        self.assertNotIn("<signal", terminal.expect("<end>"))
        self.assertEqual(terminal.wait()[1], 0)

    def test_the_command_may_ask_and_set_the_terminal(self):
        terminal = self.trace("sh", "-c", "stty -echo && tty && ps -o stat= -p $$")

        shown, status = terminal.wait()

        self.assertEqual(status, 0)
        self.assertRegex(shown, r"\A/dev/pts/\d+\r\n\S*\+\S*\r\n\Z")  # "+": in the foreground

    def test_a_terminal_that_goes_away_hangs_the_command_up(self):
        """As `ssh -t host snug trace …` does when the connection breaks: snug leads the session then."""
        witness = self.dir / "witness"
        os.mkfifo(witness)
        terminal = self.trace("sh", "-c", f"trap 'exit 3' HUP; echo '<ready>'; read line < '{witness}'; exit 4")
        terminal.expect("<ready>")

        os.close(terminal.master)

        self.assertEqual(terminal.reap(), 3)
        self.assertEqual(self.exit_of_recorded_run(), {"code": 3})


@harness.needs("bash")
class Shell(Terminals):
    """An interactive shell with job control, in which snug is a job."""

    def shell(self):
        terminal = self.open("bash", "--norc", "--noprofile", "-i", PS1="<prompt>", SNUG=str(harness.SNUG), HISTFILE="")
        terminal.expect("<prompt>")
        return terminal

    def start_job(self, words, stops="auto"):
        """The shell, and the process id of the listener that runs in it."""
        terminal = self.shell()
        terminal.type(f'"$SNUG" trace -q --stops={stops} -o recording.json -- {sys.executable} listener.py {words}\n')
        return terminal, terminal.expect_listener()

    def stop(self, terminal, pid):
        """A shell speaks as soon as its own child, snug, has stopped: the listener may still be reading then."""
        terminal.type("\x1a")
        terminal.expect("Stopped")
        terminal.expect("<prompt>")
        running.until(lambda: self.state_of(pid) in "tT", DEADLINE, "the listener stopped")

    @staticmethod
    def state_of(pid):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

    def bring_back(self, terminal):
        """A shell names the job before it gives it the terminal: only an answer shows that the job has it."""
        terminal.type("fg\n")
        terminal.expect("listener.py")
        terminal.type("back\n")
        terminal.expect("<back>")

    def assert_status_shown(self, terminal, status):
        terminal.type('echo "<status:$?>"\n')
        terminal.expect(f"<status:{status}>")

    def test_the_job_can_be_stopped_and_brought_back(self):
        for stops in ("seccomp", "syscall"):
            with self.subTest(stops=stops):
                terminal, listener = self.start_job("0", stops)

                for _ in range(3):
                    self.stop(terminal, listener)
                    self.bring_back(terminal)
                terminal.type("\n")

                terminal.expect("<end>")
                terminal.expect("<prompt>")
                self.assert_status_shown(terminal, 0)
                self.assertEqual(self.exit_of_recorded_run(), {"code": 0})

    def test_a_stopped_job_can_go_on_in_the_background(self):
        os.mkfifo(self.dir / "input")  # In the background a job may not read from the terminal.
        with open(os.open(self.dir / "input", os.O_RDWR), "w") as writer:
            terminal, listener = self.start_job(f"0 {int(signal.SIGUSR1)} <input")
            self.stop(terminal, listener)

            terminal.type("bg; kill -USR1 $(jobs -p)\n")
            terminal.expect(f"<signal {int(signal.SIGUSR1)}>")
            writer.write("\n")

        terminal.expect("<end>")
        terminal.type("wait; ")
        self.assert_status_shown(terminal, 0)
        self.assertEqual(self.exit_of_recorded_run(), {"code": 0})

    def test_an_interrupted_job_gives_its_status_to_the_shell(self):
        terminal, _ = self.start_job("0")

        terminal.type("\x03")

        terminal.expect("<prompt>")
        self.assert_status_shown(terminal, 130)
        self.assertEqual(self.exit_of_recorded_run(), {"signal": signal.SIGINT})

    def test_an_interactive_shell_works_as_the_traced_command(self):
        terminal = self.trace("bash", "--norc", "--noprofile", "-i", PS1="<prompt>", HISTFILE="")
        terminal.expect("<prompt>")
        terminal.type(f"{sys.executable} listener.py 0\n")
        listener = terminal.expect_listener()

        self.stop(terminal, listener)
        self.bring_back(terminal)
        terminal.type("\x03")
        terminal.expect("<prompt>")
        terminal.type("exit 6\n")

        self.assertEqual(terminal.wait()[1], 6)
        self.assertEqual(self.exit_of_recorded_run(), {"code": 6})


class Colours(Terminals):
    ESCAPE = "\033["

    def shown(self, *command, **environment):
        environment = {"NO_COLOR": None, "TERM": "xterm", **environment}
        settings = [f"{name}={value}" for name, value in environment.items() if value is not None]
        unset = [word for name, value in environment.items() if value is None for word in ("-u", name)]
        return self.open("env", *unset, *settings, *command).wait()[0]

    def test_a_terminal_gets_them(self):
        shown = self.shown(harness.SNUG, "trace", "--", "no-such-command")

        self.assertIn("\033[1;31mcannot run 'no-such-command': No such file or directory\033[0m", shown)

    def test_whoever_declines_them_does_not(self):
        self.assertNotIn(self.ESCAPE, self.shown(harness.SNUG, "trace", "--", "no-such-command", NO_COLOR="1"))

    def test_an_empty_no_color_declines_nothing(self):
        self.assertIn(self.ESCAPE, self.shown(harness.SNUG, "trace", "--", "no-such-command", NO_COLOR=""))

    def test_a_terminal_that_has_none_does_not(self):
        self.assertNotIn(self.ESCAPE, self.shown(harness.SNUG, "trace", "--", "no-such-command", TERM="dumb"))

    def test_a_file_gets_none(self):
        outcome = harness.snug("trace", "--", "no-such-command", cwd=self.dir)

        self.assertNotIn(self.ESCAPE, outcome.err)

    def test_standard_error_decides_and_not_standard_output(self):
        shown = self.shown("sh", "-c", '"$0" trace -- no-such-command 2>errors; cat errors', harness.SNUG)

        self.assertIn("cannot run 'no-such-command'", shown)
        self.assertNotIn(self.ESCAPE, shown)


if __name__ == "__main__":
    harness.main()
