# SPDX-License-Identifier: Apache-2.0
"""Recordings of example workloads, made by snug as the entry point of their containers, and profiles of these."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import engines
import harness
import rootfs
from running import NotServed

# Where the container sees what is mounted from outside. The root is read-only, and lacks the places.
INSIDE = "/run/snug"
LOADER = "loader"


class TracingRunc(engines.Runc):
    """Containers of runc without a profile, whose command is snug, which runs the workload and records it."""

    def __init__(self):
        super().__init__()
        self.stage = self.folder / "stage"
        fill_stage(self.stage)
        self.output = None

    def configure(self, root, command, confinement):
        words = [f"{INSIDE}/{LOADER}", "--library-path", INSIDE, f"{INSIDE}/snug", "trace", "--quiet", "--no-stacks"]
        words += ["--output", "/run/recorded/recording.json", "--", *command]
        contents = super().configure(root, words, confinement)
        contents["mounts"] += [
            {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            bind(self.stage, INSIDE, "ro"),
            bind(self.output, "/run/recorded", "rw"),
        ]
        return contents

    def record(self, example):
        """The file of a recording of the whole example: its start, its visit, its graceful end."""
        self.output = Path(tempfile.mkdtemp(dir=self.folder))
        self.output.chmod(0o777)  # The workload's user writes there.
        root = rootfs.build(example.recipe)
        example.exercise(self.run(root, example.command, engines.Confinement(user=example.user)))
        return self.output / "recording.json"


def bind(source, destination, mode):
    return {"destination": destination, "type": "bind", "source": str(source), "options": ["bind", mode]}


def fill_stage(stage):
    """Puts snug, its libraries and their loader into a folder, so that it runs in a root that has none of them."""
    stage.mkdir()
    stage.parent.chmod(0o755)
    shutil.copy2(harness.SNUG, stage / "snug")
    for library in rootfs.libraries_of([harness.SNUG]):
        name = LOADER if Path(library).name.startswith("ld") else Path(library).name
        shutil.copy2(library, stage / name)


def generate(recordings, profile):
    """Writes the profile of the recordings; the reasons of each call, and what snug said."""
    explained = profile.with_suffix(".evidence")
    made = harness.snug("generate", *recordings, "-o", profile)
    if made.status != 0:
        raise NotServed(f"no profile: {made}")
    harness.snug("generate", "--quiet", "--evidence", *recordings, "-o", explained)
    reasons = json.loads(explained.read_text())["x-snug"]
    explained.unlink()
    return reasons, made.err


def calls_in(recording):
    """The names of the calls that a recording has."""
    calls = json.loads(recording.read_text())["syscalls"]
    return {call["name"] or f"{call['arch']} {call['number']}" for call in calls}


def flickering(recordings):
    """The calls that not all of the recordings have."""
    seen = [calls_in(recording) for recording in recordings]
    return sorted(set.union(*seen) - set.intersection(*seen))


def version_of(package):
    words = ["dpkg-query", "--show", "--showformat=${Version}", package]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout or "not a package"


def kernel_version():
    """The kernel's version without what its builder added."""
    return os.uname().release.split("-")[0]
