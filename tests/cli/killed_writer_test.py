# SPDX-License-Identifier: Apache-2.0
"""snug killed at any moment leaves the old file or the new one: whole, and with nothing lost that was there."""

import json
import random
import subprocess
import time

import harness
from recordings import tracee

KILLS = 60


@harness.needs("ptrace")
class KilledWriter(harness.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.dir / "shared.json"
        self.assert_status(self.append(), 0)
        self.runs = set(self.runs_in_file())

    def append(self):
        return harness.snug("trace", "-q", "--append", "-o", self.recording, "--", "/bin/true")

    def runs_in_file(self):
        return [run["id"] for run in json.loads(self.recording.read_text())["runs"]]

    def kill_after(self, delay, *words):
        """Whether snug was killed before it had ended by itself."""
        process = subprocess.Popen([harness.SNUG, *words], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        return process.wait() < 0

    def usual_duration(self, *words):
        start = time.monotonic()
        subprocess.run([harness.SNUG, *words], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return time.monotonic() - start

    def kill_at_random_moments(self, words, check):
        dice = random.Random(5)
        longest = self.usual_duration(*words)
        killed = 0
        for _ in range(KILLS):
            killed += self.kill_after(dice.uniform(0, longest), *words)
            check()
        self.assertGreater(killed, KILLS // 4)  # else the moments were not those meant

    def test_appending(self):
        words = ["trace", "-q", "--append", "-o", str(self.recording), "--", "/bin/true"]

        def check():
            runs = set(self.runs_in_file())
            self.assertLessEqual(self.runs, runs)
            self.runs = runs

        self.kill_at_random_moments(words, check)
        self.assert_status(self.append(), 0)  # and nothing is left that stands in the way
        self.assertGreater(set(self.runs_in_file()), self.runs)

    def test_merging_into_one_of_the_inputs(self):
        before = self.recording.read_text()
        words = ["merge", str(self.recording), "-o", str(self.recording)]

        self.kill_at_random_moments(words, lambda: self.assertEqual(self.recording.read_text(), before))

    def test_generating(self):
        profile = self.dir / "profile.json"
        words = ["generate", "-q", str(self.recording), "-o", str(profile)]
        self.assert_status(harness.snug(*words), 0)
        before = profile.read_text()

        self.kill_at_random_moments(words, lambda: self.assertEqual(profile.read_text(), before))

    def denying_profile(self):
        """A profile that denies what tracees/one_call makes, its text and its text when that is allowed."""
        path = self.dir / "p.json"
        self.assert_status(harness.snug("generate", "-q", "--no-floor", self.recording, "-o", path), 0)
        before = path.read_text()
        words = ["check", "-q", "--update", "--profile", str(path), "--", tracee("one_call"), "24"]
        self.assert_status(harness.snug(*words), 3)
        return path, before, path.read_text(), words

    @harness.needs("x86_64")
    def test_updating_and_fixing_a_profile(self):
        path, before, after, update = self.denying_profile()
        self.assertNotEqual(before, after)
        fix = ["verify", "-q", "--profile", str(path), "--fix", str(path), *update[-3:]]

        def check():
            self.assertIn(path.read_text(), (before, after))
            path.write_text(before)

        for words in (update, fix):
            with self.subTest(words[0]):
                path.write_text(before)
                self.kill_at_random_moments(words, check)


if __name__ == "__main__":
    harness.main()
