# SPDX-License-Identifier: Apache-2.0
"""A program passes under its own profile; minus one call it fails exactly as the profile says, and verify names it."""

import errno
import json

from harness import Case, main, needs, snug
from recordings import record, tracee

SCHED_YIELD = 24  # of x86_64: a call that a shell does not make


@needs("ptrace", "x86_64")
class VerifyTest(Case):
    def profile_of(self, *command):
        record(self.dir / "r.json", *command)
        self.assert_status(snug("generate", "-q", "--no-floor", self.dir / "r.json", "-o", self.dir / "p.json"), 0)
        return json.loads((self.dir / "p.json").read_text())

    def verify(self, profile, *command, **options):
        (self.dir / "verify.json").write_text(json.dumps(profile))
        return snug("verify", "--profile", self.dir / "verify.json", "--", *command, **options)

    def denying(self, name, action, **more):
        """A profile that allows everything but one call."""
        rule = {"names": [name], "action": action, **more}
        return {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [rule]}

    def yield_under(self, action, **more):
        """The verification of a shell that prints the status of a program whose sched_yield is denied."""
        command = f"{tracee('one_call')} {SCHED_YIELD}; echo $?"
        return self.verify(self.denying("sched_yield", action, **more), "/bin/sh", "-c", command)

    def assert_denied(self, outcome, *words):
        self.assert_status(outcome, 3)
        for word in words:
            self.assertIn(word, outcome.err)

    def test_a_program_passes_under_its_own_profile(self):
        command = ["/bin/sh", "-c", "ls / | sort >/dev/null; cat /etc/passwd >/dev/null; exit 5"]
        outcome = self.verify(self.profile_of(*command), *command)

        self.assert_status(outcome, 5)
        self.assertIn("verify.json denied nothing", outcome.err)

    def test_minus_any_one_call_the_program_is_denied_that_call(self):
        profile = self.profile_of(tracee("exact"))
        # Where ending is denied with an errno the program would loop for ever, so denials kill here.
        lethal = {"defaultAction": "SCMP_ACT_KILL_PROCESS", "architectures": profile["architectures"]}
        allowed = [rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"][0]["names"]
        for name in ("getpid", "getuid", "write", "exit_group"):
            with self.subTest(name):
                rest = [{"names": [other for other in allowed if other != name], "action": "SCMP_ACT_ALLOW"}]
                outcome = self.verify({**lethal, "syscalls": rest}, tracee("exact"))
                self.assert_denied(outcome, f"snug: {name} ", "killed the process, 1 time", "/tracees/exact")

    def test_a_denied_call_fails_with_the_errno_of_its_rule(self):
        for value in (errno.EACCES, errno.ENOSYS, errno.EXDEV):
            with self.subTest(value):
                outcome = self.yield_under("SCMP_ACT_ERRNO", errnoRet=value)
                self.assertEqual(outcome.out, f"{value}\n")
                self.assert_denied(outcome, "sched_yield", f"failed with {errno.errorcode[value]}", "/tracees/one_call")

    def test_killing_kills_with_sigsys(self):
        for action, fate in (("SCMP_ACT_KILL_PROCESS", "killed the process"), ("SCMP_ACT_KILL", "killed the thread")):
            with self.subTest(action):
                outcome = self.yield_under(action)
                self.assertEqual(outcome.out, "159\n")
                self.assert_denied(outcome, "sched_yield", fate)

    def test_a_trapped_call_raises_a_sigsys_that_can_be_handled(self):
        outcome = self.yield_under("SCMP_ACT_TRAP")

        self.assertEqual(outcome.out, "200\n")
        self.assert_denied(outcome, "sched_yield", "SIGSYS")

    def test_a_logged_call_is_made_and_is_no_denial(self):
        outcome = self.yield_under("SCMP_ACT_LOG")

        self.assertEqual(outcome.out, "0\n")
        self.assert_status(outcome, 0)
        self.assertIn("logged and allowed", outcome.err)

    def test_argument_rules_decide_on_arguments(self):
        condition = {"index": 0, "op": "SCMP_CMP_EQ"}
        denied = self.yield_under("SCMP_ACT_ERRNO", errnoRet=13, args=[{**condition, "value": 0}])
        allowed = self.yield_under("SCMP_ACT_ERRNO", errnoRet=13, args=[{**condition, "value": 1}])

        self.assertEqual((denied.out, denied.status), ("13\n", 3))
        self.assertEqual((allowed.out, allowed.status), ("0\n", 0))

    def test_a_call_of_an_abi_that_the_profile_does_not_list_is_named_and_kills(self):
        outcome = self.verify(self.denying("getuid", "SCMP_ACT_ERRNO"), tracee("abis"))

        self.assert_denied(outcome, "getpid (i386)", "killed the thread")

    def test_a_call_without_a_name_is_denied_by_its_number(self):
        allowed = [{"names": ["exit_group", "execve"], "action": "SCMP_ACT_ALLOW"}]
        profile = {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": allowed}

        self.assert_denied(self.verify(profile, tracee("unnamed")), "number 999", "failed with EPERM, 2 times")

    def test_a_profile_that_forbids_the_exec_itself_denies_the_start(self):
        profile = self.denying("execve", "SCMP_ACT_ERRNO")

        self.assert_denied(self.verify(profile, "/bin/true"), "execve", "by starting the command")

    def test_a_filter_of_the_programs_own_is_not_mistaken_for_the_profile(self):
        outcome = self.verify(self.denying("getuid", "SCMP_ACT_ERRNO"), tracee("own_filter"))

        self.assert_denied(outcome, "getuid", "1 time")
        self.assertNotIn("getppid", outcome.err)

    def test_what_could_not_be_compared_is_a_warning(self):
        profile = self.denying("sched_yield", "SCMP_ACT_LOG")
        profile["syscalls"][0]["names"] = ["prctl", "seccomp"]
        outcome = self.verify(profile, tracee("own_filter"))

        self.assert_status(outcome, 0)
        self.assertIn("warning: ", outcome.err)
        self.assertIn("installed a seccomp filter of its own", outcome.err)

    def test_denials_are_told_even_when_quiet_and_nothing_else_is(self):
        (self.dir / "p.json").write_text(json.dumps(self.denying("sched_yield", "SCMP_ACT_ERRNO")))
        silent = snug("verify", "-q", "--profile", self.dir / "p.json", "--", "/bin/true")
        loud = snug("verify", "-q", "--profile", self.dir / "p.json", "--", tracee("one_call"), SCHED_YIELD)

        self.assertEqual((silent.status, silent.err), (0, ""))
        self.assert_denied(loud, "sched_yield")


if __name__ == "__main__":
    main()
