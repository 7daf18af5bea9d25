# SPDX-License-Identifier: Apache-2.0
"""However a task is born, its calls are recorded, all of them."""

import re

from both_ways import BothWays
from harness import main, needs, snug
from recordings import call, counts, tracee

# What tests/tracees/clones.c makes of each tell-tale call.
TELL_TALES = (
    "getuid getgid geteuid getegid getppid getpgrp gettid sched_yield getpid getpgid getsid personality "
    "sched_get_priority_max sched_get_priority_min sched_getscheduler alarm getrandom times"
).split()


@needs("ptrace", "x86_64")
class Births(BothWays):
    def test_every_call_that_gives_birth_is_followed(self):
        for recording in self.record_both_ways(tracee("births")):
            made = counts(recording)
            tell_tales = {name: made[name] for name in ("getuid", "getgid", "geteuid", "getegid", "getppid")}
            self.assertEqual(tell_tales, {"getuid": 1, "getgid": 2, "geteuid": 3, "getegid": 4, "getppid": 5})
            births = {name: made[name] for name in ("fork", "vfork", "clone", "clone3", "exit", "exit_group")}
            self.assertEqual(births, {"fork": 1, "vfork": 1, "clone": 1, "clone3": 2, "exit": 2, "exit_group": 4})
            self.assert_balanced(recording, tasks=6)

    def test_every_sensible_combination_of_clones_flags_is_followed(self):
        expected = {name: number + 1 for number, name in enumerate(TELL_TALES)}
        expected |= {"clone": 18, "exit": 18, "wait4": 12, "futex": 6, "exit_group": 1}
        for recording in self.record_both_ways(tracee("clones")):
            self.assert_recorded(recording, expected, tasks=19)

    def test_a_process_is_told_from_a_thread_whatever_the_flags(self):
        for stops in ("seccomp", "syscall"):
            talk = snug("trace", "--stops", stops, "-o", self.dir / "r.json", "--", tracee("clones")).err
            self.assertEqual(re.search(r"by (\d+) process", talk).group(1), "13", msg=stops)

    def test_a_filter_for_all_threads_also_reaches_a_thread_that_was_announced_as_a_process(self):
        for recording in self.record_both_ways(tracee("odd_thread")):
            refused = call(recording, "getppid")
            self.assertEqual((refused["count"], refused["errors"]), (3, {"EACCES": 3}))

    def test_a_grandchild_that_becomes_a_sibling_is_followed(self):
        expected = {"getuid": 3, "clone": 2, "exit": 2, "wait4": 2, "exit_group": 1}
        for recording in self.record_both_ways(tracee("parentage"), "sibling"):
            self.assert_recorded(recording, expected, tasks=3)

    def test_a_child_that_the_command_gives_to_snug_is_followed(self):
        expected = {name: 1 for name in ("pipe2", "futex", "close", "read", "exit_group")}
        expected |= {"clone": 2, "exit": 2, "getuid": 6}
        for recording in self.record_both_ways(tracee("parentage"), "tracers"):
            self.assert_recorded(recording, expected, tasks=3)

    def test_what_threads_of_threads_give_birth_to_is_followed(self):
        expected = {"getuid": 3, "getgid": 2, "getpgrp": 3}
        expected |= {"clone": 5, "exit": 5, "futex": 3, "wait4": 2, "exit_group": 1}
        for recording in self.record_both_ways(tracee("parentage"), "threads"):
            self.assert_recorded(recording, expected, tasks=6)

    def test_a_program_run_by_posix_spawn_is_followed(self):
        for recording in self.record_both_ways(tracee("spawn"), tracee("exact"), status=7):
            made = counts(recording)
            self.assertEqual((made["getpid"], made["getuid"]), (3, 5))
            self.assert_balanced(recording, tasks=2, execs=2)


@needs("ptrace", "x86_64")
class Crowds(BothWays):
    def test_ten_thousand_short_lived_children_are_all_accounted_for(self):
        expected = {"clone": 10000, "exit": 10000, "wait4": 10000, "exit_group": 1}
        for recording in self.record_both_ways(tracee("crowd"), "children", "10000"):
            self.assert_recorded(recording, expected, tasks=10001)

    def test_a_thousand_threads_at_once_are_all_accounted_for(self):
        expected = {name: 1000 for name in ("clone", "read", "exit", "futex")}
        expected |= {"pipe2": 1, "write": 1, "exit_group": 1}
        for recording in self.record_both_ways(tracee("crowd"), "threads", "1000"):
            self.assert_recorded(recording, expected, tasks=1001)

    def test_young_threads_that_call_all_the_time_leave_old_ones_their_turn(self):
        for recording in self.record_both_ways(tracee("crowd"), "calls", "16"):
            made = counts(recording)
            self.assertEqual(made["getuid"], 300)
            self.assertLess(made.get("getppid", 0), 16 * 300 * 100)  # the scheduler has its share in it
            self.assert_balanced(recording, tasks=18)

    @needs("root")
    def test_a_fork_bomb_that_meets_its_limit_loses_nobody(self):
        for recording in self.record_both_ways(tracee("crowd"), "bomb", "61234", "30"):
            made = counts(recording)
            self.assertGreater(made["getgid"], 0)  # how often it was EAGAIN
            self.assertEqual(made["clone"], made["getuid"] + made["getgid"])
            self.assertEqual(made["wait4"], made["getuid"])
            self.assert_balanced(recording, tasks=1 + made["getuid"])


if __name__ == "__main__":
    main()
