# SPDX-License-Identifier: Apache-2.0
"""What snug convert writes for others means to them what the profile says: bubblewrap enforces it, systemd reads it."""

import errno
import json
import os
import re

from harness import Case, main, needs, run, snug
from recordings import tracee

SCHED_YIELD = 24  # of x86_64: a call that neither bubblewrap nor a shell makes


def denying(name, action, **more):
    rule = {"names": [name], "action": action, **more}
    return {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [rule]}


class Converting(Case):
    def convert(self, profile, form):
        (self.dir / "profile.json").write_text(json.dumps(profile))
        path = self.dir / f"profile.{form}"
        self.assert_status(snug("convert", "-q", self.dir / "profile.json", "--format", form, "-o", path), 0)
        return path


@needs("bwrap", "x86_64")
class BubblewrapTest(Converting):
    def run_under(self, profile, *command):
        """Runs the command in bubblewrap under the profile's filter, which it takes from an open file."""
        filter_file = os.open(self.convert(profile, "bpf"), os.O_RDONLY)
        self.addCleanup(os.close, filter_file)
        return run("bwrap", "--ro-bind", "/", "/", "--seccomp", filter_file, *command, pass_fds=[filter_file])

    def yield_under(self, *denial, **more):
        return self.run_under(denying(*denial, **more), tracee("one_call"), SCHED_YIELD)

    def test_a_denied_call_fails_with_the_errno_of_its_rule(self):
        for value in (errno.EACCES, errno.ENOSYS):
            with self.subTest(value):
                self.assert_status(self.yield_under("sched_yield", "SCMP_ACT_ERRNO", errnoRet=value), value)

    def test_what_no_rule_denies_is_allowed(self):
        self.assert_status(self.yield_under("reboot", "SCMP_ACT_ERRNO"), 0)

    def test_conditions_on_arguments_decide(self):
        condition = {"index": 0, "op": "SCMP_CMP_EQ"}
        for value, status in ((0, errno.EACCES), (1, 0)):
            with self.subTest(value):
                args = [{**condition, "value": value}]
                outcome = self.yield_under("sched_yield", "SCMP_ACT_ERRNO", errnoRet=errno.EACCES, args=args)
                self.assert_status(outcome, status)

    def test_a_killing_rule_kills(self):
        command = f"{tracee('one_call')} {SCHED_YIELD}; echo $?"
        outcome = self.run_under(denying("sched_yield", "SCMP_ACT_KILL_PROCESS"), "/bin/sh", "-c", command)

        self.assertEqual(outcome.out, "159\n")  # SIGSYS

    def test_a_program_that_is_allowed_all_it_calls_passes_and_with_one_less_does_not(self):
        allowed = ["execve", "exit_group", "rt_sigaction", "sched_yield", "wait4", "write"]
        for names, status in ((allowed, 0), ([n for n in allowed if n != "sched_yield"], errno.EPERM)):
            with self.subTest(names):
                rule = {"names": names, "action": "SCMP_ACT_ALLOW"}
                profile = {**denying("", ""), "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [rule]}
                self.assert_status(self.run_under(profile, tracee("one_call"), SCHED_YIELD), status)


@needs("systemd", "setpriv", "root")
class SystemdTest(Converting):
    """systemd's own dump of a unit with the drop-in, from its test mode, which starts nothing."""

    def dump(self, profile, unit="SystemCallFilter=~reboot\nSystemCallErrorNumber=ENOTTY\n"):
        folder = self.dir / "systemd/user"
        (folder / "it.service.d").mkdir(parents=True)
        (folder / "it.service").write_text(f"[Service]\nExecStart=/bin/true\n{unit}")
        (folder / "it.service.d/profile.conf").write_text(self.convert(profile, "systemd").read_text())
        (self.dir / "runtime").mkdir()
        run("chown", "-R", "nobody", self.dir)
        variables = {"HOME": self.dir, "XDG_RUNTIME_DIR": self.dir / "runtime", "XDG_CONFIG_HOME": self.dir}
        outcome = run(
            *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
            *("/lib/systemd/systemd", "--user", "--test", "--unit=it.service"),
            env={**os.environ, **variables},
        )
        text = re.search(r"-> Unit it\.service:\n(.*?)(?=-> Unit |\Z)", outcome.out, re.DOTALL)
        self.assertIsNotNone(text, msg=repr(outcome))
        self.assertNotIn("profile.conf:", outcome.err)
        return dict(re.findall(r"\t(SystemCall\w+): (.*)", text.group(1)))

    def test_a_denying_profile_is_read_as_it_stands(self):
        rules = [
            {"names": ["write", "read"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["clone3", "statx"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
            {"names": ["mount"], "action": "SCMP_ACT_KILL_PROCESS"},
        ]
        profile = {**denying("", ""), "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13, "syscalls": rules}
        profile["architectures"].append("SCMP_ARCH_X86")
        dump = self.dump(profile)

        expected = ["clone3:ENOSYS", "mount:kill", "read", "statx:ENOSYS", "write"]
        self.assertEqual(sorted(dump["SystemCallFilter"].split()), expected)
        self.assertEqual(dump["SystemCallErrorNumber"], "EACCES")
        self.assertEqual(sorted(dump["SystemCallArchitectures"].split()), ["x86", "x86-64"])

    def test_an_allowing_profile_is_read_as_it_stands(self):
        dump = self.dump(denying("mount", "SCMP_ACT_ERRNO", errnoRet=13), unit="SystemCallFilter=read\n")

        self.assertEqual(dump["SystemCallFilter"], "~mount:EACCES")

    def test_a_profile_that_allows_nothing_is_read_as_it_stands(self):
        dump = self.dump({"defaultAction": "SCMP_ACT_KILL_PROCESS"})

        self.assertEqual(dump.get("SystemCallFilter", "").split(), [])
        self.assertEqual(dump["SystemCallErrorNumber"], "kill")


if __name__ == "__main__":
    main()
