# SPDX-License-Identifier: Apache-2.0
"""The engines with snug in their path: its runtime in front of runc and crun, its hook in podman's folder."""

import json
import shlex
import shutil
import subprocess

import engines
from harness import SNUG
from running import until


class Records:
    """Adds to an engine where its containers' recordings go."""

    mode = "record"  # what the runtime is told by --snug-mode

    def __init__(self):
        super().__init__()
        self.prepare()

    def prepare(self):
        pass

    @property
    def recordings(self):
        return self.folder / "recordings"

    def wrapper(self):
        """snug under the name by which it is a runtime."""
        link = self.folder / "snug-runtime"
        if not link.exists():
            link.symlink_to(self.own_snug())
        return link

    def own_snug(self):
        return SNUG

    def wrapper_options(self, runtime):
        where = [f"--snug-runtime={shutil.which(runtime)}", f"--snug-output-dir={self.recordings}"]
        return where if self.mode == "record" else [*where, f"--snug-mode={self.mode}"]

    def recording(self, running=None):
        """The only recording, once it is whole."""

        def finished():
            files = list(self.recordings.glob("*.json"))
            recordings = [json.loads(path.read_text()) for path in files]
            return recordings if files and all(each["complete"] for each in recordings) else None

        (recording,) = until(finished, 30, f"a complete recording in {self.recordings}: {self.complaints()}")
        return recording

    def recording_of(self, count):
        """The same, once it holds so many runs: a run may end before it is written."""
        until(lambda: len(self.recording()["runs"]) == count, 20, f"a recording of {count} runs")
        return self.recording()

    def complaints(self):
        return "".join(path.read_text() for path in self.recordings.glob("*.log"))

    def forget(self):
        shutil.rmtree(self.recordings, ignore_errors=True)


class Runc(Records, engines.Runc):
    def program(self):
        return [self.wrapper(), *self.wrapper_options("runc")]


class Crun(Records, engines.Crun):
    def program(self):
        hidden = engines.HIDE_HYBRID_CGROUP
        return engines.with_own_mounts(hidden, self.wrapper(), *self.wrapper_options("crun"), "--cgroup-manager=disabled")


class Containerd(Records, engines.Containerd):
    """By a program that stands for the runtime, since containerd's client can give the runtime no options."""

    @property
    def runtime(self):
        program = self.folder / "runtime"
        words = [str(self.wrapper()), *self.wrapper_options("runc")]
        program.write_text(f"#!/bin/sh\nexec {shlex.join(words)} \"$@\"\n")
        program.chmod(0o755)
        return program


class Docker(Records, engines.Docker):
    def daemon_command(self):
        command = super().daemon_command()
        runtimes = {}
        for self.mode in ("watch", "verify", "record"):
            runtimes[self.runtime()] = {"path": str(self.wrapper()), "runtimeArgs": self.wrapper_options("runc")}
        (self.folder / "daemon.json").write_text(json.dumps({"runtimes": runtimes}))
        return command

    def runtime(self):
        return f"snug-{self.mode}"

    def run_options(self, name):
        return [*super().run_options(name), "--runtime", self.runtime()]


class PodmanByRuntime(Records, engines.Podman):
    """By the runtime, which podman has to be told what crun can do."""

    def prepare(self):
        (self.folder / "containers.conf").write_text(
            "[engine]\n"
            'runtime_supports_json = ["snug"]\n'
            'runtime_supports_nocgroup = ["snug"]\n'  # as podman 4 spells it
            'runtime_supports_nocgroups = ["snug"]\n'
            "[engine.runtimes]\n"
            f'snug = ["{self.wrapper()}"]\n'
        )

    def program(self):
        words = ["--runtime=snug" if word == "--runtime=crun" else word for word in super().program()]
        return [*words, *(f"--runtime-flag={option.removeprefix('--')}" for option in self.wrapper_options("crun"))]

    def environment(self):
        return [*super().environment(), f"CONTAINERS_CONF={self.folder}/containers.conf"]


class Podman(Records, engines.Podman):
    """By the hook, which an annotation asks for."""

    def prepare(self):
        hooks = self.folder / "hooks"
        hooks.mkdir()
        command = [self.own_snug(), "hook", "--install", hooks, "--output-dir", self.recordings]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)

    def program(self):
        return [*super().program(), f"--hooks-dir={self.folder}/hooks"]

    def run_options(self, name):
        return [*super().run_options(name), "--annotation", "io.snug.output=yes"]


class OrdinaryUsers:
    """Adds to an engine of an ordinary user a snug that they can read."""

    def own_snug(self):
        program = self.folder / "snug"
        if not program.exists():
            shutil.copy(SNUG, program)
        return program


class RootlessPodman(OrdinaryUsers, Podman, engines.RootlessPodman):
    pass


class RootlessPodmanByRuntime(OrdinaryUsers, PodmanByRuntime, engines.RootlessPodman):
    pass
