# SPDX-License-Identifier: Apache-2.0
"""Measures an init wrapper's floor: all its calls and those of its child until the workload's exec."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from measuring.containers import SECONDS, Failed
from measuring.runtimes import ENDS_AT_ONCE, RUNTIMES, STAYS, Laboratory, traced
from running import until

# The programs that are one init: distributions have tini with and without libraries, and docker-init is the latter.
INITS = {"catatonit": ("catatonit",), "tini": ("tini-static", "tini")}


def installed_programs(init):
    return [program for program in INITS[init] if shutil.which(program)]


def is_static(program):
    listing = subprocess.run(["ldd", shutil.which(program)], capture_output=True, check=False)
    return listing.returncode != 0


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def runs_workload(pid):
    """Whether a child of process `pid` has become the workload."""
    try:
        return any(os.readlink(f"/proc/{child}/exe").endswith("/busybox") for child in children_of(pid))
    except FileNotFoundError:  # It ended meanwhile.
        return False


def run_to_its_end(container):
    return container.run()


def run_until_terminated(container):
    """Ends the init by a signal, which it hands on to its child."""
    with container.started(container.new("run")) as process:
        pid = until(container.pid, SECONDS, "a container")
        until(lambda: runs_workload(pid), SECONDS, "a workload under its init")
        os.kill(pid, signal.SIGTERM)
        process.wait(SECONDS)
    return 0 if process.returncode == 128 + signal.SIGTERM else process.returncode


def one_run(laboratory, program, command, run):
    words = [shutil.which(program), "--", *command]
    with laboratory.container(words, 0, False) as container:
        programs = traced(container, lambda: run(container))
    if len(programs) < 3:
        raise Failed(f"{program} ran no workload")
    return programs[1]


def measure(program, repetitions):
    """The calls seen in so many runs of either end."""
    runtime = next((name for name in RUNTIMES if shutil.which(name)), None)
    if runtime is None:
        raise Failed(f"{program} needs a runtime to be measured in: install one of {', '.join(RUNTIMES)}")
    calls = set()
    with Laboratory(runtime, (program,)) as laboratory:
        for _ in range(repetitions):
            calls |= one_run(laboratory, program, ENDS_AT_ONCE, run_to_its_end)
            calls |= one_run(laboratory, program, STAYS, run_until_terminated)
    return calls
