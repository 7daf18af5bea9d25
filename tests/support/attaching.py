# SPDX-License-Identifier: Apache-2.0
"""Processes that run already, and a snug that attaches to them."""

import contextlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path

from harness import SNUG, Case
from running import until

PATIENCE = 30  # seconds


def status_of(tid):
    """The fields of /proc/TID/status; nothing when the task is gone."""
    try:
        lines = Path(f"/proc/{tid}/status").read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(re.split(r":\s*", line, maxsplit=1) for line in lines if ":" in line)


def state_of(tid):
    """One letter; None when the task is gone."""
    return status_of(tid).get("State", (None,))[0]


def tracer_of(tid):
    """Its tracer's process id; None when it is dead."""
    status = status_of(tid)
    return int(status["TracerPid"]) if status and status["State"][0] not in "ZX" else None


def tasks_of(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(tid) for tid in os.listdir(f"/proc/{pid}/task")]
    return []


def processes_of(session):
    """Whoever is in the session that this process leads."""
    every = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in every if status_of(pid).get("NSsid", "").split("\t")[0] == str(session)]


def members_of(session):
    """Every thread of every process of a session."""
    return [tid for pid in processes_of(session) for tid in tasks_of(pid)]


class AttachingCase(Case):
    possible_doubts = frozenset()

    def setUp(self):
        super().setUp()
        self.recording = self.dir / "recording.json"

    def start(self, *command, **options):
        """Starts a command in a session of its own, which is killed at the end."""
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True} | options
        target = subprocess.Popen([str(word) for word in command], start_new_session=True, cwd=self.dir, **options)
        for stream in (target.stdin, target.stdout):
            if stream:
                self.addCleanup(stream.close)
        self.addCleanup(target.wait)
        self.addCleanup(self.kill_session, target.pid)
        return target

    @staticmethod
    def kill_session(session):
        for pid in processes_of(session):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def begin_attaching(self, pid, *options, snug=(SNUG,)):
        tracer = subprocess.Popen(
            [*snug, "trace", "--pid", str(pid), "-o", self.recording, *options],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(tracer.stderr.close)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.kill)
        return tracer

    def attach(self, pid, *options, **how):
        """A snug that has attached; `tracer.talk` is what it said then, and once it has ended, what it said at the end."""
        tracer = self.begin_attaching(pid, *options, **how)
        tracer.talk = tracer.stderr.readline()
        self.assertRegex(tracer.talk, r"\Asnug: attached to \d+ tasks? of \d+ process(es)?; recording until ")
        return tracer

    def let_go(self, tracer, signo=signal.SIGINT):
        """Ends the recording, which must be complete; the run."""
        tracer.send_signal(signo)
        return self.finish(tracer)

    def finish(self, tracer, end="detach"):
        _, tracer.talk = tracer.communicate(timeout=PATIENCE)
        self.assertEqual(tracer.returncode, 0, msg=tracer.talk)
        (run,) = json.loads(self.recording.read_text())["runs"]
        self.assertLessEqual(set(run["incomplete_because"]), self.possible_doubts)
        self.assertEqual(run["interval"], {"from": "attach", "to": end})
        ledger = run["accounting"]
        self.assertEqual(
            ledger["tasks_born"] + ledger["tasks_attached"], ledger["tasks_gone"] + ledger["tasks_detached"]
        )
        return run

    def attach_and_let_go(self, pid):
        return self.let_go(self.attach(pid))

    def assert_traced_by(self, tracer_pid, session):
        """Whoever is about to end is let go just before, so that one of them may be a stranger for a moment."""

        def there_are_no_strangers():
            return all(tracer_of(tid) in (None, tracer_pid) for tid in members_of(session))

        until(there_are_no_strangers, PATIENCE, f"all of session {session} being traced by {tracer_pid}")

    def await_state(self, pid, states):
        until(lambda: state_of(pid) in states, PATIENCE, f"process {pid} in state {states}")
