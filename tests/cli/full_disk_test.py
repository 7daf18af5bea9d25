# SPDX-License-Identifier: Apache-2.0
"""A full disk: snug says so, what was there before stays byte for byte, and nothing half-written is left.

The disk is a small tmpfs in a mount namespace that a process of the test's own holds.
"""

import json
import subprocess
from pathlib import Path

import harness
from recordings import take_rescued

FULL = (
    "snug: cannot write {}\n"
    "  cause: No space left on device\n"
    "  try:   make room; what was there before is unchanged\n"
)


@harness.needs("ptrace", "root", "unshare", "nsenter")
class FullDisk(harness.Case):
    def mount(self, options):
        mount = f"mount -t tmpfs -o {options} none '{self.dir}' && echo mounted && read until_the_test_ends"
        holder = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", mount], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(holder.wait)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.stdin.close)
        self.assertEqual(holder.stdout.readline(), "mounted\n")
        self.namespace = f"/proc/{holder.pid}/ns/mnt"
        # The tmpfs as this namespace reaches it.
        self.disk = Path(f"/proc/{holder.pid}/root{self.dir}")

    def inside(self, *command):
        return harness.run("nsenter", f"--mount={self.namespace}", "--", *command)

    def snug(self, *words):
        return self.inside(harness.SNUG, *words)

    def fill(self):
        """Takes the last byte; answers with what now stands there."""
        self.assert_status(self.inside("sh", "-c", f"cat /dev/zero > '{self.dir}/filler'"), 1)
        return {file.name: file.read_bytes() for file in self.disk.iterdir()}

    def contents(self):
        return {file.name: file.read_bytes() for file in self.disk.iterdir()}

    def test_trace_keeps_the_old_recording_and_answers_125(self):
        self.mount("size=64k")
        recording = self.dir / "recording.json"
        self.assert_status(self.snug("trace", "-q", "-o", recording, "--", "true"), 0)
        before = self.fill()

        for option in ([], ["--append"]):
            outcome = self.snug("trace", "-q", *option, "-o", recording, "--", "sh", "-c", "echo done; exit 9")

            talk, rescued = take_rescued(outcome.err)
            self.assertEqual((outcome.status, outcome.out, talk), (125, "done\n", FULL.format(recording)))
            self.assertEqual(self.contents(), before)
            self.assertEqual([run["exit"] for run in rescued["runs"]], [{"code": 9}])

    def test_generate_and_merge_keep_the_old_file_and_answer_2(self):
        self.mount("size=64k")
        recording, old = self.dir / "recording.json", self.dir / "old"
        self.assert_status(self.snug("trace", "-q", "-o", recording, "--", "true"), 0)
        self.assert_status(self.inside("sh", "-c", f"echo precious > '{old}'"), 0)
        before = self.fill()

        for verb in ("generate", "merge"):
            outcome = self.snug(verb, recording, "-o", old)

            self.assertEqual((outcome.status, outcome.out, outcome.err), (2, "", FULL.format(old)))
            self.assertEqual(self.contents(), before)

    def test_the_profile_is_refused_and_the_recording_kept(self):
        self.mount("size=64k")
        profile = self.dir / "profile.json"
        self.assert_status(self.inside("sh", "-c", f"echo precious > '{profile}'"), 0)
        before = self.fill()

        outcome = self.snug("trace", "-q", "-o", "/dev/null", "--profile", profile, "--", "true")

        self.assertEqual((outcome.status, outcome.err), (125, FULL.format(profile)))
        self.assertEqual(self.contents(), before)

    def test_a_disk_without_room_for_another_file_is_told_before_the_run(self):
        self.mount("size=64k,nr_inodes=2")
        recording = self.dir / "recording.json"
        self.assert_status(self.inside("touch", recording), 0)

        outcome = self.snug("trace", "-q", "-o", recording, "--", "echo", "ran")

        self.assertEqual((outcome.status, outcome.out, outcome.err), (125, "", FULL.format(recording)))

    def test_the_next_run_succeeds_once_there_is_room(self):
        self.mount("size=64k")
        recording = self.dir / "recording.json"
        self.assert_status(self.snug("trace", "-q", "-o", recording, "--", "true"), 0)
        self.fill()
        outcome = self.snug("trace", "-q", "--append", "-o", recording, "--", "true")
        self.assert_status(outcome, 125)
        take_rescued(outcome.err)

        self.assert_status(self.inside("rm", f"{self.dir}/filler"), 0)
        self.assert_status(self.snug("trace", "-q", "--append", "-o", recording, "--", "true"), 0)

        self.assertEqual(list(self.contents()), ["recording.json"])
        self.assertEqual(len(json.loads(self.contents()["recording.json"])["runs"]), 2)


if __name__ == "__main__":
    harness.main()
