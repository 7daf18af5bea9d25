# SPDX-License-Identifier: Apache-2.0
"""The programs that watch a workload, as words that stand before its command."""

import shutil
import subprocess
from pathlib import Path

SOURCE_DIR = Path(__file__).resolve().parents[1]


def prefixes(snug, recording):
    """Every tool's prefix by its name, in the order of the table's columns."""
    return {
        "native": [],
        "snug": [str(snug), "trace", "-q", "-o", str(recording), "--"],
        "no-rules": [str(snug), "trace", "-q", "--no-capabilities", "-o", str(recording), "--"],
        "kernel": [str(snug), "trace", "-q", "--kernel-evidence", "-o", str(recording), "--"],
        "strace": ["strace", "-f", "-o", "/dev/null"],
        "strace-bpf": ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null"],
        "perf": ["perf", "trace", "-s", "-o", "/dev/null"],
    }


def find_snug():
    """The snug to measure: the release build if there is one."""
    builds = [SOURCE_DIR / "build" / preset / "snug" for preset in ("release", "dev")]
    return next((build for build in builds if build.exists()), builds[0])


def why_unusable(prefix):
    """Why nothing can be run behind `prefix` on this machine; None when it works."""
    if prefix and shutil.which(prefix[0]) is None:
        return f"there is no {prefix[0]}"
    trial = subprocess.run([*prefix, "true"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return None if trial.returncode == 0 else trial.stderr.strip().partition("\n")[0] or f"status {trial.returncode}"


def first_line_of(*command):
    """The first line a command prints, e.g. its version; empty when it does not exist."""
    if shutil.which(command[0]) is None:
        return ""
    printed = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return (printed.stdout + printed.stderr).partition("\n")[0]
