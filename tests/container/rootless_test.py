# SPDX-License-Identifier: Apache-2.0
"""Podman without root: its containers are recorded and watched as root's are, by the hook and by the runtime."""

import engines
import harness
import recording_engines
from recording import ExecRecording, Recording
from watching import Watched


@harness.needs(*engines.RootlessPodman.needs, *Recording.needs)
class RootlessPodmanIsRecorded(Recording, harness.Case):
    Engine, Plain = recording_engines.RootlessPodman, engines.RootlessPodman
    stops = "syscall"
    version = r"\A\Z"  # podman does not tell a hook


@harness.needs(*engines.RootlessPodman.needs, *Recording.needs)
class RootlessPodmanIsRecordedByTheRuntime(Recording, ExecRecording, harness.Case):
    Engine, Plain = recording_engines.RootlessPodmanByRuntime, engines.RootlessPodman

    def bring_in(self, name, *command):
        return harness.run(*self.engine.program(), "exec", name, *command).status


@harness.needs(*engines.RootlessPodman.needs, *Watched.needs)
class RootlessPodmanIsWatched(Watched, harness.Case):
    Engine = recording_engines.RootlessPodmanByRuntime


if __name__ == "__main__":
    harness.main()
