# SPDX-License-Identifier: Apache-2.0
"""Programs made up from seeds do under snug what they do without, and nothing of them is missed.

Each program is a family that is born, signals, stops, execs and kills in random ways (tests/tracees/soak.cpp). Its
members count their own tell-tale calls, births and execs in a file, and so bear witness to what must be recorded.
SNUG_SOAK_SEEDS says how many programs to run, SNUG_SOAK_FIRST where to begin.
"""

import dataclasses
import os
import struct

from harness import Case, main, needs, run
from recordings import books, counts, record, tracee

FIRST = int(os.environ.get("SNUG_SOAK_FIRST", "1"))
SEEDS = int(os.environ.get("SNUG_SOAK_SEEDS", "1000"))
BATCH = 100


@dataclasses.dataclass
class Witness:
    """What the members counted; of what a SIGKILL may have interrupted, how often it was begun and done."""

    told: int
    tasks: int
    execs: int
    told_begun: int
    told_done: int
    tasks_begun: int
    tasks_done: int
    execs_begun: int
    execs_done: int


SIZE = 8 * len(dataclasses.fields(Witness))


@needs("ptrace")
class Soak(Case):
    def setUp(self):
        super().setUp()
        self.counters = self.dir / "counters"

    def command(self, first, seeds):
        self.counters.write_bytes(bytes(SIZE))
        return [tracee("soak"), self.counters, first, seeds]

    def witness(self):
        return Witness(*struct.unpack("9Q", self.counters.read_bytes()))

    def check(self, stops, first, seeds):
        """Runs programs with and without snug."""
        native = run(*self.command(first, seeds))
        self.assert_status(native, 0)
        path = self.dir / "recording.json"
        watched, recording = record(path, *self.command(first, seeds), options=["--stops", stops])

        self.assert_status(watched, 0)
        self.assertEqual(watched.out.splitlines(), native.out.splitlines())
        self.assertEqual(len(watched.out.splitlines()), seeds)
        self.assertEqual(watched.err, native.err)
        self.check_books(recording)

    def check_books(self, recording):
        self.assertEqual(recording["incomplete_because"], [])
        ledger, made, told = books(recording), counts(recording), self.witness()
        self.assertEqual(ledger["tasks_born"], ledger["tasks_gone"])
        self.assertEqual(ledger["calls"], sum(call["count"] for call in recording["syscalls"]))
        self.assertEqual(made["getppid"], told.told)
        self.assert_between(told.told_done, made.get("getpgrp", 0), told.told_begun)
        # One task and one exec are the driver's.
        self.assert_between(told.tasks_done, ledger["tasks_born"] - told.tasks - 1, told.tasks_begun)
        self.assert_between(told.execs_done, ledger["execs"] - told.execs - 1, told.execs_begun)

    def assert_between(self, least, value, most):
        self.assertLessEqual(least, value)
        self.assertLessEqual(value, most)

    def check_batches(self, stops):
        for first in range(FIRST, FIRST + SEEDS, BATCH):
            seeds = min(BATCH, FIRST + SEEDS - first)
            with self.subTest(stops=stops, repeat=f"SNUG_SOAK_FIRST={first} SNUG_SOAK_SEEDS={seeds}"):
                self.check(stops, first, seeds)

    def test_programs_are_left_alone_and_seen_whole_by_a_filters_stops(self):
        self.check_batches("seccomp")

    def test_programs_are_left_alone_and_seen_whole_by_stops_at_every_boundary(self):
        self.check_batches("syscall")

    def test_so_is_each_by_itself(self):
        for seed in range(FIRST, FIRST + min(SEEDS, 50)):
            for stops in ("seccomp", "syscall"):
                with self.subTest(stops=stops, repeat=f"SNUG_SOAK_FIRST={seed} SNUG_SOAK_SEEDS=1"):
                    self.check(stops, seed, 1)


if __name__ == "__main__":
    main()
