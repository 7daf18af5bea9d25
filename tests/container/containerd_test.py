# SPDX-License-Identifier: Apache-2.0
"""containerd's containers are recorded and watched by snug's runtime, and serve under what that gave."""

import itertools

import engines
import harness
import recording_engines
from recording import ExecRecording, Recording
from watching import Watched


class Containerd:
    numbers = itertools.count(1)

    def bring_in(self, name, *command):
        number = f"exec{next(self.numbers)}"
        words = ("task", "exec", *self.engine.streams(), "--exec-id", number, name, *command)
        return harness.run(*self.engine.program(), *words).status


@harness.needs(*engines.Containerd.needs, *Recording.needs)
class ContainerdIsRecorded(Containerd, Recording, ExecRecording, harness.Case):
    Engine, Plain = recording_engines.Containerd, engines.Containerd


@harness.needs(*engines.Containerd.needs, *Watched.needs)
class ContainerdIsWatched(Containerd, Watched, harness.Case):
    Engine = recording_engines.Containerd


if __name__ == "__main__":
    harness.main()
