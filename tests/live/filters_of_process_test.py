# SPDX-License-Identifier: Apache-2.0
"""`lint --pid` tells exactly the filters that others have put a process under, and leaves the process as it was."""

import errno
import json
import os
import signal
import subprocess

import engines
import rootfs
from attaching import state_of, status_of, tracer_of
from harness import Case, main, needs, run, snug
from recordings import tracee
from running import until

PTRACE, MOUNT = 101, 165
PATIENCE = 30  # seconds
BUSYBOX = rootfs.Recipe("busybox", ("busybox",))
# A container's calls: what runc and busybox make. The largest number is that of faccessat2.
ALLOWED = sorted(
    "arch_prctl brk capget capset chdir close close_range dup2 epoll_ctl execve exit exit_group faccessat2 fchown "
    "fcntl fstat fstatfs futex getcwd getdents64 getgid getpid getppid getrandom getuid ioctl mmap mprotect munmap "
    "newfstatat openat openat2 prctl prlimit64 read readlink rseq rt_sigaction rt_sigprocmask rt_sigreturn "
    "set_robust_list set_tid_address setgid setgroups setuid statx tgkill write".split()
)
ABSENT = ["clone3", "io_uring_setup"]
KILLED = ["acct", "swapon"]
PROFILE = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrnoRet": 1,
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [
        {"names": ALLOWED, "action": "SCMP_ACT_ALLOW"},
        {"names": ABSENT, "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
        {"names": KILLED, "action": "SCMP_ACT_KILL_PROCESS"},
        {
            "names": ["personality"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": 0xFFFFFFFF, "valueTwo": 8, "op": "SCMP_CMP_MASKED_EQ"}],
        },
    ],
}


def verdict_on(abi, name):
    """The only verdict on a call that is denied."""
    (verdict,) = next(call["verdicts"] for call in abi["denied"] if call["name"] == name)
    return verdict["action"].removeprefix("SCMP_ACT_"), verdict.get("errno")


@needs("attach", "root", "x86_64")
class FilteredCase(Case):
    def lint(self, pid):
        """What JSON says about the filters of a process, and about its x86_64 calls."""
        outcome = snug("lint", "--pid", pid, "--format", "json")
        self.assertEqual((outcome.status, outcome.err), (0, ""))
        report = json.loads(outcome.out)
        return report, next(abi for abi in report["abis"] if abi["arch"] == "x86_64")


class Filters(FilteredCase):
    """Filters that deny_call, which knows nothing of snug, has put on cat; it ends when its input does."""

    def command_under(self, filters, *command):
        for one in reversed(filters):
            command = (tracee("deny_call"), *map(str, one), "--", *command)
        return command

    def errno_of_ptrace_under(self, *filters):
        """What the kernel says."""
        return run(*self.command_under(filters, tracee("one_call"), PTRACE)).status

    def start(self, *filters):
        process = subprocess.Popen(
            self.command_under(filters, "cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.addCleanup(process.communicate)
        self.echo(process, b"ready\n")
        return process

    def echo(self, process, line):
        process.stdin.write(line)
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), line)

    def test_one_filter_is_told(self):
        process = self.start((PTRACE, errno.EACCES))

        report, abi = self.lint(process.pid)

        self.assertEqual(report["subject"], f"process {process.pid} under 1 filter")
        self.assertEqual([call["name"] for call in abi["denied"]], ["ptrace"])
        self.assertEqual(verdict_on(abi, "ptrace"), ("ERRNO", errno.EACCES))
        self.assertEqual(len(abi["allowed"]), abi["known"] - 1)

    def test_every_filter_of_a_stack_is_told_and_the_latest_decides_the_errno(self):
        filters = (PTRACE, errno.EACCES), (MOUNT, errno.ENOSYS), (PTRACE, errno.EBUSY)
        process = self.start(*filters)

        report, abi = self.lint(process.pid)

        self.assertEqual(self.errno_of_ptrace_under(*filters), errno.EBUSY)
        self.assertEqual(report["subject"], f"process {process.pid} under 3 filters")
        self.assertEqual([call["name"] for call in abi["denied"]], ["ptrace", "mount"])
        self.assertEqual(verdict_on(abi, "ptrace"), ("ERRNO", errno.EBUSY))
        self.assertEqual(verdict_on(abi, "mount"), ("ERRNO", errno.ENOSYS))

    def test_a_filter_that_looks_at_an_argument_is_told(self):
        process = self.start((MOUNT, errno.EPERM, 3, 0x20))

        _, abi = self.lint(process.pid)

        self.assertEqual((abi["allowed_with_some_arguments"], abi["denied"]), (["mount"], []))

    def test_the_process_goes_on_as_before(self):
        process = self.start((PTRACE, errno.EACCES))
        until(lambda: state_of(process.pid) == "S", PATIENCE, "a sleeping cat")

        for _ in range(20):
            self.lint(process.pid)

        self.assertEqual(tracer_of(process.pid), 0)
        self.echo(process, b"still there\n")

    def test_a_stopped_process_stays_stopped(self):
        process = self.start((PTRACE, errno.EACCES))
        os.kill(process.pid, signal.SIGSTOP)
        until(lambda: state_of(process.pid) == "T", PATIENCE, "a stopped cat")

        _, abi = self.lint(process.pid)

        self.assertEqual([call["name"] for call in abi["denied"]], ["ptrace"])
        self.assertEqual(state_of(process.pid), "T")
        os.kill(process.pid, signal.SIGCONT)
        self.echo(process, b"still there\n")


@needs(*engines.Runc.needs, "busybox")
class Containers(FilteredCase):
    """A profile that a runtime has installed, beside what snug says of its file."""

    def start(self, engine):
        self.addCleanup(engine.close)
        profile = self.dir / "profile.json"
        profile.write_text(json.dumps(PROFILE))
        confinement = engines.Confinement(seccomp=profile, no_new_privileges=True)
        container = engine.run(rootfs.build(BUSYBOX), ["busybox", "tail", "-f", "/etc/hosts"], confinement)
        self.addCleanup(container.stop)
        return container, profile

    def pid_of(self, container):
        """The container's first process, once it runs its program."""

        def find():
            if container.has_ended():
                self.fail(container.output())
            pid = container.find_pid()
            words = pid and status_of(pid).get("Name")
            return pid if words == "busybox" else None

        return until(find, PATIENCE, "a container that runs")

    def check(self, engine, beyond):
        container, profile = self.start(engine)

        report, abi = self.lint(self.pid_of(container))

        self.assertEqual(sorted(abi["allowed"]), ALLOWED)
        self.assertEqual(abi["allowed_with_some_arguments"], ["personality"])
        for name in ABSENT:
            self.assertEqual(verdict_on(abi, name), ("ERRNO", errno.ENOSYS))
        for name in KILLED:
            self.assertEqual(verdict_on(abi, name), ("KILL_PROCESS", None))
        self.assertEqual(verdict_on(abi, "mount"), ("ERRNO", errno.EPERM))
        self.assertEqual(verdict_on(abi, "mseal"), ("ERRNO", beyond))
        self.assertEqual([call["name"] for call in report["powerful"]], ["personality"])
        return abi, json.loads(snug("lint", profile, "--format", "json").out)

    def test_runcs_filter_is_the_profiles_and_has_the_stub_that_is_foretold(self):
        abi, foretold = self.check(engines.Runc(), errno.ENOSYS)

        (stub,) = foretold["runc"]
        self.assertEqual(stub["enosys_above"], 439)
        absent = [call["name"] for call in abi["denied"] if call["verdicts"][0].get("errno") == errno.ENOSYS]
        self.assertEqual(sorted(absent), sorted(ABSENT + stub["calls"]))

    @needs("crun")
    def test_cruns_filter_is_the_profiles(self):
        abi, foretold = self.check(engines.Crun(), errno.EPERM)

        (host,) = foretold["abis"]
        for kind in ("allowed", "allowed_with_some_arguments", "denied", "unknown_numbers"):
            self.assertEqual(abi[kind], host[kind])


if __name__ == "__main__":
    main()
