# SPDX-License-Identifier: Apache-2.0
"""Cases whose programs are recorded twice: once by a filter's stops and once by PTRACE_SYSCALL's."""

from harness import Case
from recordings import books, counts, record


class BothWays(Case):
    def record_both_ways(self, *command, status=0, **run_options):
        """Yields the recording of each way, when `command` ended with `status`."""
        for stops in ("seccomp", "syscall"):
            with self.subTest(stops=stops):
                path = self.dir / f"{stops}.json"
                outcome, recording = record(path, *command, options=["--stops", stops], **run_options)
                self.assert_status(outcome, status)
                self.assertEqual(recording["runs"][0]["tracer"]["mode"], stops)
                yield recording

    def assert_balanced(self, recording, tasks=None, execs=1):
        """Nothing was lost. `tasks` and `execs` are None where chance decides how many there are."""
        ledger = books(recording)
        self.assertTrue(recording["complete"], recording["incomplete_because"])
        self.assertEqual(ledger["tasks_born"], ledger["tasks_gone"])
        self.assertIn(tasks, (None, ledger["tasks_born"]))
        self.assertIn(execs, (None, ledger["execs"]))
        self.assertEqual(ledger["calls"], sum(entry["count"] for entry in recording["syscalls"]))

    def assert_recorded(self, recording, calls, tasks, execs=1):
        """Exactly `calls` were made, by name, in books that balance."""
        self.assertEqual(counts(recording), calls)
        self.assert_balanced(recording, tasks, execs)
