# SPDX-License-Identifier: Apache-2.0
"""`trace --append`: jobs at the same time lose nothing, and a file that is no recording is never overwritten."""

import json
import subprocess

import harness

JOBS = 8


def counts_by_run(recording):
    """How many calls each run made, from the observations."""
    counts = {}
    for call in recording["syscalls"]:
        for observation in call["observations"]:
            counts[observation["run"]] = counts.get(observation["run"], 0) + observation["count"]
    return counts


@harness.needs("ptrace")
class Append(harness.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.dir / "recording.json"

    def command(self, *command):
        return [harness.SNUG, "trace", "-q", "--append", "-o", self.recording, "--", *command]

    def append(self, *command):
        return harness.run(*self.command(*command), cwd=self.dir)

    def read(self):
        return json.loads(self.recording.read_text())

    def test_the_first_run_creates_the_file(self):
        self.assert_status(self.append("true"), 0)

        self.assertEqual(len(self.read()["runs"]), 1)

    def test_parallel_jobs_lose_nothing(self):
        scripts = [f"for i in $(seq {20 * job}); do umask >/dev/null; done; exit {job}" for job in range(1, JOBS + 1)]
        jobs = [subprocess.Popen(self.command("sh", "-c", script)) for script in scripts]

        self.assertEqual([job.wait(60) for job in jobs], list(range(1, JOBS + 1)))

        recording = self.read()
        self.assertEqual(sorted(run["exit"]["code"] for run in recording["runs"]), list(range(1, JOBS + 1)))
        booked = {run["id"]: run["accounting"]["calls"] for run in recording["runs"]}
        self.assertEqual(counts_by_run(recording), booked)
        self.assertEqual(sum(call["count"] for call in recording["syscalls"]), sum(booked.values()))
        self.assertEqual([file.name for file in self.dir.iterdir()], ["recording.json"])

    def test_each_of_the_parallel_jobs_is_what_it_would_be_alone(self):
        jobs = [subprocess.Popen(self.command("true")) for _ in range(JOBS)]
        self.assertEqual([job.wait(60) for job in jobs], [0] * JOBS)
        together = self.read()

        self.recording.unlink()
        self.assert_status(self.append("true"), 0)
        alone = self.read()

        self.assertEqual(
            [(call["name"], call["count"]) for call in together["syscalls"]],
            [(call["name"], call["count"] * JOBS) for call in alone["syscalls"]],
        )

    def test_the_profile_covers_what_the_file_held_before(self):
        profile = self.dir / "profile.json"
        self.append("uname")

        outcome = harness.run(*self.command()[:-1], "--profile", profile, "--", "true")

        self.assert_status(outcome, 0)
        self.assertIn("uname", json.loads(profile.read_text())["syscalls"][0]["names"])

    def test_a_broken_file_is_refused_before_the_run_and_kept(self):
        self.recording.write_text('{"schema": "snug.rec')

        outcome = self.append("touch", "touched")

        self.assertEqual(
            (outcome.status, outcome.out, outcome.err),
            (
                125,
                "",
                f"snug: cannot read the recording {self.recording}\n"
                "  cause: it is not whole JSON (byte 21 of 20)\n"
                "  try:   record again: the file was cut short or is something else\n",
            ),
        )
        self.assertEqual([file.name for file in self.dir.iterdir()], ["recording.json"])
        self.assertEqual(self.recording.read_text(), '{"schema": "snug.rec')

    def test_a_file_that_breaks_during_the_run_is_kept(self):
        self.append("true")

        outcome = self.append("sh", "-c", f"echo broken > '{self.recording}'; exit 3")

        self.assert_status(outcome, 125)
        self.assertTrue(outcome.err.startswith(f"snug: cannot read the recording {self.recording}\n"))
        self.assertEqual(self.recording.read_text(), "broken\n")


if __name__ == "__main__":
    harness.main()
