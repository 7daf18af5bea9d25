# SPDX-License-Identifier: Apache-2.0
"""However a program is executed, by whichever thread, it is recorded as what it is, and the books stay balanced."""

import json
import os
import shutil
import struct
from pathlib import Path

from both_ways import BothWays
from harness import SNUG, main, needs, run
from recordings import books, call, counts, tracee

USER = 65534
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]


def paths(recording):
    return sorted(entry["path"] for entry in recording["executables"])


def counts_of(recording, executable):
    """How often each call was made by one executable, given by its path."""
    (entry,) = [entry for entry in recording["executables"] if entry["path"] == str(executable)]
    made = {
        call["name"]: sum(seen["count"] for seen in call["observations"] if seen["executable"] == entry["id"])
        for call in recording["syscalls"]
    }
    return {name: count for name, count in made.items() if count}


def makers(recording, name):
    """Which executables made a call."""
    return {seen["executable"] for seen in call(recording, name)["observations"]}


def cannot_be_loaded(program, into):
    """A copy of an ELF program of which the kernel finds out late that one part does not fit into any process."""
    image = bytearray(program.read_bytes())
    (headers,) = struct.unpack_from("<Q", image, 32)
    (number,) = struct.unpack_from("<H", image, 56)
    of_size = [headers + 56 * i + 40 for i in range(number) if image[headers + 56 * i] == 1]
    struct.pack_into("<Q", image, of_size[-1], 1 << 56)
    into.write_bytes(image)
    into.chmod(0o755)


@needs("ptrace", "x86_64")
class Threads(BothWays):
    """A thread other than the leader executes a program: the kernel gives it the leader's number."""

    def test_who_executes_among_waiting_threads_goes_on_alone(self):
        expected = {"getuid": 2, "getgid": 3, "clone": 4, "execve": 1, "pipe2": 1, "close": 1, "read": 1}
        expected |= {"exit": 1, "exit_group": 1}
        for recording in self.record_both_ways(tracee("execs"), "thread"):
            made = counts(recording)
            self.assertGreaterEqual(made.pop("futex"), 4)
            made.pop("sched_yield", None)
            self.assertEqual(made, expected)
            self.assert_balanced(recording, tasks=5, execs=2)

    def test_of_two_threads_that_execute_at_once_one_wins(self):
        for recording in self.record_both_ways(tracee("execs"), "race", "40"):
            made = counts(recording)
            sure = {name: made[name] for name in ("clone", "pipe2", "write", "getuid", "exit_group")}
            self.assertEqual(sure, {"clone": 80, "pipe2": 40, "write": 40, "getuid": 2, "exit_group": 1})
            self.assertIn(made["execve"], range(40, 81))
            self.assert_balanced(recording, tasks=81, execs=41)

    def test_who_executes_when_the_leader_has_ended_takes_its_place(self):
        expected = {name: 1 for name in ("set_tid_address", "clone", "futex", "exit", "execve", "exit_group")}
        expected |= {"getuid": 2}
        for recording in self.record_both_ways(tracee("execs"), "led"):
            self.assert_recorded(recording, expected, tasks=2, execs=2)

    def test_who_dies_in_the_leaders_place_before_its_exec_is_reported_is_not_lost(self):
        doomed = self.dir / "doomed"
        cannot_be_loaded(Path(tracee("execs")), doomed)
        for recording in self.record_both_ways(tracee("execs"), "doomed", doomed, status=128 + 11):
            self.assertEqual(counts(recording)["execve"], 1)
            self.assert_balanced(recording, tasks=2)

    def test_a_program_of_libc_can_be_executed_by_any_thread(self):
        for recording in self.record_both_ways(tracee("thread_exec")):
            self.assertEqual(counts(recording)["getuid"], 2)
            self.assertEqual(counts(recording)["execve"], 1)
            self.assert_balanced(recording, tasks=3, execs=2)


@needs("ptrace", "x86_64")
class Files(BothWays):
    def setUp(self):
        super().setUp()
        self.own, self.other = self.dir / "own", self.dir / "other"
        self.lay_out()

    def lay_out(self):
        shutil.copy(tracee("execs"), self.own)
        shutil.copy(tracee("exact"), self.other)

    def record_each_from_fresh_files(self, *words, **options):
        """As record_both_ways, for a program that changes its own file."""
        for recording in self.record_both_ways(self.own, *words, **options):
            yield recording
            self.lay_out()

    def script(self, name, first_line):
        path = self.dir / name
        path.write_text(first_line + "\n")
        path.chmod(0o755)
        return path

    def test_a_script_is_recorded_as_its_interpreter(self):
        script = self.script("script", f"#!{self.own} again")
        for recording in self.record_both_ways(script):
            self.assert_recorded(recording, {"getuid": 2, "exit_group": 1}, tasks=1)
            self.assertEqual(paths(recording), [str(self.own)])

    def test_a_script_of_a_script_is_recorded_as_the_last_interpreter(self):
        inner = self.script("inner", f"#!{self.own} again")
        for recording in self.record_both_ways(self.script("outer", f"#!{inner}")):
            self.assert_recorded(recording, {"getuid": 2, "exit_group": 1}, tasks=1)
            self.assertEqual(paths(recording), [str(self.own)])

    def test_a_program_in_memory_is_recorded_by_the_name_of_its_memory(self):
        expected = {"open": 1, "memfd_create": 1, "sendfile": 1, "execveat": 1, "getuid": 2, "exit_group": 1}
        for recording in self.record_both_ways(self.own, "memfd"):
            self.assert_recorded(recording, expected, tasks=1, execs=2)
            self.assertEqual(counts_of(recording, "/memfd:again"), {"getuid": 2, "exit_group": 1})

    def test_execs_that_fail_are_recorded_with_their_errors_before_the_one_that_succeeds(self):
        not_a_program = self.script("not-a-program", "no kernel knows this")
        for recording in self.record_both_ways(self.own, "failing", not_a_program):
            self.assert_recorded(recording, {"execve": 5, "getuid": 2, "exit_group": 1}, tasks=1, execs=2)
            self.assertEqual(
                call(recording, "execve")["errors"], {"ENOENT": 1, "EACCES": 1, "E2BIG": 1, "ENOEXEC": 1}
            )

    def test_a_program_whose_file_was_removed_is_still_itself(self):
        expected = {"unlink": 1, "execve": 1, "getuid": 2, "exit_group": 1}
        for recording in self.record_each_from_fresh_files("deleted"):
            self.assert_recorded(recording, expected, tasks=1, execs=2)
            self.assertEqual(paths(recording), [str(self.own)])

    def test_a_program_and_what_takes_the_place_of_its_file_are_told_apart(self):
        for recording in self.record_each_from_fresh_files("replaced", self.other, status=7):
            self.assertEqual(paths(recording), [str(self.own)] * 2)
            self.assertEqual(makers(recording, "rename"), makers(recording, "execve"))
            self.assertEqual(makers(recording, "getpid"), makers(recording, "getuid"))
            self.assertNotEqual(makers(recording, "rename"), makers(recording, "getpid"))
            self.assert_balanced(recording, tasks=1, execs=2)


@needs("ptrace", "x86_64", "root", "setpriv")
class Privilege(BothWays):
    """Programs that their files give a privilege, run by an ordinary user."""

    def setUp(self):
        super().setUp()
        if os.statvfs(self.dir).f_flag & os.ST_NOSUID:
            self.skipTest("programs get no privilege from files in the folder for temporary ones")
        self.dir.chmod(0o755)
        self.program = self.dir / "privilege"
        shutil.copy(tracee("privilege"), self.program)

    def make_setuid(self):
        self.program.chmod(0o4755)

    def make_capable(self):
        revision_2_effective, bind_privileged_ports = 0x02000001, 1 << 10
        value = struct.pack("<5I", revision_2_effective, bind_privileged_ports, 0, 0, 0)
        try:
            os.setxattr(self.program, "security.capability", value)
        except OSError as reason:
            self.skipTest(f"files cannot have capabilities here: {reason}")

    def assert_recorded_with(self, *tell_tales):
        for recording in self.record_both_ways(*AS_USER, self.program):
            expected = {name: 1 for name in ("geteuid", "capget", "exit_group", *tell_tales)}
            self.assertEqual(counts_of(recording, self.program), expected)
            self.assert_balanced(recording, tasks=1, execs=2)

    def assert_reported(self):
        """An ordinary user's snug cannot see what the program would do with the privilege, and says so."""
        snug = self.dir / "snug"
        shutil.copy(SNUG, snug)
        home = self.dir / "home"
        home.mkdir()
        os.chown(home, USER, USER)
        for stops in ("seccomp", "syscall"):
            path = home / f"{stops}.json"
            traced = run(*AS_USER, snug, "trace", "-q", "--stops", stops, "-o", path, "--", self.program)
            self.assert_status(traced, 0)
            recording = json.loads(path.read_text())
            (reason,) = recording["incomplete_because"]
            self.assertIn(f"{self.program} would give privilege", reason)
            self.assertEqual(counts(recording), {"geteuid": 1, "capget": 1, "exit_group": 1})
            self.assertEqual((books(recording)["tasks_born"], books(recording)["tasks_gone"]), (1, 1))

    def test_a_setuid_program_keeps_its_privilege_under_root(self):
        self.make_setuid()
        self.assert_recorded_with("getpgrp", "gettid")

    def test_a_program_with_capabilities_keeps_them_under_root(self):
        self.make_capable()
        self.assert_recorded_with("gettid")

    def test_a_setuid_program_is_reported_by_an_ordinary_users_snug(self):
        self.make_setuid()
        self.assert_reported()

    def test_a_program_with_capabilities_is_reported_by_an_ordinary_users_snug(self):
        self.make_capable()
        self.assert_reported()

    def record_dropping_to_a_user(self):
        """What root's snug without CAP_SYS_PTRACE, as containers have it, records of a workload that drops to a user."""
        for stops in ("seccomp", "syscall"):
            path = self.dir / f"{stops}.json"
            options = ["trace", "-q", "--stops", stops, "-o", path, "--", *AS_USER, self.program]
            self.assert_status(run("setpriv", "--bounding-set=-sys_ptrace", SNUG, *options), 0)
            yield json.loads(path.read_text())

    def test_a_program_of_another_user_is_no_privileged_one(self):
        self.program.chmod(0o755)
        for recording in self.record_dropping_to_a_user():
            self.assertEqual(recording["incomplete_because"], [])
            self.assertEqual(counts(recording)["geteuid"], 1)

    def test_a_setuid_program_of_another_user_is_reported(self):
        self.make_setuid()
        for recording in self.record_dropping_to_a_user():
            (reason,) = recording["incomplete_because"]
            self.assertIn("a program would give privilege", reason)

    def test_so_is_one_with_capabilities(self):
        self.make_capable()
        for recording in self.record_dropping_to_a_user():
            self.assertIn("a program would give privilege", " ".join(recording["incomplete_because"]))


if __name__ == "__main__":
    main()
