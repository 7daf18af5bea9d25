# SPDX-License-Identifier: Apache-2.0
"""The exit status of the verbs that run a command: the command's own, and what env(1) uses where there is none."""

import json

import harness

ALLOW_ALL = {"defaultAction": "SCMP_ACT_ALLOW"}
DENY_UNAME = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["uname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}],
}


@harness.needs("ptrace")
class Statuses(harness.Case):
    def profile(self, content):
        path = self.dir / "profile.json"
        path.write_text(json.dumps(content))
        return path

    def each_verb(self, *command):
        """What every verb that runs a command makes of it."""
        verbs = {
            "trace": ["trace", "-q", "-o", self.dir / "recording.json"],
            "trace --stops=syscall": ["trace", "-q", "--stops=syscall", "-o", self.dir / "recording.json"],
            "verify": ["verify", "-q", "--profile", self.profile(ALLOW_ALL)],
        }
        for name, words in verbs.items():
            with self.subTest(verb=name, command=command):
                yield harness.snug(*words, "--", *command, cwd=self.dir)

    def assert_whole(self, outcome, status, message):
        self.assertEqual((outcome.status, outcome.out, outcome.err), (status, "", message), msg=repr(outcome))


class CommandThatRan(Statuses):
    def test_its_exit_status_is_snugs_even_where_snug_uses_the_number_itself(self):
        for status in (0, 1, 2, 3, 4, 42, 125, 126, 127, 255):
            for outcome in self.each_verb("sh", "-c", f"exit {status}"):
                self.assert_whole(outcome, status, "")

    def test_a_signal_that_killed_it_is_added_to_128(self):
        for name, number in (("HUP", 1), ("INT", 2), ("KILL", 9), ("SEGV", 11), ("PIPE", 13), ("TERM", 15)):
            for outcome in self.each_verb("sh", "-c", f"ulimit -c 0; kill -{name} $$"):
                self.assert_whole(outcome, 128 + number, "")

    def test_a_recording_is_written_when_a_signal_killed_it(self):
        recording = self.dir / "recording.json"

        harness.snug("trace", "-q", "-o", recording, "--", "sh", "-c", "kill -KILL $$")

        content = json.loads(recording.read_text())
        self.assertEqual(content["runs"][0]["exit"], {"signal": 9})
        self.assertTrue(content["complete"])

    def test_the_last_of_its_descendants_does_not_change_it(self):
        for outcome in self.each_verb("sh", "-c", "sh -c 'read line; exit 7' & exit 5"):
            self.assert_status(outcome, 5)

    def test_a_script_without_a_first_line_runs_in_a_shell_as_with_execvp(self):
        script = self.dir / "script"
        script.write_text("exit 6\n")
        script.chmod(0o755)

        for outcome in self.each_verb("./script"):
            self.assert_whole(outcome, 6, "")

    def test_everything_behind_the_first_separator_belongs_to_it(self):
        for outcome in self.each_verb("printf", "%s\\n", "--", "--help", "-o", "--version", "--bogus", ""):
            self.assertEqual(outcome.out, "--\n--help\n-o\n--version\n--bogus\n\n", msg=repr(outcome))
            self.assert_status(outcome, 0)


class CommandThatCannotRun(Statuses):
    def test_a_name_that_no_folder_of_path_has_is_127(self):
        for outcome in self.each_verb("no-such-command", "argument"):
            self.assert_whole(
                outcome,
                127,
                "snug: cannot run 'no-such-command': No such file or directory\n"
                "  cause: no folder of PATH has it\n"
                "  try:   check the spelling, or give the program's full path\n",
            )

    def test_a_missing_file_or_interpreter_is_127(self):
        script = self.dir / "script"
        script.write_text("#!/no/such/interpreter\n")
        script.chmod(0o755)

        for name in ("./script", "./missing"):
            for outcome in self.each_verb(name):
                self.assert_whole(
                    outcome,
                    127,
                    f"snug: cannot run '{name}': No such file or directory\n"
                    "  cause: the file, or the interpreter it names, does not exist\n"
                    "  try:   check the spelling, or give the program's full path\n",
                )

    def test_a_file_without_permission_and_a_folder_are_126(self):
        (self.dir / "file").write_text("#!/bin/sh\n")
        (self.dir / "folder").mkdir()

        for name in ("./file", "./folder"):
            for outcome in self.each_verb(name):
                self.assert_whole(
                    outcome,
                    126,
                    f"snug: cannot run '{name}': Permission denied\n"
                    "  cause: the kernel refused to execute it\n"
                    "  try:   check its permissions (chmod +x) and that it is made for this machine\n",
                )

    def test_a_path_through_a_file_is_126(self):
        for outcome in self.each_verb("/etc/passwd/program"):
            self.assert_status(outcome, 126)
            self.assertTrue(outcome.err.startswith("snug: cannot run '/etc/passwd/program': Not a directory\n"))

    def test_the_recording_that_was_there_stays(self):
        recording = self.dir / "recording.json"
        recording.write_text("precious")

        for command in ("no-such-command", "/etc/passwd"):
            harness.snug("trace", "-o", recording, "--", command)

        self.assertEqual(recording.read_text(), "precious")
        self.assertEqual([file.name for file in self.dir.iterdir()], ["recording.json"])


class Denied(Statuses):
    def verify(self, *command):
        return harness.snug("verify", "-q", "--profile", self.profile(DENY_UNAME), "--", *command)

    def test_a_denial_is_3_whatever_the_command_made_of_it(self):
        for tail in ("exit 0", "exit 9", "kill -TERM $$"):
            with self.subTest(tail=tail):
                self.assert_status(self.verify("sh", "-c", f"uname; {tail}"), 3)

    def test_a_denial_is_named_with_its_fate_its_count_and_its_executable(self):
        outcome = self.verify("sh", "-c", "uname; uname; true")

        self.assertRegex(
            outcome.err,
            r"(?m)^snug: uname +failed with EACCES, 2 times, by /\S*bin/\S+ \(first process \d+\)$",
        )
        self.assertEqual(outcome.err.count("uname: cannot get system name: Permission denied\n"), 2)

    def test_a_command_that_makes_no_denied_call_keeps_its_status(self):
        for status in (0, 8):
            self.assert_whole(self.verify("sh", "-c", f"exit {status}"), status, "")


if __name__ == "__main__":
    harness.main()
