# SPDX-License-Identifier: Apache-2.0
"""snug check lets everything through, names what a committed profile does not allow, and can allow it."""

import errno
import json
import subprocess

from harness import SNUG, Case, main, needs, snug
from recordings import record, tracee

SCHED_YIELD = 24  # of x86_64
KNOWN = "sched_yield"


@needs("ptrace", "x86_64")
class CheckTest(Case):
    def setUp(self):
        super().setUp()
        self.path = self.dir / "profile.json"
        record(self.dir / "r.json", tracee("one_call"), 102)  # getuid
        self.assert_status(snug("generate", "-q", "--no-floor", self.dir / "r.json", "-o", self.path), 0)
        self.before = self.path.read_text()

    def check(self, *words, command=(tracee("one_call"), SCHED_YIELD), **options):
        return snug("check", "--profile", self.path, *words, "--", *command, **options)

    def report(self):
        return json.loads((self.dir / "report.json").read_text())

    def test_a_command_that_makes_no_other_calls_passes_with_its_own_status(self):
        outcome = self.check(command=(tracee("one_call"), 102))

        self.assert_status(outcome, 0)
        self.assertIn("profile.json allows all that the command calls", outcome.err)

    def test_a_new_call_is_made_and_named_with_its_evidence(self):
        outcome = self.check("--report", self.dir / "report.json")

        self.assert_status(outcome, 3)
        self.assertRegex(outcome.err, rf"snug: {KNOWN} +new, 1 time, by \S*/one_call \(first process \d+\)\n")
        self.assertIn("does not allow 1 system call that the command makes", outcome.err)
        self.assertIn(f'\n+        "{KNOWN}",\n', outcome.err)
        (denial,) = self.report()["denials"]
        self.assertEqual((denial["name"], denial["count"], denial["outcomes"]), (KNOWN, 1, 1))
        self.assertEqual(denial["errors"], {})
        self.assertEqual(self.report()["exit"], {"code": 0})  # it was made, and succeeded

    def test_a_call_that_fails_by_itself_as_the_profile_says_is_not_new(self):
        profile = json.loads(self.before)
        profile["syscalls"] = [rule for rule in profile["syscalls"] if "setns" not in rule["names"]]
        profile["syscalls"].append({"names": ["setns"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EINVAL})
        self.path.write_text(json.dumps(profile))

        outcome = self.check(command=(tracee("one_call"), 308))  # setns(0, 0): no namespace

        self.assert_status(outcome, errno.EINVAL)
        self.assertNotIn("setns", outcome.err)

    def test_update_allows_just_the_new_call(self):
        updated = self.check("--update")
        again = self.check()

        self.assert_status(updated, 3)
        self.assert_status(again, 0)
        outcome = snug("diff", "--format", "json", "-", self.path, stdin=None, input=self.before)
        (change,) = json.loads(outcome.out)["calls"]
        self.assertEqual((change["name"], change["change"]), (KNOWN, "added"))

    def test_without_update_the_profile_stays_as_it_is(self):
        self.check()

        self.assertEqual(self.path.read_text(), self.before)

    def test_writers_at_once_lose_nothing(self):
        numbers = {"sched_yield": 24, "getpgrp": 111, "getppid": 110, "gettid": 186}
        allowed = json.loads(self.before)["syscalls"][0]["names"]
        fresh = [name for name in numbers if name not in allowed]
        words = [SNUG, "check", "-q", "--update", "--profile", self.path, "--", tracee("one_call")]
        writers = [subprocess.Popen([*words, str(numbers[name])], stderr=subprocess.DEVNULL) for name in fresh]

        self.assertEqual([writer.wait() for writer in writers], [3] * len(fresh))
        after = json.loads(self.path.read_text())
        names = {n for rule in after["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for n in rule["names"]}
        self.assertGreater(len(fresh), 1)
        self.assertLessEqual(set(fresh), names)

    def test_values_that_are_new_are_added_to_the_rules_for_others(self):
        rule = {"names": ["socket"], "action": "SCMP_ACT_ALLOW"}
        args = [{"index": 0, "value": 0xFFFFFFFF, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ"}]
        profile = json.loads(self.before)
        profile["syscalls"].append({**rule, "args": args})
        self.path.write_text(json.dumps(profile))
        socket = (tracee("one_call"), 41)  # of the domain 0

        self.assert_status(self.check("--update", command=socket), 3)
        rules = [r for r in json.loads(self.path.read_text())["syscalls"] if "socket" in r["names"]]
        self.assertEqual([r["args"][0]["valueTwo"] for r in rules], [1, 0])
        self.assertNotIn(snug("verify", "--profile", self.path, "--", *socket).status, (3, 125))

    def test_what_recordings_no_longer_show_is_named_and_drift_on_request(self):
        profile = json.loads(self.before)
        profile["syscalls"][0]["names"].append("mount")
        self.path.write_text(json.dumps(profile))
        words = ("--recording", self.dir / "r.json", "--report", self.dir / "report.json")
        command = (tracee("one_call"), 102)

        told = self.check(*words, command=command)
        failed = self.check(*words, "--fail-on", "new,unseen", command=command)

        self.assert_status(told, 0)
        self.assert_status(failed, 3)
        self.assertIn("in no recording: mount\n", told.err)
        self.assertEqual(self.report()["unseen"], ["mount"])

    def test_an_incomplete_recording_is_no_ground_to_call_anything_unseen(self):
        recording = json.loads((self.dir / "r.json").read_text())
        recording["complete"] = False
        recording["runs"][0]["complete"] = False
        recording["runs"][0]["incomplete_because"] = ["something was missed"]
        recording["incomplete_because"] = ["something was missed"]
        (self.dir / "gaps.json").write_text(json.dumps(recording))

        outcome = self.check("--recording", self.dir / "gaps.json")

        self.assert_status(outcome, 4)
        self.assertIn("something was missed", outcome.err)

    def test_a_profile_for_several_hosts_is_not_rewritten(self):
        profile = json.loads(self.before)
        profile["syscalls"].append(
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}
        )
        self.path.write_text(json.dumps(profile))
        before = self.path.read_text()

        outcome = self.check("--update")

        self.assert_status(outcome, 125)
        self.assertIn("rules for several hosts", outcome.err)
        self.assertEqual(self.path.read_text(), before)

    def test_standard_input_cannot_be_updated(self):
        outcome = snug("check", "--update", "--profile", "-", "--", "/bin/true", stdin=None, input=self.before)

        self.assert_status(outcome, 125)
        self.assertIn("cannot update standard input", outcome.err)


if __name__ == "__main__":
    main()
