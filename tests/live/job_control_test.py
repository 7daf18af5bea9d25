# SPDX-License-Identifier: Apache-2.0
"""An interactive shell under snug controls its jobs as it does alone: what it shows is the same."""

import json
import re

from harness import SNUG, Case, main, needs
from recordings import counts
from terminals import Terminal
from watching import STOPS

# Shows a word that what is typed does not hold, so that its echo is not taken for it.
READY = "printf '<%s>\\n' ready"


class ShellAtTerminal:
    """An interactive shell that is told what to do; `story` is what it showed, without process ids."""

    def __init__(self, folder, shell, watcher):
        options = ["--norc", "--noprofile"] if shell == "bash" else []
        environment = {"PS1": "<prompt>", "HISTFILE": "", "ENV": "", "TERM": "dumb"}
        self.terminal = Terminal([*watcher, shell, *options, "-i"], folder, environment)
        self.story = []
        self.show()

    def show(self, until="<prompt>"):
        shown = self.terminal.expect(until)
        self.story.append(re.sub(r"\d{3,}", "PID", shown).replace("\r", ""))

    def do(self, line):
        self.terminal.type(line + "\n")
        self.show()

    def launch(self, line):
        """A job in the background. Whether the shell shows at once what becomes of it is chance, so not told."""
        self.terminal.type(line + "\n")
        self.terminal.expect("<prompt>")

    def start(self, line):
        """A job in the foreground, which says when it is there."""
        self.terminal.type(line + "\n")
        self.terminal.expect("<ready>")

    def press(self, key):
        self.terminal.type(key)
        self.show()

    def bring_back(self, job):
        """A shell names the job before it gives it the terminal."""
        self.terminal.type("fg\n")
        self.terminal.expect(job)

    def speak(self, line):
        """To the job in the foreground, a cat, which repeats it; the terminal has echoed it before."""
        self.terminal.type(line + "\n")
        self.terminal.expect(line)
        self.terminal.expect(line)

    def ask(self, line, answer):
        """Asks until the answer comes: what a job does in the background takes its time."""
        while True:
            self.terminal.type(line + "\n")
            if re.search(answer, self.terminal.expect("<prompt>")):
                self.story.append(answer)
                return

    def end(self):
        self.terminal.type("exit 6\n")
        return self.terminal.wait()[1]


def stop_and_bring_back(shell):
    shell.start(f"sh -c \"{READY}; exec cat\" | cat")
    shell.press("\x1a")
    shell.do("jobs")
    shell.bring_back("cat")
    shell.speak("back")
    shell.press("\x04")
    shell.do("echo status $?")


def read_in_the_background(shell):
    shell.launch("sh -c 'read line; echo got $line' &")
    shell.ask("jobs", "Stopped")
    shell.bring_back("read line")
    shell.terminal.type("word\n")
    shell.terminal.expect("got word")
    shell.show()


def write_in_the_background(shell):
    shell.do("stty tostop")
    shell.launch("sh -c 'echo told' &")
    shell.ask("jobs", "Stopped")
    shell.do("stty -tostop")
    shell.terminal.type("fg\n")
    shell.terminal.expect("told\r\n")
    shell.show()


def go_on_in_the_background(shell):
    shell.start(f"sh -c \"{READY}; exec sleep 1000\"")
    shell.press("\x1a")
    shell.do("bg")
    shell.ask("jobs", "Running")
    # Whether the shell reports the end now or later is chance.
    shell.terminal.type('kill %1; wait %1; echo "<$?>"\n')
    shell.terminal.expect("<143>")
    shell.terminal.expect("<prompt>")


def interrupt(shell):
    shell.start(f"sh -c \"trap 'exit 9' INT; {READY}; read line\"")
    shell.press("\x03")
    shell.do("echo status $?")
    shell.start(f"sh -c \"{READY}; exec cat\" | cat")
    shell.press("\x1c")
    shell.do("echo status $?")


def foreground_group(shell):
    in_front = "set -- $(cat /proc/$$/stat); test $5 = $8"  # its group, and the one that has the terminal
    shell.do(f"sh -c '{in_front} && echo in front'")
    shell.terminal.type(f"sh -c '{in_front} || printf \"<%s>\" behind' | cat &\n")
    shell.terminal.expect("<behind>")
    shell.terminal.type("wait; echo waited\n")
    shell.terminal.expect("\nwaited")
    shell.terminal.expect("<prompt>")


@needs("ptrace", "x86_64", "bash", "dash")
class JobControlTest(Case):
    def story_of(self, scene, shell_name, *watcher):
        shell = ShellAtTerminal(self.dir, shell_name, watcher)
        self.addCleanup(shell.terminal.close)
        scene(shell)
        self.assertEqual(shell.end(), 6)
        return shell.story

    def assert_unchanged(self, scene):
        for name in ("bash", "dash"):
            alone = self.story_of(scene, name)
            for stops in STOPS:
                with self.subTest(shell=name, stops=stops):
                    path = self.dir / f"{name}-{stops}.json"
                    watched = self.story_of(scene, name, SNUG, "trace", "-q", "--stops", stops, "-o", path, "--")
                    self.assertEqual(watched, alone)
                    recording = json.loads(path.read_text())
                    self.assertTrue(recording["complete"], recording["incomplete_because"])
                    self.assertLessEqual({"setpgid", "ioctl", "wait4"}, set(counts(recording)))

    def test_a_pipeline_is_stopped_and_brought_back(self):
        self.assert_unchanged(stop_and_bring_back)

    def test_a_job_that_reads_in_the_background_is_stopped(self):
        self.assert_unchanged(read_in_the_background)

    def test_a_job_that_writes_in_the_background_is_stopped_where_that_is_asked_for(self):
        self.assert_unchanged(write_in_the_background)

    def test_a_stopped_job_goes_on_in_the_background_and_is_killed(self):
        self.assert_unchanged(go_on_in_the_background)

    def test_interrupting_and_quitting_end_the_job_and_not_the_shell(self):
        self.assert_unchanged(interrupt)

    def test_the_job_in_front_has_the_terminal(self):
        self.assert_unchanged(foreground_group)


if __name__ == "__main__":
    main()
