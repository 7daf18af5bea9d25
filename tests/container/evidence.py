# SPDX-License-Identifier: Apache-2.0
"""What snug says of a workload: traced on this machine while a client uses it, and made a profile once a test run."""

import functools
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import harness
import rootfs
from running import Running

# Gives the traced workload what a container gives it: a read-only root, /proc, /dev, an empty /tmp, a loopback device;
# and nothing of our environment, since the root may lack our locale. The static busybox changes the root, since its
# own calls become part of the recording and are few.
STAGE = """
snug=$1 root=$2 recording=$3; shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
busybox ip link set lo up
exec "$snug" trace -q -o "$recording" -- busybox chroot "$root" "$@"
"""
FOLDER = tempfile.TemporaryDirectory(prefix="snug-evidence-")  # removed when the test run ends


@functools.cache
def profile_of(workload):
    """The file of the profile that snug makes from a trace of the workload at work."""
    folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
    recording, profile = folder / "recording.json", folder / "profile.json"
    trace(workload, recording, folder / "log")
    made = harness.snug("generate", recording, "-o", profile)
    if made.status != 0:
        raise AssertionError(f"no profile of {workload.name}: {made}")
    return profile


def trace(workload, recording, log):
    root = rootfs.build(workload.recipe)
    words = ["unshare", "--mount", "--net", "sh", "-ec", STAGE, "sh", harness.SNUG, root, recording]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [*words, *workload.command],
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    workload.exercise(Running(process, log, lambda: process.pid), signal.SIGTERM)


def without(profile, names, target):
    """Writes `profile` to the file `target` without the first of `names` that it allows, and returns `target`."""
    contents = json.loads(profile.read_text())
    allowing = [rule for rule in contents["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    name = next(name for name in names if any(name in rule["names"] for rule in allowing))
    for rule in allowing:
        rule["names"] = [kept for kept in rule["names"] if kept != name]
    target.write_text(json.dumps(contents))
    return target
