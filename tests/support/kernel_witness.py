# SPDX-License-Identifier: Apache-2.0
"""The kernel's own count of the system calls that traced programs make, taken while snug traces them.

kernel_witness.bt counts inside the kernel, in maps: no event travels, and so none can be lost on the way.
"""

import collections
import dataclasses
import json
import os
import re
import subprocess
from pathlib import Path

from harness import SNUG, bpftrace

SCRIPT = Path(__file__).with_suffix(".bt")
MAP_KEYS = 32768
COUNTS = {"@births", "@execs", "@made", "@called_off"}


@dataclasses.dataclass
class Testimony:
    """What the kernel saw of one run: births and execs, and by number the calls made and the calls called off."""

    births: int = 0
    execs: int = 0
    made: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    called_off: collections.Counter = dataclasses.field(default_factory=collections.Counter)


class KernelWitness:
    """Counts while its context lasts. Runs are told apart by the name under which snug is started."""

    def __init__(self, folder):
        self.folder = folder
        self.runs = 0
        self.testimonies = {}

    def __enter__(self):
        """Returns when all is counted: bpftrace starts the child that it is given, a cat, only then."""
        self.process = subprocess.Popen(
            bpftrace("-f", "json", "-o", self.folder / "counts", "-c", "/bin/cat", SCRIPT),
            env=os.environ | {"BPFTRACE_MAP_KEYS_MAX": str(MAP_KEYS)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.process.stdin.write("counting\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "counting\n":
            raise RuntimeError("bpftrace does not count: " + self.process.communicate()[1])
        return self

    def __exit__(self, *failure):
        missed = self._probes_missed()
        talk = self.process.communicate()[1]  # the end of the cat's input is the end of bpftrace
        if missed or self.process.returncode != 0:
            raise RuntimeError(f"bpftrace missed {missed} events and ended with {self.process.returncode}: {talk}")
        self.testimonies = read_counts((self.folder / "counts").read_text())

    def new_run(self):
        """The name of a new run, and the snug to be started for it. The kernel cuts a name at 15 bytes."""
        self.runs += 1
        name = f"snug.run{self.runs}"
        (self.folder / name).symlink_to(SNUG)
        return name, self.folder / name

    def _probes_missed(self):
        """How often the kernel did not run one of our probes, because another BPF program held the CPU."""
        kept = [path.read_text() for path in Path(f"/proc/{self.process.pid}/fdinfo").iterdir()]
        return sum(int(missed) for text in kept for missed in re.findall(r"recursion_misses:\s+(\d+)", text))


def read_counts(text):
    runs = collections.defaultdict(Testimony)
    reports = [json.loads(line) for line in text.splitlines() if line]
    for report in reports:
        if report["type"] != "map":
            continue
        ((what, counts),) = report["data"].items()
        if len(counts) >= MAP_KEYS:
            raise RuntimeError(f"bpftrace's map {what} is full")
        for key, count in counts.items() if what in COUNTS else ():
            name, _, number = key.partition(",")
            note(runs[name], what.removeprefix("@"), number, count)
    return runs


def note(testimony, what, number, count):
    if number:
        getattr(testimony, what)[int(number) & 0xFFFFFFFF] = count
    else:
        setattr(testimony, what, count)
