# SPDX-License-Identifier: Apache-2.0
"""Workloads that put seccomp filters on themselves: what these refuse is recorded, or the recording says what is not."""

from both_ways import BothWays
from harness import Case, main, needs, run
from recordings import call, counts, record, tracee

TRAPPED = 128 + 31  # SIGSYS
KILLED = 128 + 9


@needs("ptrace", "x86_64")
class OwnFilters(BothWays):
    """filters.c makes 3 getppid that its filter answers, and ends with 0 if they ended as they do without snug."""

    def check(self, *arguments, asked=None, other=0, tasks=2, execs=1):
        """`asked` maps errno names to how many getppid failed with it; `other` more had no error."""
        errors = asked or {}
        self.assert_status(run(tracee("filters"), *arguments), 0)
        for recording in self.record_both_ways(tracee("filters"), *arguments):
            seen = call(recording, "getppid")
            self.assertEqual((seen["errors"], seen["count"]), (errors, sum(errors.values()) + other))
            self.assert_balanced(recording, tasks, execs)

    def test_a_call_that_ones_own_filter_fails_is_recorded(self):
        self.check("errno", asked={"EACCES": 3})

    def test_a_call_that_ones_own_filter_traps_is_recorded(self):
        self.check("trap", other=3)

    def test_a_call_that_ones_own_filter_logs_is_recorded(self):
        self.check("log", other=3)

    def test_a_call_that_a_listener_answers_is_recorded(self):
        self.check("notify", asked={"EXDEV": 3}, tasks=3)

    def test_a_call_for_which_a_filter_wants_a_tracer_fails_as_it_does_without_snug(self):
        self.check("trace", asked={"ENOSYS": 3})

    def test_a_filter_of_one_thread_changes_nothing_for_another(self):
        self.check("errno", "thread", asked={"EACCES": 3}, other=2)

    def test_a_thread_that_its_filter_kills_has_made_its_call(self):
        for recording in self.record_both_ways(tracee("filters"), "kill_thread", "thread"):
            self.assertEqual((counts(recording)["getppid"], counts(recording)["getuid"]), (1 + 2, 1))
            self.assert_balanced(recording, tasks=2)

    def test_a_process_that_its_filter_kills_has_made_its_call(self):
        for recording in self.record_both_ways(tracee("filters"), "kill_process", status=TRAPPED):
            self.assertEqual(counts(recording)["getppid"], 1)
            self.assert_balanced(recording, tasks=2)

    def test_a_filter_from_between_fork_and_exec_stays(self):
        self.check("errno", "exec", asked={"EACCES": 3}, tasks=3, execs=2)

    def check_everywhere(self, *arguments, error):
        for recording in self.record_both_ways(tracee("filters"), *arguments):
            if recording["runs"][0]["tracer"]["mode"] == "seccomp":
                (reason,) = recording["incomplete_because"]
                self.assertIn("SECCOMP_FILTER_FLAG_TSYNC", reason)
            else:
                self.assertEqual(call(recording, "getppid")["errors"], {error: 6})
                self.assert_balanced(recording)

    def test_a_filter_for_all_threads_is_seen_through_or_said(self):
        self.check_everywhere("errno", "tsync", error="EACCES")

    def test_a_filter_for_all_threads_with_a_listener_is_seen_through_or_said(self):
        self.check_everywhere("errno", "listener", error="EACCES")
        self.check_everywhere("notify", "listener", error="EXDEV")


@needs("ptrace", "x86_64")
class StrictMode(Case):
    def record(self, stops, status):
        outcome, recording = record(self.dir / "r.json", tracee("filters"), "strict", options=["--stops", stops])
        self.assert_status(outcome, status)
        return outcome.out, recording

    def test_works_where_stops_need_no_filter(self):
        said, recording = self.record("syscall", status=KILLED)

        self.assertEqual(said, "strict\n")
        self.assertEqual((counts(recording)["write"], counts(recording)["getppid"]), (1, 1))
        self.assertTrue(recording["complete"], recording["incomplete_because"])

    def test_is_said_to_be_impossible_under_a_filter(self):
        said, recording = self.record("seccomp", status=6)

        self.assertEqual(said, "")
        (reason,) = recording["incomplete_because"]
        self.assertRegex(reason, "filters asked for seccomp's strict mode, .* --stops=syscall")


if __name__ == "__main__":
    main()
