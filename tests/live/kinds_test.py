# SPDX-License-Identifier: Apache-2.0
"""However a program was linked, and whatever its library or runtime, its calls are all recorded."""

from both_ways import BothWays
from harness import SOURCE_DIR, main, needs, run
from recordings import books, counts

# What family.c makes exactly.
TELL_TALES = {"getsid": 20, "getpgid": 3, "getppid": 2, "getuid": 1}
# Whether threads wait for each other is chance, and strace does not count what never returns.
UNCERTAIN = {"futex", "exit", "exit_group", "rt_sigreturn", "restart_syscall"}


@needs("ptrace", "strace")
class Libraries(BothWays):
    def names_seen_by_strace(self, program):
        summary = self.dir / "summary"
        self.assert_status(run("strace", "-f", "-c", "-U", "name", "-o", summary, program), 0)
        return set(summary.read_text().split()) - {"syscall", "total", "-" * 16} - UNCERTAIN

    def check(self, *compiler):
        program = str(self.dir / "family")
        built = run(*compiler, "-O1", "-pthread", SOURCE_DIR / "tests/tracees/family.c", "-o", program)
        self.assert_status(built, 0)
        witnessed = self.names_seen_by_strace(program)
        self.assertLess(TELL_TALES.keys(), witnessed)

        for recording in self.record_both_ways(program):
            made = counts(recording)
            self.assertEqual({name: made.get(name) for name in TELL_TALES}, TELL_TALES)
            self.assertEqual(made.keys() - UNCERTAIN, witnessed)
            self.assert_balanced(recording, tasks=7, execs=2)

    @needs("gcc")
    def test_glibc(self):
        self.check("gcc")

    @needs("gcc")
    def test_glibc_linked_statically(self):
        self.check("gcc", "-static")

    @needs("gcc")
    def test_glibc_linked_statically_at_no_fixed_address(self):
        self.check("gcc", "-static-pie")

    @needs("musl-gcc")
    def test_musl(self):
        self.check("musl-gcc")

    @needs("musl-gcc")
    def test_musl_linked_statically(self):
        self.check("musl-gcc", "-static")


@needs("ptrace")
class Runtimes(BothWays):
    @needs("runc")
    def test_go(self):
        """Its runtime calls without a library, starts threads as it pleases, and signals them all the time."""
        for recording in self.record_both_ways("runc", "--version"):
            self.assertLess({"mmap", "rt_sigaction", "sigaltstack", "futex"}, counts(recording).keys())
            self.assert_balanced(recording, execs=1)
            self.assertGreater(books(recording)["tasks_born"], 2)


if __name__ == "__main__":
    main()
