# SPDX-License-Identifier: Apache-2.0
"""What every Python test of snug shares: running commands, temporary folders, and honest skips.

A test that needs something of the machine says so with `@needs("ptrace", "runc")`. Where it is missing the test is
skipped, and a script that skipped any exits 77, which CTest shows as skipped. What the environment variable
SNUG_REQUIRE lists (comma separated, or "all") must be there: its absence is a failure, not a skip.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SNUG = os.environ.get("SNUG", "snug")
SOURCE_DIR = Path(os.environ.get("SNUG_SOURCE_DIR", Path(__file__).resolve().parents[2]))
BINARY_DIR = Path(os.environ.get("SNUG_BINARY_DIR", SOURCE_DIR / "build/dev"))


def can_trace():
    command = [SNUG, "trace", "-q", "-o", "/dev/null", "--", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def bpftrace(*arguments):
    """The command that runs bpftrace where it finds the kernel's tracepoints, whether or not they are mounted."""
    mount = "test -e /sys/kernel/tracing/events || mount -t tracefs tracefs /sys/kernel/tracing"
    return ["unshare", "--mount", "sh", "-ec", f'{mount}; exec bpftrace "$@"', "sh", *arguments]


def can_count_calls():
    program = "tracepoint:raw_syscalls:sys_enter { exit(); }"
    return bool(shutil.which("bpftrace")) and run(*bpftrace("-e", program)).status == 0


def can_attach():
    """Whether ptrace may be used on processes that are no descendants of ours (kernel.yama.ptrace_scope)."""
    scope_file = Path("/proc/sys/kernel/yama/ptrace_scope")
    scope = int(scope_file.read_text()) if scope_file.exists() else 0
    return can_trace() and (scope == 0 or (scope < 3 and os.geteuid() == 0))


# What a test can ask of the machine, and how to find out. Programs are looked up on PATH unless named here.
PROBES = {
    "ptrace": can_trace,
    "attach": can_attach,
    "x86_64": lambda: platform.machine() == "x86_64",
    "root": lambda: os.geteuid() == 0,
    "bpftrace": can_count_calls,
    # The manager itself, not a running one.
    "systemd": lambda: Path("/lib/systemd/systemd").exists(),
    # Debian keeps PostgreSQL's programs out of PATH.
    "postgres": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    # Built by the preset "static", which scripts/test does in continuous integration.
    "static snug": lambda: os.access(os.environ.get("SNUG_STATIC_BINARY", ""), os.X_OK),
    "jsonschema": lambda: __import__("importlib.util").util.find_spec("jsonschema") is not None,
}


def is_sanitized():
    """Whether snug was built with AddressSanitizer."""
    return b"__asan_init" in Path(SNUG).read_bytes()


def has(need):
    probe = PROBES.get(need)
    return probe() if probe else shutil.which(need) is not None


def required(need):
    wanted = os.environ.get("SNUG_REQUIRE", "").split(",")
    return "all" in wanted or need in wanted


def needs(*names):
    """Skips a test or a whole case, with its reason, when the machine lacks any of `names`.

    Where SNUG_REQUIRE asks for one of them, it fails instead.
    """

    def decorate(test):
        missing = [name for name in names if not has(name)]
        if not missing:
            return test
        reason = "this machine lacks " + ", ".join(missing)
        if not any(required(name) for name in missing):
            return unittest.skip(reason)(test)

        def fail(case):
            case.fail(reason + ", which SNUG_REQUIRE asks for")

        if not isinstance(test, type):
            return fail
        test.setUp = fail
        return test

    return decorate


class Outcome:
    """What a command did: exit status (as a shell shows it), standard output and standard error as text."""

    def __init__(self, completed):
        code = completed.returncode
        self.status = code if code >= 0 else 128 - code
        self.out = completed.stdout
        self.err = completed.stderr

    def __repr__(self):
        return f"status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def run(*command, timeout=60, **options):
    """Runs a command to its end; `options` are subprocess.run's."""
    options.setdefault("stdin", subprocess.DEVNULL) if "input" not in options else None
    completed = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, errors="replace", timeout=timeout, **options
    )
    return Outcome(completed)


def snug(*arguments, **options):
    return run(SNUG, *arguments, **options)


class Case(unittest.TestCase):
    """A test case with a folder of its own, `self.dir`, removed afterwards."""

    maxDiff = None

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="snug-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def assert_status(self, outcome, status):
        self.assertEqual(outcome.status, status, msg=repr(outcome))


def main():
    program = unittest.main(module="__main__", exit=False)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == 0:
        print("no test ran", file=sys.stderr)
        sys.exit(1)
    sys.exit(77 if result.skipped else 0)  # what was not run must not pass for passed
