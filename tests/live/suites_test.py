# SPDX-License-Identifier: Apache-2.0
"""Other programs' own tests end under snug as they do without: Python's for its operating system modules, and GLib's.

SNUG_SUITES=long adds the slow ones and repeats all with PTRACE_SYSCALL's stops.
"""

import concurrent.futures
import itertools
import json
import os
import re
from pathlib import Path

import harness
from harness import SOURCE_DIR, Case, main, needs, run
from recordings import books, record

LONG = os.environ.get("SNUG_SUITES") == "long"
PYTHON_MODULES = "subprocess posix os fork1 threadsignals threading select epoll pty fcntl resource mmap thread eintr"
SLOW_PYTHON_MODULES = """signal wait3 wait4 selectors poll faulthandler socket socketserver popen pdb shutil tempfile
    concurrent_futures multiprocessing_fork multiprocessing_spawn multiprocessing_forkserver asyncio queue sched time
    posixpath dbm_dumb mailbox logging tracemalloc zipfile tarfile sqlite3 ssl"""
GLIB_FOLDER = Path("/usr/libexec/installed-tests/glib")
GLIB_TESTS = """gsubprocess spawn-singlethread spawn-test spawn-path-search thread thread-pool once cond unix unix-fd
    unix-streams pollable socket socket-listener utils task environment shell io-stream slice-concurrent"""
SLOW_GLIB_TESTS = "spawn-multithreaded mainloop thread-pool-slow mutex rec-mutex rwlock private timeout 1bit-mutex"

# Tests that must differ, and why. There is none.
EXPLAINED = {}

# What differs by chance, by load or by time of day differs once.
ATTEMPTS = 3

harness.PROBES["python-tests"] = lambda: run("/usr/bin/python3", "-c", "import test.test_subprocess").status == 0
harness.PROBES["glib-tests"] = GLIB_FOLDER.is_dir


class Suite(Case):
    """A subclass says how to run tests; `outcomes(names, how)` gives a dictionary by test."""

    def compare(self, names, stops):
        """Fails for the tests that end otherwise whenever they run under snug. How many there are."""
        native, watched = self.both(names, stops)
        self.assertGreater(len(native), 0)
        differing = {test for test in native.keys() | watched.keys() if native.get(test) != watched.get(test)}
        for _ in range(ATTEMPTS - 1):
            differing = {test for test in differing if self.differs(test, stops)}
        self.assertEqual(differing - EXPLAINED.keys(), set())
        return len(native)

    def differs(self, test, stops):
        native, watched = self.both([test], stops)
        return native.get(test) != watched.get(test)

    def both(self, names, stops):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            runs = [pool.submit(self.outcomes, names, how) for how in (None, stops)]
            return [each.result() for each in runs]

    def run_either(self, how, *command):
        """Runs a command in a folder of its own: by itself, or under snug with the stops `how`; its outcome."""
        folder = self.dir / f"run{next(self.serial)}"
        folder.mkdir()
        if how is None:
            return run(*command, cwd=folder, timeout=1800)
        path = folder.with_suffix(".json")
        outcome, recording = record(path, *command, options=["--stops", how], cwd=folder, timeout=1800)
        self.assertEqual(recording["incomplete_because"], [], msg=repr(command))
        ledger = books(recording)
        self.assertEqual(ledger["tasks_born"], ledger["tasks_gone"])
        return outcome

    def setUp(self):
        super().setUp()
        self.serial = itertools.count(1)

    def check(self, names):
        for stops in ("seccomp", "syscall") if LONG else ("seccomp",):
            with self.subTest(stops=stops):
                print(f"{self.compare(names, stops)} tests compared")


@needs("ptrace", "python-tests")
class PythonSuite(Suite):
    def outcomes(self, names, how):
        path = self.dir / f"outcomes{next(self.serial)}"
        driver = SOURCE_DIR / "tests/support/unittest_outcomes.py"
        outcome = self.run_either(how, "/usr/bin/python3", "-B", driver, path, *names)
        self.assert_status(outcome, 0)
        return json.loads(path.read_text())

    def test_pythons_tests_of_processes_threads_and_signals_end_as_without_snug(self):
        modules = PYTHON_MODULES + " " + SLOW_PYTHON_MODULES * LONG
        self.check([f"test.test_{module}" for module in modules.split()])


@needs("ptrace", "glib-tests")
class GLibSuite(Suite):
    def outcomes(self, names, how):
        ended = {}
        for program in dict.fromkeys(name.partition(":")[0] for name in names):
            outcome = self.run_either(how, GLIB_FOLDER / program, "--tap")
            ended[f"{program}: status"] = outcome.status
            for verdict, test in re.findall(r"^(ok|not ok) \d+ (\S+)", outcome.out, re.MULTILINE):
                ended[f"{program}: {test}"] = verdict
        return ended

    def test_glibs_tests_of_processes_threads_and_sockets_end_as_without_snug(self):
        self.check((GLIB_TESTS + " " + SLOW_GLIB_TESTS * LONG).split())


if __name__ == "__main__":
    main()
