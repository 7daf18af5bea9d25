# SPDX-License-Identifier: Apache-2.0
"""A kernel or a sandbox that refuses what snug needs: the message says which, and a recording never lies about it."""

import json
import platform

import harness

DENY_CALL = harness.BINARY_DIR / "tracees/deny_call"
EPERM, EIO, EAGAIN, EMFILE, ENOSYS = 1, 5, 11, 24, 38
GET_SYSCALL_INFO, SEIZE = 0x420E, 0x4206

# Of asm/unistd.h.
NUMBERS = {
    "x86_64": {"ptrace": 101, "seccomp": 317, "clone": 56, "pipe2": 293, "uname": 63},
    "aarch64": {"ptrace": 117, "seccomp": 277, "clone": 220, "pipe2": 59, "uname": 160},
}[platform.machine()]


@harness.needs("ptrace")
class Refused(harness.Case):
    def snug(self, *words):
        return [harness.SNUG, *words]

    def without(self, call, errno_value, command, argument=None):
        """What becomes of `command` when `call`, or only its calls with that first `argument`, fails."""
        condition = [] if argument is None else [0, argument]
        return harness.run(DENY_CALL, NUMBERS[call], errno_value, *condition, "--", *command, cwd=self.dir)

    def assert_failed(self, outcome, what, cause, remedy):
        self.assert_status(outcome, 125)
        self.assertEqual(outcome.out, "")
        self.assertRegex(outcome.err, rf"\Asnug: {what}\n  cause: {cause}\n  try:   {remedy}\n\Z")

    def commands(self):
        (self.dir / "allow.json").write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
        yield self.snug("trace", "--", "touch", "touched")
        yield self.snug("verify", "--profile", "allow.json", "--", "touch", "touched")

    def recording(self):
        return json.loads((self.dir / "snug.recording.json").read_text())

    def names(self):
        return {call["name"] for call in self.recording()["syscalls"]}


class Ptrace(Refused):
    def test_another_tracer_is_named(self):
        for command in self.commands():
            outcome = harness.run(*self.snug("trace", "-q", "-o", "outer.json", "--", *command), cwd=self.dir)

            self.assert_failed(
                outcome,
                r"cannot trace process \d+: Operation not permitted",
                r"process \d+ already traces it, and a process can have only one tracer",
                "do not run snug under strace, gdb or another tracer",
            )
            self.assertFalse((self.dir / "touched").exists())

    @harness.needs("strace")
    def test_strace_is_named_by_its_process(self):
        strace = ["strace", "-f", "-qq", "-e", "trace=none", "-e", "signal=none", "-o", "log"]
        # exec makes the shell's process id strace's.
        script = 'echo $$; exec "$@"'

        outcome = harness.run("sh", "-c", script, "sh", *strace, *self.snug("trace", "--", "true"), cwd=self.dir)

        self.assert_status(outcome, 125)
        self.assertIn(f"cause: process {outcome.out.strip()} already traces it", outcome.err)

    def test_a_seccomp_filter_that_forbids_it_is_suspected(self):
        for errno_value, reason in ((EPERM, "Operation not permitted"), (ENOSYS, "Function not implemented")):
            for argument in (None, SEIZE):
                for command in self.commands():
                    outcome = self.without("ptrace", errno_value, command, argument)

                    self.assert_failed(
                        outcome,
                        rf"cannot trace process \d+: {reason}",
                        "snug itself runs under a seccomp filter, which seems to forbid ptrace",
                        r"give the container a seccomp profile that allows ptrace "
                        r"\(Docker's default does, from Linux 4\.8 on\)",
                    )
                    self.assertFalse((self.dir / "touched").exists())

    def test_a_kernel_without_get_syscall_info_is_too_old(self):
        for command in self.commands():
            outcome = self.without("ptrace", EIO, command, GET_SYSCALL_INFO)

            self.assert_failed(
                outcome,
                "this kernel cannot tell a tracer about system calls",
                rf"Linux {platform.release()} lacks PTRACE_GET_SYSCALL_INFO",
                r"use Linux 5\.3 or newer",
            )
            self.assertFalse((self.dir / "touched").exists())

    def test_calls_that_cannot_be_read_are_never_called_complete(self):
        outcome = self.without("ptrace", EPERM, self.snug("trace", "-q", "--", "uname"), GET_SYSCALL_INFO)

        if outcome.status != 125:  # Refusing to start is as good.
            self.assertFalse(self.recording()["complete"], msg="no call was read, and the recording is complete")


class Launch(Refused):
    def test_a_process_that_cannot_be_made_is_told(self):
        self.assert_failed(
            self.without("clone", EAGAIN, self.snug("trace", "--", "true")),
            "cannot start the command",
            "fork: Resource temporarily unavailable",
            "raise 'ulimit -u' or free memory",
        )

    def test_descriptors_that_ran_out_are_told(self):
        self.assert_failed(
            self.without("pipe2", EMFILE, self.snug("trace", "--", "true")),
            "cannot start the command",
            "pipe2: Too many open files",
            "close files or raise 'ulimit -n'",
        )

    def test_without_seccomp_every_call_is_seen_by_two_stops(self):
        for errno_value in (EPERM, ENOSYS):
            outcome = self.without("seccomp", errno_value, self.snug("trace", "-q", "--", "uname"))

            self.assert_status(outcome, 0)
            self.assertEqual(self.recording()["runs"][0]["tracer"]["mode"], "syscall")
            self.assertTrue(self.recording()["complete"])
            self.assertIn("uname", self.names())

    def test_a_filter_that_was_asked_for_and_cannot_be_had_is_told(self):
        command = self.snug("trace", "--stops=seccomp", "--", "touch", "touched")

        self.assert_failed(
            self.without("seccomp", ENOSYS, command),
            "cannot install the seccomp filter: Function not implemented",
            "the kernel wants CAP_SYS_ADMIN or no_new_privs for it, or has no seccomp filters",
            "run snug as root, or use 'snug trace --stops=syscall'",
        )
        self.assertFalse((self.dir / "touched").exists())


class FilterAroundSnug(Refused):
    """snug in a sandbox whose own filter refuses calls of the workload: these were made, and belong to it."""

    def test_a_call_that_the_sandbox_refuses_is_recorded(self):
        outcome = self.without("uname", EPERM, self.snug("trace", "-q", "--", "uname"))

        self.assert_status(outcome, 1)
        self.assertIn("uname", self.names())

    def test_asked_for_by_name_the_blind_filter_is_confessed(self):
        self.without("uname", EPERM, self.snug("trace", "-q", "--stops=seccomp", "--", "uname"))

        if "uname" not in self.names():
            self.assertFalse(self.recording()["complete"], msg="a call is missing, and the recording is complete")


if __name__ == "__main__":
    harness.main()
