# SPDX-License-Identifier: Apache-2.0
"""Programs that make exactly known calls are recorded exactly, by both kinds of stops."""

from harness import Case, main, needs
from recordings import books, call, counts, frames, record, tracee


@needs("ptrace", "x86_64")
class TraceesTest(Case):
    """Each test runs once with a filter's stops and once with PTRACE_SYSCALL's."""

    def record_both_ways(self, *command, status=0):
        for stops in ("seccomp", "syscall"):
            with self.subTest(stops=stops):
                outcome, recording = record(self.dir / f"{stops}.json", *command, options=["--stops", stops])
                self.assert_status(outcome, status)
                self.assertEqual(recording["runs"][0]["tracer"]["mode"], stops)
                yield recording

    def assert_balanced(self, recording, tasks, execs=1):
        ledger = books(recording)
        self.assertTrue(recording["complete"], recording["incomplete_because"])
        self.assertEqual((ledger["tasks_born"], ledger["tasks_gone"], ledger["execs"]), (tasks, tasks, execs))
        self.assertEqual(ledger["calls"], sum(entry["count"] for entry in recording["syscalls"]))

    def test_every_call_of_a_static_program_is_counted(self):
        for recording in self.record_both_ways(tracee("exact"), status=7):
            self.assertEqual(counts(recording), {"getpid": 3, "getuid": 5, "write": 1, "exit_group": 1})
            self.assertEqual(recording["runs"][0]["exit"], {"code": 7})
            self.assert_balanced(recording, tasks=1)

    def test_every_way_to_be_born_is_followed(self):
        for recording in self.record_both_ways(tracee("births")):
            made = counts(recording)
            tell_tales = {name: made[name] for name in ("getuid", "getgid", "geteuid", "getegid", "getppid")}
            self.assertEqual(tell_tales, {"getuid": 1, "getgid": 2, "geteuid": 3, "getegid": 4, "getppid": 5})
            births = {name: made[name] for name in ("fork", "vfork", "clone", "clone3", "exit", "exit_group")}
            self.assertEqual(births, {"fork": 1, "vfork": 1, "clone": 1, "clone3": 2, "exit": 2, "exit_group": 4})
            self.assert_balanced(recording, tasks=6)

    def test_each_call_is_kept_under_its_own_abi(self):
        for recording in self.record_both_ways(tracee("abis")):
            self.assertEqual(counts(recording, "x86_64"), {"getpid": 1, "exit_group": 1})
            self.assertEqual(counts(recording, "i386"), {"getpid": 2})
            self.assertEqual(counts(recording, "x32"), {"getpid": 1})

    def test_a_call_without_a_name_is_kept_as_a_number(self):
        for recording in self.record_both_ways(tracee("unnamed")):
            self.assertEqual(counts(recording), {999: 2, "exit_group": 1})

    def test_an_exec_by_another_thread_is_the_same_process_going_on(self):
        for recording in self.record_both_ways(tracee("thread_exec")):
            self.assertEqual(counts(recording)["getuid"], 2)
            self.assertEqual(counts(recording)["execve"], 1)
            self.assert_balanced(recording, tasks=3, execs=2)

    def test_calls_that_a_filter_of_the_programs_own_refuses_are_seen(self):
        for recording in self.record_both_ways(tracee("own_filter")):
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
