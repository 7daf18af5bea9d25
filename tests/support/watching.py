# SPDX-License-Identifier: Apache-2.0
"""Whether watching changes anything: a program that tells what it sees must tell the same with and without snug."""

from harness import Case, run
from recordings import counts, record, tracee

STOPS = ("seccomp", "syscall")


class WatchingCase(Case):
    """Runs programs in the test's own folder: alone, and under both kinds of stops."""

    def assert_unchanged(self, program, *arguments, calls=(), status=0):
        """Output and exit status are the same; the recording is complete and has `calls`. Returns the output."""
        command = [tracee(program), *arguments]
        alone = run(*command, cwd=self.dir)
        self.assertNotIn("cannot", alone.out)
        self.assert_status(alone, status)
        for stops in STOPS:
            with self.subTest(stops=stops, arguments=arguments):
                recording = self.assert_same_watched(command, alone, stops)
                self.assertLessEqual(set(calls), set(counts(recording)))
        return alone.out

    def assert_same_watched(self, command, alone, stops):
        path = self.dir / f"{stops}.json"
        watched, recording = record(path, *command, options=["--stops", stops], cwd=self.dir)
        self.assertEqual(watched.out, alone.out)
        self.assertEqual((watched.err, watched.status), (alone.err, alone.status))
        self.assertTrue(recording["complete"], recording["incomplete_because"])
        self.assertEqual(recording["runs"][0]["tracer"]["mode"], stops)
        return recording
