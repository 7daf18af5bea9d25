# SPDX-License-Identifier: Apache-2.0
"""Containers whose start is looked at: run in one step or two, entered later, on a terminal or not."""

import contextlib
import json
import os
import pty
import shutil
import subprocess

import engines
from bundle import configuration
from running import until

SECONDS = 60  # A runtime that was refused a call may wait for ever.
PTS_OPTIONS = ["newinstance", "ptmxmode=0666"]
TERMINALS = {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": PTS_OPTIONS}
# What else a process can be given, by its user: each of these makes some runtime do more.
GIVEN = {
    0: {"rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}]},
    1000: {"user": {"uid": 1000, "gid": 1000, "additionalGids": [27, 1001], "umask": 0o77}},
}


class Failed(Exception):
    """A command did not do what the measurement needs."""


class Container:
    """A bundle and its container, made by `engine`, a runtime of tests/support/engines.py; gone when left.

    `prefix` stands before the runtime's own command where a container is made or entered: a tracer and its options.
    """

    def __init__(self, engine, root, command, confinement):
        self.engine = engine
        self.name = engine.next_name()
        self.bundle = engine.folder / self.name
        self.bundle.mkdir()
        self.configuration = configuration(root, command, confinement)
        self.configuration["mounts"].append(TERMINALS)
        self.process = self.configuration["process"]
        self.process.update(GIVEN[confinement.user])
        self.prefix = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(self.words("delete", "--force", self.name), capture_output=True, timeout=SECONDS, check=False)
        shutil.rmtree(self.bundle)

    def run(self, terminal=False):
        """Makes and starts the container in one step, and waits for its end: its exit status."""
        return self.status_of(self.new("run", terminal), terminal)

    def create_and_start(self):
        """The same in two steps, as engines do it."""
        # A tracer stays until the container's process ends, so that create is waited for by what it leaves.
        with self.started(self.new("create")) as creation:
            until(lambda: self.state() == "created" or creation.poll(), SECONDS, "a created container")
            if not creation.poll():
                subprocess.run(self.words("start", self.name), timeout=SECONDS, check=True)
            creation.wait(SECONDS)
        until(lambda: creation.returncode or self.state() == "stopped", SECONDS, "the container's end")
        return creation.returncode

    def stay(self):
        """Starts the container in the background: its exit status."""
        return self.status_of(self.new("run", options=["--detach"]))

    def execute(self, process, terminal=False):
        """Brings a process into the running container by options of the command: its exit status."""
        user = f"{process['user']['uid']}:{process['user']['gid']}"
        options = ["--user", user, *(["--tty"] if terminal else [])]
        return self.status_of(self.prefix + self.words("exec", *options, self.name, *process["args"]), terminal)

    def execute_file(self, process, terminal=False):
        """Brings a process into the running container by a file that describes it, as engines do: its exit status."""
        file = self.bundle / "process.json"
        file.write_text(json.dumps(process | {"terminal": terminal}))
        return self.status_of(self.prefix + self.words("exec", "--process", file, self.name), terminal)

    def words(self, verb, *arguments):
        return [*self.engine.program(), "--root", str(self.engine.folder / "state"), verb, *map(str, arguments)]

    def new(self, verb, terminal=False, options=()):
        """The words that make the container, of the bundle as it is now."""
        self.process["terminal"] = terminal
        (self.bundle / "config.json").write_text(json.dumps(self.configuration))
        options = ["--bundle", self.bundle, "--pid-file", self.bundle / "pid", *options]
        return self.prefix + self.words(verb, *options, self.name)

    @contextlib.contextmanager
    def started(self, words, terminal=None):
        """The process of `words`, ended when left; what it says is kept unless it has a terminal."""
        with open(self.bundle / "output", "wb") as file:
            output = file if terminal is None else terminal
            source = subprocess.DEVNULL if terminal is None else terminal
            with subprocess.Popen(words, stdin=source, stdout=output, stderr=output) as process:
                try:
                    yield process
                finally:
                    process.kill()

    def status_of(self, words, terminal=False):
        """The exit status of `words`; None where they were ended because they did not end in time."""
        ends = pty.openpty() if terminal else ()
        try:
            with self.started(words, *ends[1:]) as process:
                return process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            return None
        finally:
            for end in ends:
                os.close(end)

    def output(self):
        return (self.bundle / "output").read_text(errors="replace").strip()

    def state(self):
        shown = subprocess.run(self.words("state", self.name), capture_output=True, text=True, check=False)
        return json.loads(shown.stdout)["status"] if shown.returncode == 0 else None

    def pid(self):
        return engines.pid_in(self.bundle / "pid")
