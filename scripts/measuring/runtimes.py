# SPDX-License-Identifier: Apache-2.0
"""Measures a runtime's floor: what it calls between loading the filter and the workload's exec."""

import dataclasses
import json
import re
import subprocess

import engines
import rootfs
from measuring.containers import GIVEN, Container, Failed
from measuring.strace_log import STRACE, programs_under_filter

RUNTIMES = {"crun": engines.Crun, "runc": engines.Runc}
BUSYBOX = "/bin/busybox"
ENDS_AT_ONCE = (BUSYBOX, "true")
STAYS = (BUSYBOX, "sleep", "600")
TO_STAY = {"clock_nanosleep", "nanosleep"}
USERS = tuple(GIVEN)
# Lets all be done but one thing, so that there is a filter.
LENIENT = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]}
# How a process comes into a container, in words.
WAYS = {
    "start": {
        "run": lambda container, _: container.run(),
        "run on a terminal": lambda container, _: container.run(terminal=True),
        "create and start": lambda container, _: container.create_and_start(),
    },
    "exec": {
        "exec": lambda container, process: container.execute(process),
        "exec on a terminal": lambda container, process: container.execute(process, terminal=True),
        "exec of a process file": lambda container, process: container.execute_file(process),
        "exec of a process file on a terminal": lambda container, process: container.execute_file(process, True),
    },
}


@dataclasses.dataclass(frozen=True)
class Situation:
    phase: str
    no_new_privileges: bool


SITUATIONS = [Situation(phase, no_new_privileges) for phase in WAYS for no_new_privileges in (True, False)]


@dataclasses.dataclass(frozen=True)
class Seen:
    """All calls of a runtime, those of them not made in every repetition of one way, and the workload's own."""

    calls: set
    unsteady: set
    workload: set


def version_of(program):
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"\d+(\.\d+)+", shown)[0]


class Laboratory:
    """A runtime with a root folder for its containers, which holds busybox and what else `programs` names."""

    def __init__(self, runtime, programs=()):
        self.engine = RUNTIMES[runtime]()
        recipe = rootfs.Recipe("floor", ("busybox", *programs))
        self.root = self.engine.folder / "root"
        rootfs.assemble(recipe, rootfs.collect(recipe), self.root)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.engine.close()

    def container(self, command, user, no_new_privileges, profile=LENIENT):
        file = self.engine.folder / "profile.json"
        file.write_text(json.dumps(profile))
        return Container(self.engine, self.root, command, engines.Confinement(file, no_new_privileges, user))


def traced(container, bring):
    """The calls under the container's filter, by program, while `bring()` brings a process into it."""
    log = container.bundle / "strace"
    container.prefix = [*STRACE, str(log)]
    try:
        status = bring()
    finally:
        container.prefix = []
    if status != 0:
        raise Failed(f"{container.engine.program()[-1]} ended with status {status}: {container.output()}")
    with open(log, encoding="utf-8", errors="replace") as lines:
        return programs_under_filter(lines)


def one_run(laboratory, situation, way, user):
    """The runtime's calls and the workload's."""
    starting = situation.phase == "start"
    command = ENDS_AT_ONCE if starting else STAYS
    with laboratory.container(command, user, situation.no_new_privileges) as container:
        if not starting and container.stay() != 0:
            raise Failed(f"no container to enter: {container.output()}")
        process = {**container.process, "args": ENDS_AT_ONCE}
        return traced(container, lambda: WAYS[situation.phase][way](container, process))[:2]


def measure(laboratory, situation, repetitions):
    """What is seen in so many repetitions of every way in which a process comes into a container, as every user."""
    calls, unsteady, workload = set(), set(), set()
    for way in WAYS[situation.phase]:
        for user in USERS:
            runs = [one_run(laboratory, situation, way, user) for _ in range(repetitions)]
            seen = [runtime for runtime, _ in runs]
            calls.update(*seen)
            unsteady |= set().union(*seen) - set.intersection(*seen)
            workload.update(*(own for _, own in runs))
    return Seen(calls, unsteady, workload)


def profile_of(calls):
    allow = {"names": sorted(calls), "action": "SCMP_ACT_ALLOW"}
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": [allow]}


def starts(laboratory, situation, calls):
    with laboratory.container(ENDS_AT_ONCE, 1000, situation.no_new_privileges, profile_of(calls)) as container:
        return container.run() == 0


def enters(laboratory, situation, calls):
    """Whether a process can enter a container whose profile allows these calls; None when that does not even start.

    The container has no_new_privileges, so that it starts with little itself, whatever the process has.
    """
    with laboratory.container(STAYS, 1000, True, profile_of(calls)) as container:
        if container.stay() != 0:
            return None
        process = {**container.process, "args": ENDS_AT_ONCE, "noNewPrivileges": situation.no_new_privileges}
        return container.execute_file(process) == 0


def required(laboratory, situation, seen, container_needs):
    """Those of the seen calls without any one of which, refused with EPERM, no process comes in.

    Of those that a process brought in later makes, the ones that its container starts with cannot be tried.
    """
    comes_in = starts if situation.phase == "start" else enters
    allowed = seen.calls | seen.workload | container_needs | TO_STAY
    if not comes_in(laboratory, situation, allowed):
        raise Failed("nothing starts under the floor that was measured")
    return {name for name in seen.calls if comes_in(laboratory, situation, allowed - {name}) is False}
