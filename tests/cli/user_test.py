# SPDX-License-Identifier: Apache-2.0
"""snug in the hands of an ordinary user, who may install no filter without giving up setuid programs for it."""

import json
import os
import shutil

import harness

USER = 65534


@harness.needs("ptrace", "root", "setpriv")
class OrdinaryUser(harness.Case):
    def setUp(self):
        super().setUp()
        self.dir.chmod(0o755)
        self.program = self.dir / "snug"  # Where it was built the user may not be let in.
        shutil.copy(harness.SNUG, self.program)
        self.home = self.dir / "home"
        self.home.mkdir()
        os.chown(self.home, USER, USER)

    def user(self, *words):
        drop = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]
        # A PATH with folders of root's would make every unknown command one that may not be run.
        return harness.run(*drop, *words, cwd=self.home, env={"PATH": "/usr/bin:/bin"})

    def snug(self, *words):
        return self.user(self.program, *words)

    def recording(self):
        return json.loads((self.home / "snug.recording.json").read_text())

    def test_auto_takes_two_stops_a_call_and_leaves_the_command_its_privileges(self):
        outcome = self.snug("trace", "-q", "--", "grep", "NoNewPrivs", "/proc/self/status")

        self.assertEqual((outcome.status, outcome.out, outcome.err), (0, "NoNewPrivs:\t0\n", ""))
        run = self.recording()["runs"][0]
        self.assertEqual(run["tracer"]["mode"], "syscall")
        self.assertFalse(run["tracer"]["privileged"])
        self.assertFalse(run["tracer"]["no_new_privileges"])
        self.assertTrue(self.recording()["complete"])

    def test_auto_takes_one_stop_where_no_new_privs_is_set_already(self):
        outcome = self.user("setpriv", "--no-new-privs", self.program, "trace", "-q", "--", "true")

        self.assert_status(outcome, 0)
        tracer = self.recording()["runs"][0]["tracer"]
        self.assertEqual((tracer["mode"], tracer["no_new_privileges"]), ("seccomp", False))

    def test_seccomp_asked_for_by_name_sets_no_new_privs_and_says_so(self):
        outcome = self.snug("trace", "-q", "--stops=seccomp", "--", "grep", "NoNewPrivs", "/proc/self/status")

        self.assertEqual((outcome.status, outcome.out), (0, "NoNewPrivs:\t1\n"))
        run = self.recording()["runs"][0]
        self.assertEqual((run["tracer"]["mode"], run["tracer"]["no_new_privileges"]), ("seccomp", True))
        self.assertTrue(self.recording()["complete"])

    def test_both_ways_see_the_same_calls(self):
        counts = {}
        for stops in ("seccomp", "syscall"):
            self.assert_status(self.snug("trace", "-q", f"--stops={stops}", "--", "true"), 0)
            counts[stops] = {call["name"]: call["count"] for call in self.recording()["syscalls"]}

        self.assertEqual(counts["seccomp"], counts["syscall"])

    def test_statuses_are_those_of_root(self):
        (self.home / "unreadable").touch(mode=0o000)
        for status, command in (
            (42, ["sh", "-c", "exit 42"]),
            (143, ["sh", "-c", "kill -TERM $$"]),
            (126, ["./unreadable"]),
            (127, ["no-such-command"]),
        ):
            for stops in ("auto", "seccomp", "syscall"):
                with self.subTest(command=command, stops=stops):
                    self.assert_status(self.snug("trace", "-q", f"--stops={stops}", "--", *command), status)

    def test_the_whole_way_from_trace_to_verify_works(self):
        self.assert_status(self.snug("trace", "-q", "--profile", "profile.json", "--", "uname"), 0)

        verified = self.snug("verify", "-q", "--profile", "profile.json", "--", "uname")
        drifted = self.snug("verify", "-q", "--profile", "profile.json", "--", "mkdir", "folder")

        self.assertEqual((verified.status, verified.out, verified.err), (0, "Linux\n", ""))
        self.assert_status(drifted, 3)
        self.assertRegex(drifted.err, r"(?m)^snug: mkdir +failed with ENOSYS, 1 time, by /\S*bin/mkdir ")
        self.assertFalse((self.home / "folder").exists())

    def test_a_folder_without_permission_is_refused_before_the_run(self):
        outcome = self.snug("trace", "-o", "/etc/recording.json", "--", "touch", "touched")

        self.assertEqual(
            (outcome.status, outcome.out, outcome.err),
            (
                125,
                "",
                "snug: cannot write /etc/recording.json\n"
                "  cause: Permission denied\n"
                "  try:   choose another place with -o; what was there before is unchanged\n",
            ),
        )
        self.assertFalse((self.home / "touched").exists())

    def test_files_that_may_not_be_read_are_told(self):
        secret = self.dir / "secret"
        secret.touch(mode=0o600)
        message = (
            f"snug: cannot read {secret}\n"
            "  cause: Permission denied\n"
            "  try:   check the name and the permissions\n"
        )

        for status, words in ((125, ["verify", "--profile", secret, "--", "true"]), (2, ["generate", secret])):
            outcome = self.snug(*words)

            self.assertEqual((outcome.status, outcome.out, outcome.err), (status, "", message))


if __name__ == "__main__":
    harness.main()
