# SPDX-License-Identifier: Apache-2.0
"""Faults, traps and deadly signals are the watched program's own: its handlers see them, its parent sees its death."""

import os
import resource
import subprocess
import unittest
from pathlib import Path

from harness import SNUG, main, needs
from recordings import tracee
from watching import STOPS, WatchingCase

TRAPPED = "SYS code 1 errno 123 call {0} arch c000003e, address right, register {0}, result 1234, 1 times"


@needs("ptrace", "x86_64")
class FaultsTest(WatchingCase):
    def assert_told(self, scene, words, **expected):
        self.assertIn(words, self.assert_unchanged("faults", scene, **expected))

    def test_a_bad_access_tells_its_kind_and_address(self):
        self.assert_told("read of nothing", "SEGV code 1, address right, 1 times")
        self.assert_told("write to a protected page", "SEGV code 2, address right, 1 times")
        self.assert_told("read beyond a file", "BUS code 2, address right, 1 times")

    def test_a_bad_instruction_tells_its_kind_and_place(self):
        self.assert_told("division by zero", "FPE code 1, 1 times, at f7")
        self.assert_told("undefined instruction", "ILL code 2, 1 times, at f")

    def test_an_exhausted_stack_is_told_on_another(self):
        self.assert_told("stack overflow", "SEGV code 1, 1 times")

    def test_traps_are_not_taken_for_those_of_the_tracer(self):
        self.assert_told("breakpoint", "TRAP code 128, 1 times")

    def test_single_steps_through_a_call_are_counted_alike(self):
        self.assert_told("single step", "TRAP code 2, 6 times, the call's result is right")

    def test_a_broken_pipe_is_told_by_signal_and_error(self):
        self.assert_told("broken pipe", "write: EPIPE", status=141, calls={"write"})

    def test_a_trap_by_a_filter_of_the_programs_own_tells_the_call(self):
        self.assert_told("own trap", TRAPPED.format(110), calls={"getppid"})

    def test_so_does_one_of_a_number_that_snug_itself_uses_for_traps(self):
        self.assert_told("own trap of an unknown number", TRAPPED.format(0x1FE00027))

    def test_a_filter_of_the_programs_own_kills_it_with_a_trap(self):
        self.assert_told("own deadly trap", "alive", status=159, calls={"getppid"})

    def test_a_fault_that_cannot_be_handled_kills(self):
        for scene in ("deadly fault", "fault in a handler", "blocked fault"):
            self.assert_told(scene, "alive", status=139)


@needs("ptrace", "x86_64")
class DeathsTest(WatchingCase):
    def test_every_signal_does_by_default_what_it_does_alone(self):
        told = self.assert_unchanged("defaults", "by default", calls={"kill", "wait4"})

        self.assertIn("TTIN: stopped by TTIN\nTTIN: exited with 42\n", told)
        self.assertIn("64: killed by 64\n", told)

    def test_ignored_signals_do_nothing(self):
        self.assertIn("TERM: exited with 42\n", self.assert_unchanged("defaults", "ignored", calls={"kill"}))

    def test_all_threads_die_together_of_the_one_signal(self):
        self.assertIn("threads: killed by SEGV", self.assert_unchanged("defaults", "threads", calls={"tgkill"}))

    def test_the_status_of_the_command_is_that_of_its_signal(self):
        deaths = {"abort": 134, "kill": 137, "time limit": 152, "size limit": 153, "real-time signal": 167}
        for scene, status in deaths.items():
            self.assert_unchanged("defaults", scene, status=status)


def dumps_here():
    """Whether the kernel writes cores into the folder of the program that dies."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    return "/" not in pattern and "|" not in pattern and resource.getrlimit(resource.RLIMIT_CORE)[1] != 0


@needs("ptrace", "x86_64")
@unittest.skipUnless(dumps_here(), "this machine writes no cores into the folder of the program")
class CoreDumpsTest(WatchingCase):
    def core_of(self, folder, *command):
        """The core that the command leaves."""
        os.mkdir(self.dir / folder)
        limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        subprocess.run(
            [*command, tracee("faults"), "deadly fault"],
            cwd=self.dir / folder,
            stdout=subprocess.DEVNULL,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit, limit)),
        )
        (core,) = (self.dir / folder).glob("*core*")
        return core.read_bytes()

    def test_a_parent_is_told_which_children_left_cores(self):
        told = self.assert_unchanged("defaults", "with cores")

        self.assertIn("SEGV: killed by SEGV, core dumped\n", told)
        self.assertIn("TERM: killed by TERM\n", told)

    def test_a_core_is_as_large_as_alone(self):
        alone = self.core_of("alone")
        self.assertEqual(alone[:4], b"\x7fELF")
        for stops in STOPS:
            with self.subTest(stops=stops):
                recording = self.dir / f"{stops}.json"
                watched = self.core_of(stops, SNUG, "trace", "-q", "--stops", stops, "-o", recording, "--")
                self.assertEqual(watched[:4], b"\x7fELF")
                self.assertAlmostEqual(len(watched), len(alone), delta=len(alone) // 10)


if __name__ == "__main__":
    main()
