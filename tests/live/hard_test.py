# SPDX-License-Identifier: Apache-2.0
"""Programs that change what they are, what they see or what they may use are recorded to their end."""

import json
import os
import shutil

import harness
from both_ways import BothWays
from harness import main, needs, run
from recordings import books, call, counts, tracee

USER = 65534
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]
PYTHON = ["/usr/bin/python3", "-I", "-c"]
# What each script begins with: the C library, whose calls keep errno; and the tell-tale call of each script's end.
PRELUDE = """
import ctypes, os, resource, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
def tell(): os.getsid(0); os.getsid(0)
"""

# What a program may do to itself. Each script ends with two getsid.
SCRIPTS = {
    "closes every file": "libc.syscall(436, 0, 0xffffffff, 0); tell()",
    "may have no more files": "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)); tell()",
    "may write no files": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); tell()",
    "may map no more memory": "resource.setrlimit(resource.RLIMIT_AS, (4096, 4096)); tell()",
    "may not have children": "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0)); tell()",
    "has a limit of time": "resource.setrlimit(resource.RLIMIT_CPU, (60, 60)); tell()",
    "may not dump its memory": "libc.prctl(4, 0); tell()",
    "lets anybody trace it": "libc.prctl(0x59616d61, ctypes.c_ulong(-1)); tell()",
    "gains no privileges": "libc.prctl(38, 1, 0, 0, 0) == 0 or sys.exit(1); tell()",
    "wants to be killed first": "open('/proc/self/oom_score_adj', 'w').write('1000'); tell()",
    "seals its memory": "libc.syscall(462, ctypes.c_ulong(id(libc) & -4096), 4096, 0); tell()",
    "runs on one processor": "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); tell()",
    "looks for its tracer": "assert 'TracerPid:\\t0\\n' not in open('/proc/self/status').read(); tell()",
    "forks with a new name": "libc.prctl(15, b'a b) c'); os.fork() == 0 and (os.getppid(), os._exit(0)); os.wait(); tell()",
    "blocks every signal": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); tell()",
    "has executable data": "libc.personality(0x0400000); tell()",
}
ROOTS_SCRIPTS = {
    "becomes another user": f"os.setgroups([]); os.setgid({USER}); os.setuid({USER}); tell()",
    "changes users with a child": f"os.fork() == 0 and (os.setuid({USER}), os._exit(0)); os.wait(); tell()",
    "runs before everybody": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)); tell()",
    "changes its root": "os.chroot('/usr'); tell()",
    "loses its capabilities": "[libc.prctl(24, number) for number in range(64)]; tell()",
}
UNSHARED = ["--mount", "--net", "--uts", "--ipc", "--pid", "--cgroup", "--time", "--fork", "--mount-proc"]
PIVOT = """
mount -t tmpfs tmpfs /mnt
mkdir /mnt/old
cp "$(command -v busybox)" /mnt/busybox
cd /mnt
pivot_root . old
exec /busybox sh -c '/busybox umount -l /old && /busybox true'
"""
NO_PROC = "umount -l /proc; exec sh -c 'test ! -e /proc/self && exec id -u'"
JOIN = "nsenter --target $PPID --mount --net --uts --ipc true"

EVERY_NAMESPACE = ["unshare", "--user", "--map-root-user", *UNSHARED, "true"]
SANDBOX = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]

# Kernels and distributions differ in who may make namespaces.
harness.PROBES["namespaces"] = lambda: harness.has("unshare") and run(*EVERY_NAMESPACE).status == 0
harness.PROBES["sandbox"] = lambda: harness.has("bwrap") and run(*SANDBOX).status == 0
harness.PROBES["user's namespaces"] = lambda: harness.has("unshare") and run(*AS_USER, *EVERY_NAMESPACE).status == 0
harness.PROBES["user's sandbox"] = lambda: harness.has("bwrap") and run(*AS_USER, *SANDBOX).status == 0


class HardCase(BothWays):
    def check(self, *command, **options):
        """Recorded completely, and as the same kinds of calls by both kinds of stops."""
        recordings = list(self.record_both_ways(*command, **options))
        for recording in recordings:
            self.assert_balanced(recording, execs=None)
        return recordings


@needs("ptrace")
class Scripts(HardCase):
    def check_scripts(self, scripts, **options):
        for name, script in scripts.items():
            with self.subTest(name):
                for recording in self.check(*PYTHON, PRELUDE + script, **options):
                    self.assertEqual(counts(recording)["getsid"], 2)

    def test_what_a_program_does_to_itself_hides_nothing(self):
        self.check_scripts(SCRIPTS)

    @needs("root")
    def test_nor_does_what_only_root_may_do(self):
        self.check_scripts(ROOTS_SCRIPTS)


@needs("ptrace", "root", "namespaces")
class Namespaces(HardCase):
    def test_programs_in_new_namespaces_of_every_kind(self):
        self.check(*EVERY_NAMESPACE)

    def test_programs_that_join_the_namespaces_of_others(self):
        for recording in self.check("unshare", "--mount", "--net", "--uts", "--ipc", "sh", "-c", JOIN):
            self.assertEqual(call(recording, "setns")["errors"], {})

    @needs("sandbox")
    def test_programs_in_a_sandbox(self):
        for recording in self.check(*SANDBOX):
            self.assertIn("pivot_root", counts(recording))

    @needs("busybox")
    def test_programs_behind_a_root_that_was_exchanged(self):
        for recording in self.check("unshare", "--mount", "sh", "-ec", PIVOT):
            self.assertEqual(counts(recording)["pivot_root"], 1)
            self.assertIn("/busybox", {entry["path"] for entry in recording["executables"]})

    def test_programs_that_have_no_proc(self):
        for recording in self.check("unshare", "--mount", "sh", "-c", NO_PROC):
            self.assertIn("id", {entry["path"].rpartition("/")[2] for entry in recording["executables"]})

    def test_snug_itself_needs_a_proc_that_shows_its_workload(self):
        trace = [harness.SNUG, "trace", "-o", self.dir / "r.json", "--", "touch", self.dir / "touched"]
        situations = [["--pid", "--fork"]]
        if not harness.is_sanitized():  # sanitizers themselves do not work without /proc
            situations.append(["--mount", "sh", "-c", 'umount -l /proc; exec "$@"', "sh"])
        for situation in situations:
            outcome = run("unshare", *situation, *trace)

            self.assert_status(outcome, 125)
            self.assertEqual(
                outcome.err,
                "snug: cannot see in /proc which program a process runs\n"
                "  cause: /proc is not mounted, or belongs to another pid namespace\n"
                "  try:   mount -t proc proc /proc; unshare does it with --mount-proc\n",
            )
            self.assertFalse((self.dir / "touched").exists())


@needs("ptrace", "x86_64")
class Tracers(BothWays):
    """A task has one tracer: the workload's own do not get to see it, which the recording says."""

    def check(self, script, status=0):
        for recording in self.record_both_ways(*PYTHON, PRELUDE + script, status=status):
            (reason,) = recording["incomplete_because"]
            self.assertIn("python3", reason)
            self.assertIn("wanted to trace or be traced", reason)
            self.assertEqual(books(recording)["tasks_born"], books(recording)["tasks_gone"])
            self.assertEqual(call(recording, "ptrace")["errors"], {"EPERM": 1})

    def test_to_be_traced_by_the_parent_is_refused_and_said(self):
        self.check("os.fork() == 0 and os._exit(libc.ptrace(0, 0, 0, 0) == 0); os.wait()[1] == 0 or sys.exit(1)")

    def test_to_trace_a_child_is_refused_and_said(self):
        for request in (0x4206, 16):  # PTRACE_SEIZE, PTRACE_ATTACH
            child = "child = os.fork(); child == 0 and (signal.pause(), os._exit(0))"
            attempt = f"refused = libc.ptrace({request}, child, 0, 0)"
            self.check(f"{child}\n{attempt}; os.kill(child, 9); os.wait(); sys.exit(refused == 0)")


@needs("ptrace", "root", "setpriv")
class OrdinaryUser(HardCase):
    def setUp(self):
        super().setUp()
        self.dir.chmod(0o755)
        self.home = self.dir / "home"
        self.home.mkdir()
        os.chown(self.home, USER, USER)
        self.program = self.dir / "snug"  # Where it was built the user may not be let in.
        shutil.copy(harness.SNUG, self.program)

    def check(self, *command, status=0):
        for stops in ("seccomp", "syscall"):
            words = [*AS_USER, self.program, "trace", "-q", "--stops", stops, "--", *command]
            outcome = run(*words, cwd=self.home, env={"PATH": "/usr/bin:/bin"})
            self.assert_status(outcome, status)
            recording = json.loads((self.home / "snug.recording.json").read_text())
            self.assert_balanced(recording, execs=None)
            yield recording

    def test_what_a_program_does_to_itself_hides_nothing_from_its_user(self):
        for name, script in SCRIPTS.items():
            with self.subTest(name):
                for recording in self.check(*PYTHON, PRELUDE + script):
                    self.assertEqual(counts(recording)["getsid"], 2)

    def test_a_program_that_may_not_be_looked_into_is_recorded_with_a_partial_stack(self):
        for recording in self.check(*PYTHON, PRELUDE + SCRIPTS["may not dump its memory"]):
            (seen,) = call(recording, "getsid")["observations"]
            self.assertTrue(seen["first"]["stack"]["partial"])

    def test_a_limit_of_processes_that_forbids_a_child_is_its_users_own(self):
        script = SCRIPTS["may not have children"] + "; os.fork()"
        for recording in self.check(*PYTHON, PRELUDE + script, status=1):
            self.assertEqual(call(recording, "clone")["errors"], {"EAGAIN": 1})

    @needs("user's namespaces")
    def test_namespaces_of_a_users_own(self):
        for recording in self.check(*EVERY_NAMESPACE):
            self.assertEqual(call(recording, "unshare")["errors"], {})

    @needs("user's sandbox")
    def test_a_sandbox_of_a_users_own(self):
        for recording in self.check(*SANDBOX):
            self.assertIn("pivot_root", counts(recording))

    def test_filters_of_a_users_own(self):
        filters = self.dir / "filters"
        shutil.copy(tracee("filters"), filters)
        for recording in self.check(filters, "errno", "exec"):
            self.assertEqual(call(recording, "getppid")["errors"], {"EACCES": 3})


if __name__ == "__main__":
    main()
