# SPDX-License-Identifier: Apache-2.0
"""What snug verify tells of denials, to people, to programs and to the profile; and who runs under it, and how."""

import json
import os
import re
import xml.etree.ElementTree
from pathlib import Path

from harness import SOURCE_DIR, Case, main, needs, run, snug
from recordings import tracee

SCHED_YIELD = 24  # of x86_64
PYTHON = ("/usr/bin/python3", "-B", "-S", "-c")


def denying(*names, action="SCMP_ACT_ERRNO", **more):
    """A profile that allows everything but these."""
    rule = {"names": list(names), "action": action, **more}
    return {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [rule]}


class Verifying(Case):
    def verify(self, profile, *words, command=(tracee("one_call"), SCHED_YIELD), **options):
        self.path = self.dir / "profile.json"
        self.path.write_text(json.dumps(profile, indent=2) + "\n")
        self.report_path = self.dir / "report.json"
        words = ("--profile", self.path, "--report", self.report_path, *words)
        return snug("verify", *words, "--", *command, **options)

    def report(self):
        return json.loads(self.report_path.read_text())


@needs("ptrace", "x86_64")
class Reports(Verifying):
    def test_the_report_has_everything_about_a_denial(self):
        code = "import os\nfor _ in range(3):\n try: os.mkdir('/x', 0o700)\n except OSError: pass"
        outcome = self.verify(denying("mkdir"), command=(*PYTHON, code))

        self.assert_status(outcome, 3)
        (denial,) = self.report()["denials"]
        self.assertEqual((denial["name"], denial["number"], denial["count"]), ("mkdir", 83, 3))
        self.assertEqual(denial["verdict"], {"action": "SCMP_ACT_ERRNO", "errno": 1})
        self.assertRegex(denial["executable"], r"/python3")
        self.assertEqual(denial["first"]["arguments"][1], "0x1c0")
        self.assertIn("mkdir", [frame["symbol"] for frame in denial["first"]["stack"]["frames"]])
        self.assertEqual(self.report()["exit"], {"code": 0})

    @needs("jsonschema")
    def test_reports_are_what_the_schema_says(self):
        import jsonschema

        schema = json.loads((SOURCE_DIR / "profiles/schema/verification.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        killed = ("/bin/sh", "-c", "kill -TERM $$")
        for profile, command in (
            (denying("sched_yield"), (tracee("one_call"), SCHED_YIELD)),
            (denying("execve"), ("/bin/true",)),
            (denying("getuid"), (tracee("abis"),)),
            (denying("sched_yield", action="SCMP_ACT_TRAP"), killed),
        ):
            with self.subTest(command):
                self.verify(profile, command=command)
                jsonschema.validate(self.report(), schema)
        broken = {**self.report(), "denials": [{}]}
        self.assertRaises(jsonschema.ValidationError, jsonschema.validate, broken, schema)

    def test_junit_has_a_failed_case_for_each_denial_and_one_for_the_command(self):
        path = self.dir / "junit.xml"
        command = ("/bin/sh", "-c", f"{tracee('one_call')} {SCHED_YIELD}; exit 4")
        self.verify(denying("sched_yield"), "--junit", path, command=command)

        suite = xml.etree.ElementTree.parse(path).getroot()
        cases = {case.get("name"): case.find("failure") for case in suite}
        (denied, whole) = cases
        self.assertRegex(denied, r"^sched_yield by /\S*/one_call$")
        self.assertEqual(cases[denied].get("message"), "failed with EPERM")
        self.assertEqual((whole, cases[whole].get("message")), ("the command", "status 4"))
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "2"))

    def test_junit_of_a_command_that_is_denied_nothing_has_no_failure(self):
        path = self.dir / "junit.xml"
        self.verify(denying("mount"), "--junit", path)

        suite = xml.etree.ElementTree.parse(path).getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures"), len(suite)), ("1", "0", 1))

    def test_denials_count_for_the_phases_that_the_command_begins(self):
        one_call = f"{tracee('one_call')} {SCHED_YIELD}"
        command = f"{one_call}; {os.environ['SNUG']} phase warm; {one_call}; {one_call}"
        outcome = self.verify(denying("sched_yield"), command=("/bin/sh", "-c", command))

        (denial,) = self.report()["denials"]
        self.assertEqual((denial["count"], denial["phases"]), (3, {"warm": 2}))
        self.assertIn("by phase: 2 warm\n", outcome.err)
        self.assertNotIn("nobody records this", outcome.err)

    def test_outputs_that_cannot_be_are_refused_before_the_command_runs(self):
        command = ("/bin/sh", "-c", f"touch {self.dir}/ran")
        for words in (
            ("--junit", self.dir / "report.json"),
            ("--junit", self.dir / "profile.json"),
            ("--fix", self.dir / "report.json"),
            ("--junit", self.dir / "no/such/folder.xml"),
        ):
            with self.subTest(words):
                self.assert_status(self.verify(denying("mount"), *words, command=command), 125)
                self.assertFalse((self.dir / "ran").exists())


@needs("ptrace", "x86_64")
class Fixes(Verifying):
    def test_the_patch_makes_the_profile_pass(self):
        allowed = {"names": ["execve", "exit_group", "rt_sigaction"], "action": "SCMP_ACT_ALLOW"}
        tight = {**denying(), "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [allowed]}
        self.assert_status(self.verify(tight), 3)
        self.assert_status(snug("convert", "-q", "--format", "oci", self.path, "-o", self.dir / "ours.json"), 0)
        command = (tracee("one_call"), SCHED_YIELD)

        denied = snug("verify", "--profile", "ours.json", "--", *command, cwd=self.dir)
        patch = denied.err[denied.err.index("--- a/ours.json") :]
        applied = run("patch", "-p1", cwd=self.dir, input=patch)

        self.assert_status(applied, 0)
        self.assert_status(snug("verify", "--profile", "ours.json", "--", *command, cwd=self.dir), 0)

    def test_fix_writes_a_profile_with_just_what_was_denied(self):
        fixed = self.dir / "fixed.json"
        outcome = self.verify(denying("sched_yield", "mount"), "--fix", fixed)

        self.assert_status(outcome, 3)
        self.assertEqual(json.loads(fixed.read_text())["syscalls"][0]["names"], ["mount"])
        self.assertEqual(json.loads(self.path.read_text())["syscalls"][0]["names"], ["sched_yield", "mount"])
        self.assert_status(snug("verify", "--profile", fixed, "--", tracee("one_call"), SCHED_YIELD), 0)

    def test_fix_may_be_the_profile_itself(self):
        self.verify(denying("sched_yield", "mount"), "--fix", self.dir / "profile.json")

        self.assertEqual(json.loads(self.path.read_text())["syscalls"][0]["names"], ["mount"])

    def test_what_no_rule_can_allow_is_said(self):
        profile = denying()
        profile["defaultAction"] = "SCMP_ACT_ERRNO"
        profile["syscalls"] = [{"names": ["exit_group", "execve"], "action": "SCMP_ACT_ALLOW"}]

        outcome = self.verify(profile, command=(tracee("unnamed"),))

        self.assert_status(outcome, 3)
        self.assertIn("cannot change the profile so that it allows number 999 of x86_64", outcome.err)
        self.assertIsNone(self.report()["change"])


@needs("ptrace", "x86_64")
class Running(Verifying):
    def test_under_runc_calls_above_the_largest_do_not_exist(self):
        profile = {**denying(), "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13}
        profile["syscalls"] = [{"names": ["execve", "exit_group", "rt_sigaction"], "action": "SCMP_ACT_ALLOW"}]
        for words, young in ((("--as", "runc"), 38), (("--as", "crun"), 13), ((), 13)):
            with self.subTest(words):
                old = self.verify(profile, *words)
                self.assertEqual(self.report()["denials"][0]["verdict"]["errno"], 13, old)
                self.verify(profile, *words, command=(tracee("one_call"), 435))  # clone3
                self.assertEqual(self.report()["denials"][0]["verdict"]["errno"], young)

    def test_a_program_that_is_denied_its_end_for_ever_is_ended(self):
        loop = "import ctypes\nlibc = ctypes.CDLL(None)\nwhile True: libc.syscall(60, 0)"
        outcome = self.verify(denying("exit", "exit_group"), command=(*PYTHON, loop))

        self.assert_status(outcome, 3)
        self.assertIn("could not end, and tried for ever: ended by snug", outcome.err)
        self.assertEqual(self.report()["exit"], {"signal": 31})

    def test_a_program_that_dies_of_a_trapped_call_is_reported(self):
        command = (*PYTHON, "import os; os.sched_yield()")
        outcome = self.verify(denying("sched_yield", action="SCMP_ACT_TRAP"), command=command)

        self.assert_status(outcome, 3)
        self.assertEqual(self.report()["exit"], {"signal": 31})
        self.assertIn("SIGSYS", outcome.err)

    def test_a_profile_for_another_machine_is_a_warning(self):
        profile = {**denying("sched_yield"), "architectures": ["SCMP_ARCH_AARCH64"]}

        outcome = self.verify(profile)

        self.assert_status(outcome, 3)
        self.assertIn("is for aarch64, and this machine is x86_64", outcome.err)

    def status_of(self, *words):
        outcome = self.verify(denying("reboot"), *words, command=("/bin/cat", "/proc/self/status"))
        self.assert_status(outcome, 0)
        return dict(re.findall(r"(?m)^(\w+):\s*(.*?) *$", outcome.out))

    def test_no_new_privileges_is_set_on_request(self):
        self.assertEqual(self.status_of("--no-new-privileges")["NoNewPrivs"], "1")

    @needs("root")
    def test_root_has_at_most_the_capabilities_of_the_list(self):
        full = self.status_of()
        self.assertEqual((full["NoNewPrivs"], full["CapEff"]), ("0", self.own_status()["CapEff"]))
        for words, expected in (("CHOWN,CAP_SETUID", 0x81), ("none", 0)):
            status = self.status_of("--capabilities", words)
            for name in ("CapPrm", "CapEff", "CapBnd"):
                self.assertEqual(int(status[name], 16), expected, name)
            self.assertEqual((int(status["CapInh"], 16), int(status["CapAmb"], 16)), (0, 0))

    def own_status(self):
        return dict(re.findall(r"(?m)^(\w+):\s*(.*?) *$", Path("/proc/self/status").read_text()))

    @needs("root")
    def test_another_user_has_no_capabilities_but_may_be_given_some(self):
        status = self.status_of("--user", "65534:7", "--capabilities", "CHOWN")

        self.assertEqual((status["Uid"].split(), status["Gid"].split()), (["65534"] * 4, ["7"] * 4))
        self.assertEqual([int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")], [0, 0, 1])

    @needs("root")
    def test_a_user_by_name_brings_its_groups(self):
        status = self.status_of("--user", "nobody")

        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertNotEqual(status["Groups"].split(), ["0"])

    @needs("root", "setpriv")
    def test_without_privilege_that_is_refused(self):
        self.dir.chmod(0o777)
        words = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", os.environ["SNUG"], "verify")
        (self.dir / "p.json").write_text(json.dumps(denying("reboot")))
        outcome = run(*words, "--user", "0", "--profile", self.dir / "p.json", "--", "/bin/true")

        self.assert_status(outcome, 125)
        self.assertIn("cannot run the command as another user or with fewer capabilities", outcome.err)

    def test_who_and_what_does_not_exist_is_named(self):
        for words, name in (
            (("--user", "nosuch"), "nosuch"),
            (("--user", "0:nosuch"), "nosuch"),
            (("--capabilities", "SYS_MAGIC"), "CAP_SYS_MAGIC"),
            (("--capabilities", "4"), "4"),
        ):
            with self.subTest(words):
                outcome = self.verify(denying("reboot"), *words)
                self.assert_status(outcome, 125)
                self.assertIn(name, outcome.err)


if __name__ == "__main__":
    main()
