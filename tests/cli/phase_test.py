# SPDX-License-Identifier: Apache-2.0
"""`snug phase NAME`, inside a traced command, says which phase the calls after it belong to."""

import errno

from harness import SNUG, Case, main, needs, snug
from recordings import call, record, tracee

GETUID = "102"


class Unwatched(Case):
    def test_without_a_tracer_it_says_so_and_succeeds(self):
        outcome = snug("phase", "serving")

        self.assert_status(outcome, 0)
        self.assertEqual(outcome.out, "")
        self.assertEqual(
            outcome.err, "snug: nobody records this; under 'snug trace' the phase serving would begin here\n"
        )
        self.assertEqual(snug("phase", "-q", "serving").err, "")

    def test_a_name_that_cannot_be_one_is_refused(self):
        for name in ("", "two words", "x" * 33, "a/b"):
            with self.subTest(name=name):
                outcome = snug("phase", name)

                self.assert_status(outcome, 2)
                self.assertEqual(
                    outcome.err,
                    f"snug: '{name}' cannot be a phase's name\n"
                    "  cause: it is 1 to 32 letters, digits, dots, dashes and underscores\n"
                    "  try:   snug phase serving\n",
                )


@needs("ptrace", "x86_64")
class Watched(Case):
    def phases_of(self, script, *options):
        """The phases of the script's getuid calls, one made by each run of $1 $2."""
        outcome, recording = record(
            self.dir / "r.json", "/bin/sh", "-c", script, SNUG, tracee("one_call"), GETUID, options=options
        )
        self.assert_status(outcome, 0)
        self.assertEqual(outcome.err, "")
        self.assertTrue(recording["complete"], recording["incomplete_because"])
        (seen,) = (
            observation
            for observation in call(recording, "getuid")["observations"]
            if observation["executable"] in self.ids_of(recording, tracee("one_call"))
        )
        return seen["phases"]

    def ids_of(self, recording, path):
        return [entry["id"] for entry in recording["executables"] if entry["path"] == path]

    def test_the_calls_after_it_belong_to_its_phase(self):
        script = '"$1" "$2"; "$0" phase load; "$1" "$2"; "$1" "$2"; "$0" phase rest; "$1" "$2"; exit 0'
        for stops in ("seccomp", "syscall"):
            with self.subTest(stops=stops):
                phases = self.phases_of(script, "--stops", stops)

                self.assertEqual(phases, {"startup": 1, "load": 2, "rest": 1})

    def test_the_phase_of_a_server_begins_by_itself(self):
        self.assertEqual(self.phases_of('"$1" "$2"; exit 0'), {"startup": 1})
        self.assertEqual(self.phases_of('"$1" 7; "$1" "$2"; exit 0'), {"serving": 1})

    def test_a_phase_may_begin_again(self):
        script = '"$1" "$2"; "$0" phase load; "$0" phase startup; "$1" "$2"; exit 0'

        self.assertEqual(self.phases_of(script), {"startup": 2})

    def test_it_is_heard_under_a_filter_that_lists_what_is_allowed(self):
        # Such a filter also refuses the number -1, which a call has that a tracer skips.
        skipped = ("0xffffffff", str(errno.EPERM))
        for stops in ("seccomp", "syscall"):
            with self.subTest(stops=stops):
                command = [tracee("deny_call"), *skipped, "--", SNUG, "phase", "load"]
                outcome, recording = record(self.dir / "r.json", *command, options=["--stops", stops])

                self.assertEqual((outcome.status, outcome.err), (0, ""))
                phases = [seen["phases"] for seen in call(recording, "prctl")["observations"]]
                self.assertIn({"load": 1}, phases)


if __name__ == "__main__":
    main()
