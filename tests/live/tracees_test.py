# SPDX-License-Identifier: Apache-2.0
"""Programs that make exactly known calls are recorded exactly, by both kinds of stops."""

import re

from both_ways import BothWays
from harness import main, needs, run
from recordings import call, counts, frames, record, tracee


@needs("ptrace", "x86_64")
class TraceesTest(BothWays):
    def test_every_call_of_a_static_program_is_counted(self):
        for recording in self.record_both_ways(tracee("exact"), status=7):
            self.assertEqual(counts(recording), {"getpid": 3, "getuid": 5, "write": 1, "exit_group": 1})
            self.assertEqual(recording["runs"][0]["exit"], {"code": 7})
            self.assert_balanced(recording, tasks=1)

    def test_each_call_is_kept_under_its_own_abi(self):
        for recording in self.record_both_ways(tracee("abis")):
            self.assertEqual(counts(recording, "x86_64"), {"getpid": 1, "exit_group": 1})
            self.assertEqual(counts(recording, "i386"), {"getpid": 2})
            self.assertEqual(counts(recording, "x32"), {"getpid": 1})

    def test_a_call_without_a_name_is_kept_as_a_number(self):
        for recording in self.record_both_ways(tracee("unnamed")):
            self.assertEqual(counts(recording), {999: 2, "exit_group": 1})

    def test_calls_that_a_filter_of_the_programs_own_refuses_are_seen(self):
        self.check_own_filter()

    def test_so_they_are_when_the_filter_came_with_ignored_halves_of_registers(self):
        self.check_own_filter("ignored")

    def check_own_filter(self, *arguments):
        for recording in self.record_both_ways(tracee("own_filter"), *arguments):
            refused = call(recording, "getppid")
            self.assertEqual((refused["count"], refused["errors"]), (5, {"EACCES": 5}))
            self.assertEqual(counts(recording)["getuid"], 1)
            self.assert_balanced(recording, tasks=2)

    def test_outcomes_are_counted_by_errno_and_say_how_many_were_watched(self):
        script = "i=0; while [ $i -lt 50 ]; do cd /nonexistent 2>/dev/null; i=$((i+1)); done"
        for recording in self.record_both_ways("/bin/sh", "-c", script + "; exit 0"):
            failed = call(recording, "chdir")
            self.assertEqual((failed["count"], failed["outcomes"], failed["errors"]), (50, 32, {"ENOENT": 32}))

    def test_the_stack_of_a_first_call_names_its_functions_and_files(self):
        for recording in self.record_both_ways(tracee("nested")):
            (seen,) = call(recording, "getsid")["observations"]
            files, _, symbols = zip(*frames(recording, seen))
            self.assertEqual(symbols[:5], ("syscall", "innermost", "middle", "outermost", "main"))
            self.assertRegex(files[0], r"/libc\b")
            self.assertEqual(set(files[1:5]), {tracee("nested")})
            self.assertFalse(seen["first"]["stack"]["partial"])

    @needs("readelf")
    def test_the_files_on_a_stack_are_named_with_their_build_ids(self):
        _, recording = record(self.dir / "r.json", tracee("nested"))

        objects = [entry for entry in recording["objects"] if entry["path"].startswith("/")]
        told = [re.findall(r"Build ID: ([0-9a-f]+)", run("readelf", "-n", entry["path"]).out) for entry in objects]
        self.assertGreaterEqual(len(objects), 2)
        self.assertEqual([[entry["build_id"]] for entry in objects], told)
        self.assertIn(recording["executables"][0], objects)

    def test_without_stacks_the_same_is_recorded_but_for_the_stacks(self):
        _, recording = record(self.dir / "r.json", tracee("nested"), options=["--no-stacks"])

        self.assertNotIn("stack", call(recording, "getsid")["observations"][0]["first"])
        self.assertTrue(recording["complete"])

    def test_each_executable_has_its_own_observations(self):
        for recording in self.record_both_ways("/bin/sh", "-c", "/bin/ls / >/dev/null; exit 0"):
            paths = {entry["id"]: entry["path"] for entry in recording["executables"]}
            listing = {paths[seen["executable"]] for seen in call(recording, "getdents64")["observations"]}
            self.assertEqual(len(listing), 1)
            self.assertTrue(listing.pop().endswith("/ls"))

    def test_many_short_lived_children_are_all_accounted_for(self):
        script = "i=0; while [ $i -lt 300 ]; do (:) & i=$((i+1)); done; wait"
        for recording in self.record_both_ways("/bin/sh", "-c", script):
            self.assert_balanced(recording, tasks=301)


if __name__ == "__main__":
    main()
