# SPDX-License-Identifier: Apache-2.0
"""Reading what `snug trace` recorded, the way a test wants to see it."""

import json
import re
from pathlib import Path

from harness import BINARY_DIR, snug


def tracee(name):
    """The path of the program built from tests/tracees/NAME.c."""
    return str(BINARY_DIR / "tracees" / name)


def record(path, *command, options=(), **run_options):
    """Traces `command` into the recording `path`; the command's outcome and the recording."""
    outcome = snug("trace", "-q", "-o", path, *options, "--", *command, **run_options)
    return outcome, json.loads(path.read_text())


def counts(recording, abi="x86_64"):
    """How often each call of one ABI was made, by name, or by number where it has no name."""
    return {
        call["name"] or call["number"]: call["count"] for call in recording["syscalls"] if call["arch"] == abi
    }


def call(recording, name, abi="x86_64"):
    """The recording's entry for one call."""
    return next(c for c in recording["syscalls"] if c["name"] == name and c["arch"] == abi)


def frames(recording, seen):
    """The stack of an observation's first call: each frame's file, offset and function."""
    paths = {entry["id"]: entry["path"] for entry in recording["objects"]}
    return [(paths.get(file, file), offset, name) for file, offset, name in seen["first"]["stack"]["frames"]]


def books(recording):
    """The accounting of the only run."""
    (run,) = recording["runs"]
    return run["accounting"]


def take_rescued(talk):
    """What snug said, without where it rescued the recording to; and that recording, whose file is removed."""
    words = re.compile(r"the recording of this run is in (\S+); ")
    path = Path(words.search(talk).group(1))
    recording = json.loads(path.read_text())
    path.unlink()
    return words.sub("", talk), recording
