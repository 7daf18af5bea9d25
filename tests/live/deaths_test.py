# SPDX-License-Identifier: Apache-2.0
"""However and whenever tasks die, all of them are accounted for, and the workload ends as it would without snug."""

import json
import os
import random
import signal
import subprocess

from both_ways import BothWays
from harness import SNUG, main, needs, run
from recordings import counts, tracee

VICTIMS = 100


def pass_time(steps):
    while steps > 0:
        steps -= 1


@needs("ptrace", "x86_64")
class Kills(BothWays):
    """Victims are killed from outside, at every stage of what they do, after the same random delays each time."""

    def kill_each(self, kind):
        """Yields the recordings of VICTIMS that were killed one after the other."""
        for stops in ("seccomp", "syscall"):
            with self.subTest(stops=stops):
                recording = self.dir / f"{stops}.json"
                births, announce = os.pipe()
                command = [SNUG, "trace", "-q", "--stops", stops, "-o", recording, "--"]
                command += [tracee("deaths"), kind, str(VICTIMS), str(announce)]
                with subprocess.Popen(command, pass_fds=[announce]) as snug:
                    os.close(announce)
                    self.kill_all_born(births)
                self.assertEqual(snug.returncode, 0)
                yield json.loads(recording.read_text())

    def kill_all_born(self, births):
        chance = random.Random(1)
        while victim := os.read(births, 4):
            pass_time(chance.randrange(20000))
            os.kill(int.from_bytes(victim, "little"), signal.SIGKILL)
        os.close(births)

    def assert_followed(self, kind, tasks=None, execs=1):
        for recording in self.kill_each(kind):
            self.assertEqual(counts(recording)["write"], VICTIMS)
            self.assert_balanced(recording, tasks, execs)

    def test_between_two_calls(self):
        self.assert_followed("calls", tasks=1 + VICTIMS)

    def test_in_a_call(self):
        self.assert_followed("waits", tasks=1 + VICTIMS)

    def test_while_stopped(self):
        self.assert_followed("stops", tasks=1 + VICTIMS)

    def test_in_an_exec(self):
        self.assert_followed("executes", tasks=1 + VICTIMS, execs=None)

    def test_while_giving_birth(self):
        self.assert_followed("bears")

    def test_while_giving_birth_by_vfork(self):
        self.assert_followed("vforks")

    def test_while_waiting_for_a_vfork_child(self):
        self.assert_followed("vforked")

    def test_with_threads_that_create_threads(self):
        self.assert_followed("swarms")

    def test_when_the_leader_has_ended(self):
        self.assert_followed("leaderless")

    def test_in_an_exec_that_takes_the_leaders_place(self):
        self.assert_followed("takes", execs=None)


@needs("ptrace", "x86_64")
class Ends(BothWays):
    def assert_ends(self, how, calls, tasks, status=0):
        """But for the futex and sched_yield calls that waiting for each other takes, everything is certain."""
        self.assert_status(run(tracee("ends"), how), status)
        for recording in self.record_both_ways(tracee("ends"), how, status=status):
            made = counts(recording)
            self.assertEqual({name: made[name] for name in made if name not in ("futex", "sched_yield")}, calls)
            self.assert_balanced(recording, tasks)

    def test_a_daemon_is_recorded_after_the_command_has_ended(self):
        calls = {"pipe2": 1, "clone": 2, "setsid": 1, "close": 1, "read": 1, "getuid": 5}
        self.assert_ends("daemon", calls | {"exit": 2, "wait4": 1, "exit_group": 1}, tasks=3)

    def test_orphans_that_the_command_adopts_are_its_own_to_await(self):
        calls = {"prctl": 1, "clone": 2, "getuid": 5, "exit": 2, "wait4": 2, "exit_group": 1}
        self.assert_ends("subreaper", calls, tasks=3)

    def test_an_orphan_may_die_with_its_parent(self):
        calls = {"prctl": 1, "clone": 2, "exit": 1, "wait4": 1, "exit_group": 1}
        self.assert_ends("orphan", calls, tasks=3)

    @needs("root")
    def test_everybody_in_a_pid_namespace_ends_with_its_init(self):
        self.assert_ends("namespace", {"clone": 4, "wait4": 1, "exit_group": 2}, tasks=5, status=7)

    @needs("root")
    def test_everybody_in_a_pid_namespace_ends_with_its_inits_parent_when_init_wants_that(self):
        self.assert_ends("nobody", {"clone": 5, "prctl": 1, "kill": 1, "wait4": 1, "exit_group": 1}, tasks=6)

    @needs("root", "unshare")
    def test_a_pid_namespace_made_by_unshare_is_followed(self):
        command = ["unshare", "--pid", "--fork", "--kill-child", tracee("exact")]
        for recording in self.record_both_ways(*command, status=7):
            self.assert_balanced(recording, tasks=2, execs=2)

    def test_a_stopped_child_can_be_killed(self):
        self.assert_ends("stopped", {"clone": 1, "getpid": 1, "kill": 2, "wait4": 2, "exit_group": 1}, tasks=2)

    def test_a_killed_vfork_child_sets_its_parent_free(self):
        calls = {"clone": 2, "getpid": 1, "kill": 1, "getuid": 3, "exit": 1, "wait4": 2, "exit_group": 1}
        self.assert_ends("vfork", calls, tasks=3)

    def test_a_hundred_waiting_threads_can_be_killed_at_once(self):
        self.assert_ends("threads", {"clone": 101, "kill": 1, "wait4": 1, "exit_group": 1}, tasks=102)

    def test_a_process_whose_leader_ended_first_ends_as_without_snug(self):
        calls = {"set_tid_address": 1, "clone": 1, "exit": 2}
        self.assert_ends("last", calls, tasks=2, status=run(tracee("ends"), "last").status)

    def test_a_process_without_leader_may_be_ended_as_a_whole(self):
        calls = {"set_tid_address": 1, "clone": 1, "exit": 1, "exit_group": 1}
        self.assert_ends("group", calls, tasks=2, status=9)

    def test_who_learns_of_an_end_from_a_pidfd_can_wait_for_it_at_once(self):
        for recording in self.record_both_ways(tracee("pidfd")):
            self.assert_balanced(recording, execs=1 + 200)

    def test_threads_may_be_born_while_their_process_ends(self):
        for recording in self.record_both_ways(tracee("ends"), "swarm", "60"):
            made = counts(recording)
            self.assertEqual((made["wait4"], made["exit_group"]), (60, 61))
            self.assert_balanced(recording)


@needs("ptrace", "root", "unshare", "x86_64")
class Inits(BothWays):
    """A pid namespace's first process ends by what it would end by without snug."""

    def assert_ends_alike(self, *how):
        command = ("unshare", "--pid", "--fork", tracee("init_faults"), *how)
        native = run(*command)
        for recording in self.record_both_ways(*command, status=native.status):
            self.assert_balanced(recording, execs=2)
        return native.status

    def test_by_a_fault(self):
        for how, signo in (("segv", "SEGV"), ("ill", "ILL"), ("fpe", "FPE"), ("trap", "TRAP"), ("sys", "SYS")):
            for thread in ((), ("thread",)):
                with self.subTest(how=how, thread=thread):
                    self.assertEqual(self.assert_ends_alike(how, *thread), 128 + signal.Signals[f"SIG{signo}"])

    def test_by_two_faults_at_once(self):
        self.assertEqual(self.assert_ends_alike("two"), 128 + signal.SIGSEGV)

    def test_by_its_handler(self):
        self.assertEqual(self.assert_ends_alike("handled"), 3)

    def test_not_by_a_signal_that_is_sent(self):
        self.assertEqual(self.assert_ends_alike("sent"), 0)


if __name__ == "__main__":
    main()
