# SPDX-License-Identifier: Apache-2.0
"""The kernel is an independent witness: of one and the same run, it counts the very calls that snug records.

A call whose task is killed in the stop before it, or that a filter of the program's own refuses, is recorded by snug
but never made. The witness knows how many of each were called off so; nothing else may snug have besides. What it
cannot tell are ABIs, by whose numbers it counts: all calls must be of one. An emulated vsyscall it does not see, and
no program here makes one.
"""

import dataclasses
import functools
import json
import tempfile
from collections import Counter
from pathlib import Path

import witnessed_programs
from harness import Case, Outcome, has, main, needs, run
from kernel_witness import KernelWitness, Testimony
from recordings import books, tracee
from witnessed_programs import Program

IN_A_NETWORK_OF_ITS_OWN = ["unshare", "--net", "bash", "-euo", "pipefail", "-c"]
GETPPID = 110

BIRTHS, THREAD_EXEC, UNNAMED, OWN_FILTER, KILLED_THREADS = (
    Program(name, (), tracee(name)) for name in ("births", "thread_exec", "unnamed", "own_filter", "killed_threads")
)
THREADS_KILLED = 10 * 4  # by tests/tracees/killed_threads.c
CROWD = Program("own_filter, then xargs -P", (), f"{tracee('own_filter')}; seq 100 | xargs -P4 -n1 true")
ODD = (BIRTHS, THREAD_EXEC, UNNAMED, OWN_FILTER, KILLED_THREADS, CROWD)


@dataclasses.dataclass
class Run:
    """One run of a program, as snug recorded it and as the kernel saw it."""

    program: Program
    stops: str
    name: str
    outcome: Outcome
    recording: dict
    seen: Testimony = None

    def recorded(self):
        return Counter({call["number"]: call["count"] for call in self.recording["syscalls"]})

    def called_off(self):
        """What snug recorded beyond the calls that were made, as far as the kernel saw it called off."""
        return (self.recorded() - self.seen.made) & self.seen.called_off

    def differences(self):
        """How often snug recorded and the kernel saw a call, for those where that is not the same."""
        recorded, seen = self.recorded(), self.seen.made + self.called_off()
        names = {call["number"]: call["name"] for call in self.recording["syscalls"]}
        return {
            names.get(number) or number: (recorded[number], seen[number])
            for number in recorded | seen
            if recorded[number] != seen[number]
        }

    def __str__(self):
        figures = f"{self.seen.births + 1:4} tasks {self.seen.made.total():7} calls made"
        return f"{figures} {self.called_off().total():2} called off   {self.program.name}, {self.stops} stops"


def trace(witness, program, stops):
    name, snug = witness.new_run()
    folder = witness.folder / f"{name}.work"
    folder.mkdir()
    folder.chmod(0o777)  # some of the programs go on as another user
    path = witness.folder / f"{name}.json"
    command = [*IN_A_NETWORK_OF_ITS_OWN, "busybox ip link set lo up\n" + program.script]
    outcome = run(snug, "trace", "-q", "-o", path, "--stops", stops, "--", *command, cwd=folder, timeout=120)
    return Run(program, stops, name, outcome, json.loads(path.read_text()))


@functools.cache
def all_runs():
    """Each program that this machine has, run by both kinds of stops under one witness: its start takes seconds."""
    with tempfile.TemporaryDirectory(prefix="snug-test-") as folder:
        Path(folder).chmod(0o711)
        present = [program for program in (*witnessed_programs.ALL, *ODD) if all(map(has, program.needs))]
        with KernelWitness(Path(folder)) as witness:
            runs = [trace(witness, program, stops) for program in present for stops in ("seccomp", "syscall")]
    for one in runs:
        one.seen = witness.testimonies[one.name]
        print(one)
    return runs


@needs("ptrace", "x86_64", "root", "bpftrace", "unshare", "busybox")
class KernelWitnessTest(Case):
    def check_runs_of(self, programs, check_besides=lambda one: None):
        for one in all_runs():
            if one.program in programs:
                with self.subTest(program=one.program.name, stops=one.stops):
                    self.check_against_the_kernel(one)
                    check_besides(one)

    def check_against_the_kernel(self, one):
        """Snug recorded the calls that were made, all of them, and no others but those called off."""
        ledger = books(one.recording)
        self.assert_status(one.outcome, 0)
        self.assertTrue(one.recording["complete"], one.recording["incomplete_because"])
        self.assertEqual({call["arch"] for call in one.recording["syscalls"]}, {"x86_64"})
        self.assertEqual(one.differences(), {})
        self.assertEqual((ledger["tasks_born"], ledger["execs"]), (one.seen.births + 1, one.seen.execs))

    def test_what_the_kernel_does_for_real_programs_is_recorded_call_by_call(self):
        for program in witnessed_programs.ALL:
            with self.subTest(program=program.name):
                needs(*program.needs)(lambda case: None)(self)
        self.check_runs_of(witnessed_programs.ALL)

    def test_tasks_born_and_replaced_in_unusual_ways_are_witnessed_too(self):
        self.check_runs_of([BIRTHS, THREAD_EXEC, UNNAMED])

    def test_what_a_crowd_does_after_one_of_it_took_a_filter_of_its_own_is_recorded_call_by_call(self):
        self.check_runs_of([CROWD])

    def test_calls_that_a_filter_of_the_programs_own_refuses_are_recorded_though_never_made(self):
        self.check_runs_of([OWN_FILTER], lambda one: self.assertEqual(one.called_off(), {GETPPID: 5}))

    def test_of_a_killed_thread_at_most_one_call_is_recorded_that_was_never_made(self):
        self.check_runs_of([KILLED_THREADS], lambda one: self.assertLessEqual(one.called_off().total(), THREADS_KILLED))


if __name__ == "__main__":
    main()
