# SPDX-License-Identifier: Apache-2.0
"""--checkpoint: what was seen so far is in the file while the workload runs, whatever becomes of snug."""

import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import harness
from attaching import PATIENCE, AttachingCase, processes_of
from recordings import take_rescued
from running import until

OFTEN = "--checkpoint=0.05"
REASON = "this is a checkpoint, written while recording went on: what came after it is missing"
FULL = (
    "snug: cannot write recording.json\n"
    "  cause: No space left on device\n"
    "  try:   make room; what was there before is unchanged\n"
)
# Reads lines, and makes one umask for each.
SCRIPT = "echo ready; while read line; do umask > /dev/null; echo $line; done; exit {}"


class Checkpointing(AttachingCase):
    def begin(self, *options, status=0):
        with (self.dir / "talk").open("a") as talk:
            script = SCRIPT.format(status)
            command = [harness.SNUG, "trace", OFTEN, *options, "-o", self.recording, "--", "sh", "-c", script]
            tracer = self.start(*command, stderr=talk)
        self.assertEqual(tracer.stdout.readline(), "ready\n")
        return tracer

    def ask(self, tracer):
        tracer.stdin.write("line\n")
        tracer.stdin.flush()
        self.assertEqual(tracer.stdout.readline(), "line\n")

    def end(self, tracer, status=0):
        self.assertEqual(tracer.communicate("", PATIENCE)[0], "")
        self.assertEqual(tracer.returncode, status)

    def read(self):
        return json.loads(self.recording.read_text())

    def runs(self):
        return self.read()["runs"] if self.recording.exists() else []

    def await_runs(self, count=1):
        return until(lambda: len(self.runs()) == count and self.read(), PATIENCE, f"{count} runs in the file")

    def talk(self):
        return (self.dir / "talk").read_text()


@harness.needs("ptrace")
class Alone(Checkpointing):
    def assert_checkpoint(self, recording):
        (run,) = recording["runs"]
        self.assertEqual((recording["complete"], recording["incomplete_because"]), (False, [REASON]))
        self.assertEqual((run["complete"], run["incomplete_because"]), (False, [REASON]))
        self.assertEqual((run["interval"], run["exit"]), ({"from": "launch", "to": "checkpoint"}, {}))
        calls = sum(call["count"] for call in recording["syscalls"])
        self.assertEqual(calls, run["accounting"]["calls"])

    def count_of(self, name):
        return sum(call["count"] for call in self.read()["syscalls"] if call["name"] == name)

    @harness.needs("jsonschema")
    def test_it_is_a_recording_that_says_so(self):
        import jsonschema

        tracer = self.begin()
        recording = self.await_runs()

        self.assert_checkpoint(recording)
        schema = json.loads((harness.SOURCE_DIR / "profiles/schema/recording.schema.json").read_text())
        jsonschema.Draft7Validator(schema).validate(recording)
        self.assert_status(harness.snug("generate", self.recording), 4)
        self.assert_status(harness.snug("generate", "--allow-incomplete", self.recording), 0)
        self.end(tracer)

    def test_the_next_one_has_more(self):
        tracer = self.begin()
        self.await_runs()
        self.assertEqual(self.count_of("umask"), 0)

        self.ask(tracer)

        until(lambda: self.count_of("umask"), PATIENCE, "another checkpoint")
        self.end(tracer)

    def test_the_final_recording_takes_its_place(self):
        tracer = self.begin(status=7)
        (before,) = self.await_runs()["runs"]

        self.end(tracer, 7)

        recording = self.read()
        (run,) = recording["runs"]
        self.assertTrue(recording["complete"])
        self.assertEqual((run["id"], run["exit"]), (before["id"], {"code": 7}))
        self.assertEqual(run["interval"], {"from": "launch", "to": "last task"})

    def test_it_survives_the_death_of_snug(self):
        tracer = self.begin()
        self.await_runs()

        tracer.kill()
        tracer.wait()

        self.assert_checkpoint(self.read())

    def test_so_does_an_attached_ones(self):
        target = self.start("sh", "-c", SCRIPT.format(5))
        self.assertEqual(target.stdout.readline(), "ready\n")
        tracer = self.attach(target.pid, OFTEN)
        self.await_runs()

        tracer.kill()
        tracer.wait()

        (run,) = self.runs()
        self.assertEqual(run["interval"], {"from": "attach", "to": "checkpoint"})
        self.ask(target)
        self.end(target, 5)

    def test_there_is_none_when_none_is_wanted(self):
        script = "sleep 0.3; test -e recording.json"
        for option, status in ((OFTEN, 0), ("--checkpoint=0", 1)):
            with self.subTest(option=option):
                self.recording.unlink(missing_ok=True)
                words = ["trace", "-q", option, "-o", self.recording, "--", "sh", "-c", script]

                self.assert_status(harness.snug(*words, cwd=self.dir), status)

    def test_a_stream_gets_the_final_recording_only(self):
        script = "for i in 1 2 3; do sleep 0.1; done"
        for stream in ("-", "/dev/stdout", self.dir / "fifo"):
            with self.subTest(stream=stream):
                outcome = self.record_to(stream, script)

                recording = json.loads(outcome)  # two would be no JSON
                self.assertTrue(recording["complete"])

    def record_to(self, stream, script):
        command = [harness.SNUG, "trace", "-q", OFTEN, "-o", str(stream), "--", "sh", "-c", script]
        if not isinstance(stream, Path):
            return subprocess.run(command, capture_output=True, check=True).stdout
        os.mkfifo(stream)
        tracer = subprocess.Popen(command)
        content = stream.read_bytes()
        self.assertEqual(tracer.wait(PATIENCE), 0)
        return content


@harness.needs("ptrace")
class Appending(Checkpointing):
    def setUp(self):
        super().setUp()
        self.assert_status(harness.snug("trace", "-q", "-o", self.recording, "--", "uname"), 0)
        (self.first,) = self.runs()

    def ids(self):
        return {run["id"] for run in self.runs()}

    def test_what_the_file_held_is_kept_beside_checkpoint_and_final_recording(self):
        tracer = self.begin("--append", status=7)
        self.await_runs(2)
        during = self.ids()

        self.end(tracer, 7)

        self.assertEqual(self.ids(), during)
        self.assertIn(self.first, self.runs())
        self.assertTrue(self.read()["complete"])

    def test_a_killed_job_leaves_its_checkpoint_beside_the_others(self):
        tracer = self.begin("--append")
        self.await_runs(2)

        tracer.kill()
        tracer.wait()

        self.assertIn(self.first, self.runs())
        self.assertEqual([run["complete"] for run in self.runs()].count(False), 1)
        self.assertEqual(self.read()["incomplete_because"], [REASON])

    def test_parallel_jobs_keep_each_others_one_of_them_killed(self):
        jobs = [self.begin("--append", status=status) for status in range(1, 5)]
        self.await_runs(5)
        for job in jobs:
            self.ask(job)

        jobs[3].kill()
        jobs[3].wait()
        for status, job in enumerate(jobs[:3], 1):
            self.end(job, status)

        exits = [run["exit"].get("code") for run in self.runs() if run["complete"]]
        self.assertEqual(sorted(exits), [0, 1, 2, 3])
        self.assertEqual([run["interval"]["to"] for run in self.runs() if not run["complete"]], ["checkpoint"])

    def test_a_file_that_others_hold_keeps_nobody_from_working_or_from_being_ended(self):
        folder = os.open(self.dir, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        tracer = self.begin("--append")
        enough = time.monotonic() + 0.3
        while time.monotonic() < enough:  # several checkpoints are due
            self.ask(tracer)

        tracer.send_signal(signal.SIGTERM)
        until(lambda: processes_of(tracer.pid) == [tracer.pid], PATIENCE, "the end of the command")
        self.assertIsNone(tracer.poll())

        fcntl.flock(folder, fcntl.LOCK_UN)
        self.assertEqual(tracer.wait(PATIENCE), 128 + signal.SIGTERM)
        self.assertEqual(len(self.runs()), 2)


@harness.needs("ptrace", "root", "unshare")
class FullDisk(Checkpointing):
    def test_a_full_disk_is_one_warning_and_does_not_disturb_the_workload(self):
        script = f"""
            mount -t tmpfs -o size=8k none '{self.dir}' && cd '{self.dir}' || exit 99
            exec '{harness.SNUG}' trace {OFTEN} -o recording.json -- sh -c '{SCRIPT.format(7)}'
        """
        tracer = self.start("unshare", "-m", "sh", "-c", script, stderr=subprocess.PIPE)
        self.addCleanup(tracer.stderr.close)
        self.assertEqual(tracer.stdout.readline(), "ready\n")

        warning = tracer.stderr.readline()
        for _ in range(3):
            self.ask(tracer)

        _, rest = tracer.communicate("", PATIENCE)

        talk, rescued = take_rescued(rest)
        self.assertEqual(tracer.returncode, 125)
        self.assertEqual(talk, FULL)
        self.assertEqual(rescued["runs"][0]["exit"], {"code": 7})
        self.assertEqual(warning, "snug: warning: no checkpoint: cannot write recording.json (No space left on device)\n")


if __name__ == "__main__":
    harness.main()
