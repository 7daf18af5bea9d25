# SPDX-License-Identifier: Apache-2.0
"""minimize finds what a command needs by running it without, proposes the rest, and never lets go of what is held."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from harness import SNUG, Case, main, needs, snug
from recordings import record, tracee

SCHED_YIELD = 24  # of x86_64
GETPGID = 121


@needs("ptrace", "x86_64")
class MinimizeTest(Case):
    def setUp(self):
        super().setUp()
        self.profile = self.dir / "p.json"

    def script(self, text):
        path = self.dir / "tests.sh"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        record(self.dir / "r.json", path)
        self.assert_status(snug("generate", "-q", "--no-floor", self.dir / "r.json", "-o", self.profile), 0)
        return path

    def minimize(self, *words, **options):
        report = self.dir / "report.json"
        outcome = snug(
            "minimize", "--profile", self.profile, "-o", self.dir / "m.json", "--report", report, *words, **options
        )
        return outcome, json.loads(report.read_text()) if report.exists() else None

    def necessities(self, report):
        return {call["name"]: call["necessity"] for call in report["calls"]}

    def allowed(self, path):
        rules = json.loads(Path(path).read_text())["syscalls"]
        return {name for rule in rules if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}

    def needs_getpgid_only(self):
        """A test that makes two calls and cares for one."""
        return self.script(f"{tracee('one_call')} {SCHED_YIELD}; {tracee('one_call')} {GETPGID} || exit 1")

    def test_calls_are_told_apart_and_the_proposal_passes(self):
        command = self.needs_getpgid_only()
        outcome, report = self.minimize("--no-floor", "--", command)

        self.assert_status(outcome, 0)
        found = self.necessities(report)
        self.assertEqual((found["sched_yield"], found["getpgid"]), ("tolerated", "required"))
        self.assertEqual(self.allowed(self.profile) - self.allowed(self.dir / "m.json"),
                         {name for name, necessity in found.items() if necessity == "tolerated"})
        self.assertEqual(subprocess.run([command], check=False).returncode, 0)
        self.assert_status(snug("verify", "--profile", self.dir / "m.json", "--", command), 3)  # tolerated denials

    def test_the_profile_itself_is_not_changed_and_cannot_be_the_output(self):
        command = self.needs_getpgid_only()
        before = self.profile.read_bytes()
        self.assert_status(self.minimize("--", command)[0], 0)
        refused = snug("minimize", "--profile", self.profile, "-o", self.profile, "--", command)

        self.assertEqual(self.profile.read_bytes(), before)
        self.assert_status(refused, 125)
        self.assertIn("it is the profile that is to be minimized", refused.err)

    def test_what_the_floor_and_the_user_hold_is_not_tried(self):
        command = self.needs_getpgid_only()
        outcome, report = self.minimize("--keep", "sched_yield", "--", command)

        self.assert_status(outcome, 0)
        held = {call["name"]: call["because"] for call in report["held"]}
        self.assertEqual(held["sched_yield"], "kept on request")
        self.assertIn("the container runtime", held["read"])
        self.assertIn("every process", held["exit_group"])
        self.assertEqual(set(held) & set(self.necessities(report)), set())
        self.assertLessEqual(set(held), self.allowed(self.dir / "m.json"))

    def test_a_run_that_does_not_end_has_failed(self):
        command = self.script(f"until {tracee('one_call')} {SCHED_YIELD}; do :; done")
        keep = ",".join(self.allowed(self.profile) - {"sched_yield"})
        outcome, report = self.minimize("--no-floor", "--timeout", "1", "--keep", keep, "--", command)

        self.assert_status(outcome, 0)
        self.assertEqual(self.necessities(report), {"sched_yield": "required"})
        self.assertEqual(report["calls"][0]["ending"], "still running after 1 s")

    def test_a_command_that_fails_anyway_teaches_nothing(self):
        self.needs_getpgid_only()
        outcome, report = self.minimize("--", "/bin/false")

        self.assert_status(outcome, 4)
        self.assertIn("it fails without any profile too", outcome.err)
        self.assertIsNone(report)
        self.assertFalse((self.dir / "m.json").exists())

    def test_a_command_that_the_profile_breaks_teaches_nothing(self):
        self.script("exit 0")
        outcome, _ = self.minimize("--", "/bin/sh", "-c", f"exec {tracee('one_call')} {SCHED_YIELD}")

        self.assert_status(outcome, 4)
        self.assertIn("it fails under the profile as it is: exit status", outcome.err)

    def test_a_command_that_fails_by_chance_stops_the_search(self):
        counter = self.dir / "counter"
        command = self.script(f"echo >>{counter}; test $(wc -l <{counter}) -le 4")
        counter.unlink()
        outcome, _ = self.minimize("--no-floor", "--", command)

        self.assert_status(outcome, 4)
        self.assertIn("although nothing was missing", outcome.err)
        self.assertFalse((self.dir / "m.json").exists())

    def test_runs_are_bounded_and_what_was_not_tried_is_kept(self):
        command = self.needs_getpgid_only()
        outcome, report = self.minimize("--no-floor", "--runs", "9", "--", command)

        self.assert_status(outcome, 0)
        self.assertIn("untried", self.necessities(report).values())
        self.assertLessEqual(report["runs"], 9)
        self.assertEqual(outcome.err.count("snug: run "), report["runs"])

    def test_a_profile_that_kills_is_tried_with_errors_instead(self):
        command = self.needs_getpgid_only()
        lethal = json.loads(self.profile.read_text())
        lethal.update(defaultAction="SCMP_ACT_KILL_PROCESS")
        del lethal["defaultErrnoRet"]
        self.profile.write_text(json.dumps(lethal))
        outcome, report = self.minimize("--no-floor", "--", command)

        self.assert_status(outcome, 0)
        self.assertEqual(self.necessities(report)["sched_yield"], "tolerated")
        self.assertEqual(json.loads((self.dir / "m.json").read_text())["defaultAction"], "SCMP_ACT_KILL_PROCESS")

    def test_the_runs_are_silent_unless_their_words_are_asked_for(self):
        command = self.script("echo spoken; read line || echo nothing to read")
        outcome, _ = self.minimize("--log", self.dir / "log", "--", command, input="words\n")

        self.assert_status(outcome, 0)
        self.assertEqual(outcome.out, "")
        self.assertNotIn("spoken", outcome.err)
        self.assertIn("spoken\nnothing to read\n", (self.dir / "log").read_text())

    def test_progress_names_the_run_and_the_time_and_can_be_turned_off(self):
        command = self.needs_getpgid_only()
        outcome, _ = self.minimize("--", command)
        quiet, _ = self.minimize("-q", "--", command)

        self.assertRegex(outcome.err, r"run 1 of at most \d+, with every call: passed \(exit status 0\); at most \d+ s left")
        self.assertRegex(outcome.err, r"without getpgid: failed")
        self.assertEqual(quiet.err, "")

    def test_what_cannot_be_is_one_error(self):
        command = self.needs_getpgid_only()
        (self.dir / "open.json").write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
        for words, status, message in (
            (["--keep", "mount", "--", command], 125, "cannot keep 'mount'"),
            (["--runs", "3", "--", command], 125, "cannot minimize in 3 runs"),
            (["--", "/missing"], 127, "/missing"),
            (["--log", "/missing/log", "--", command], 125, "/missing"),
        ):
            with self.subTest(words=words):
                outcome, _ = self.minimize(*words)
                self.assert_status(outcome, status)
                self.assertIn(message, outcome.err)
        outcome = snug("minimize", "--profile", self.dir / "open.json", "--", command)
        self.assert_status(outcome, 4)
        self.assertIn("no rule of it allows a call", outcome.err)

    def test_an_interrupted_search_leaves_neither_files_nor_processes(self):
        marker = f"86{os.getpid()}"
        command = self.script("exit 0")
        command.write_text(f"#!/bin/sh\nsleep {marker}\n")
        search = subprocess.Popen(
            [SNUG, "minimize", "-q", "--profile", self.profile, "-o", self.dir / "m.json", "--", command],
            start_new_session=True,
        )
        self.wait_for(lambda: self.sleepers(marker))
        os.killpg(search.pid, signal.SIGINT)
        search.wait(10)

        self.wait_for(lambda: not self.sleepers(marker))
        self.assertFalse((self.dir / "m.json").exists())

    def sleepers(self, marker):
        return [path for path in Path("/proc").glob("[0-9]*/cmdline") if self.is_sleeper(path, marker)]

    @staticmethod
    def is_sleeper(path, marker):
        try:
            return path.read_bytes() == f"sleep\0{marker}\0".encode()
        except OSError:
            return False

    def wait_for(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


if __name__ == "__main__":
    main()
