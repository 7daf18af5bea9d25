# SPDX-License-Identifier: Apache-2.0
"""What is passed to system calls is recorded as the kernel takes it, and in which phase of the workload."""

from both_ways import BothWays
from harness import main, needs
from recordings import call, record, tracee

# What tests/tracees/arguments.c passes, but for the halves of registers that the kernel ignores.
ARGUMENTS = {
    "socket": {"domain": [1, 10], "type": [2, 0x80001], "protocol": [0, 0xFFFFFFFF]},
    "socketpair": {"domain": [1], "type": [2], "protocol": [3]},
    "ioctl": {"request": [0x5401, 0x80045430]},
    "fcntl": {"cmd": [1]},
    "mmap": {"prot": [0, 6]},
    "mprotect": {"prot": [2]},
    "pkey_mprotect": {"prot": [4]},
    "madvise": {"advice": [4]},
    "clone": {"flags": [0x10000, 0xDEADBEEF00010000]},
    "clone3": {"flags": [0x200010000]},
    "unshare": {"flags": [0]},
    "setns": {"nstype": [0x40000000]},
    "personality": {"persona": [0xFFFFFFFF]},
    "prctl": {"option": [3]},
    "arch_prctl": {"code": [0x1003]},
    "keyctl": {"operation": [9999]},
    "bpf": {"cmd": [9999]},
    "ptrace": {"request": [2]},
    "seccomp": {"operation": [2]},
}

ARGUMENTS_OF_I386 = {
    "socketcall": {"call": [1, 3]},
    "ipc": {"call": [11]},
    "clone": {"flags": [0x10000]},
    "clone3": {"flags": [0x200010000]},
    "mmap2": {"prot": [2]},
    "ioctl": {"request": [0x5401]},
}


def arguments(recording, abi):
    """Of each call of one ABI that has any: what was passed."""
    return {
        entry["name"]: entry["arguments"]
        for entry in recording["syscalls"]
        if entry["arch"] == abi and "arguments" in entry
    }


@needs("ptrace", "x86_64")
class Arguments(BothWays):
    def test_each_argument_has_the_values_that_were_passed(self):
        for recording in self.record_both_ways(tracee("arguments")):
            self.assert_balanced(recording, tasks=1)
            self.assertEqual(arguments(recording, "x86_64"), ARGUMENTS)
            self.assertEqual(arguments(recording, "i386"), ARGUMENTS_OF_I386)
            self.assertEqual(arguments(recording, "x32"), {"socket": {"domain": [16], "type": [3], "protocol": [4]}})

    def test_the_only_observation_of_a_call_says_the_same_as_its_totals(self):
        _, recording = record(self.dir / "r.json", tracee("arguments"))

        for entry in recording["syscalls"]:
            (seen,) = entry["observations"]
            self.assertEqual(seen.get("arguments"), entry.get("arguments"))

    def test_the_old_mmap_is_recorded_without_its_pointer(self):
        for recording in self.record_both_ways(tracee("arguments")):
            self.assertNotIn("arguments", call(recording, "mmap", "i386"))

    def test_multiplexers_are_named_with_the_calls_they_stood_for(self):
        for recording in self.record_both_ways(tracee("arguments")):
            self.assertEqual(call(recording, "socketcall", "i386")["subcalls"], ["connect", "socket"])
            self.assertEqual(call(recording, "ipc", "i386")["subcalls"], ["msgsnd"])
            self.assertNotIn("subcalls", call(recording, "socket"))

    def test_32_values_are_kept_and_one_more_makes_them_many(self):
        for recording in self.record_both_ways(tracee("arguments"), "32"):
            self.assertEqual(arguments(recording, "x86_64"), {"ioctl": {"request": list(range(1, 33))}})
        for recording in self.record_both_ways(tracee("arguments"), "33"):
            self.assertEqual(arguments(recording, "x86_64"), {"ioctl": {"request": "many"}})

    def test_a_call_that_is_many_in_one_run_is_many_in_all(self):
        path = self.dir / "r.json"
        record(path, tracee("arguments"))
        _, recording = record(path, tracee("arguments"), "33", options=["--append"])

        entry = call(recording, "ioctl")
        self.assertEqual(entry["arguments"], {"request": "many"})
        told = [seen["arguments"]["request"] for seen in entry["observations"]]
        self.assertCountEqual(told, ["many", [0x5401, 0x80045430]])


@needs("ptrace", "x86_64")
class Phases(BothWays):
    def test_startup_ends_with_the_first_call_that_waits_for_work(self):
        for recording in self.record_both_ways(tracee("serving")):
            phases = {entry["name"]: entry["phases"] for entry in recording["syscalls"]}
            self.assertEqual(
                phases,
                {"getpid": {"startup": 3, "serving": 2}, "poll": {"serving": 1}, "exit_group": {"serving": 1}},
            )

    def test_so_it_does_with_a_socketcall_that_accepts(self):
        for recording in self.record_both_ways(tracee("serving"), "32-bit"):
            self.assertEqual(call(recording, "getpid")["phases"], {"startup": 3, "serving": 2})
            self.assertEqual(call(recording, "socketcall", "i386")["phases"], {"startup": 1, "serving": 1})

    def test_a_program_that_never_waits_for_work_only_starts(self):
        for recording in self.record_both_ways(tracee("abis")):
            self.assertEqual({name for entry in recording["syscalls"] for name in entry["phases"]}, {"startup"})


if __name__ == "__main__":
    main()
