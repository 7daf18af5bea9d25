# SPDX-License-Identifier: Apache-2.0
"""Every call is recorded under the ABI it is made by, in programs of one ABI and of several."""

import subprocess

import harness
from both_ways import BothWays
from harness import main, needs
from recordings import call, counts, tracee


def runs_32_bit_programs():
    """Whether the compiler could build them and the kernel runs them."""
    try:
        return subprocess.run([tracee("relay32")], check=False).returncode == 0
    except OSError:
        return False


harness.PROBES["ia32"] = runs_32_bit_programs


@needs("ptrace", "x86_64")
class MixedCode(BothWays):
    def test_a_64_bit_program_may_call_by_every_abi(self):
        for recording in self.record_both_ways(tracee("abis")):
            self.assertEqual(counts(recording, "x86_64"), {"getpid": 1, "exit_group": 1})
            self.assertEqual(counts(recording, "i386"), {"getpid": 2})
            self.assertEqual(counts(recording, "x32"), {"getpid": 1})
            self.assert_balanced(recording, tasks=1, execs=1)

    def test_x32_calls_fail_where_the_kernel_has_no_x32(self):
        for recording in self.record_both_ways(tracee("abis")):
            refused = call(recording, "getpid", "x32")
            self.assertEqual((refused["number"], refused["outcomes"]), (39, 1))
            self.assertIn(refused["errors"], ({"ENOSYS": 1}, {}))  # {}: a kernel with x32


@needs("ptrace", "x86_64", "ia32")
class Programs32Bit(BothWays):
    def test_every_way_to_call_is_seen_under_its_abi(self):
        for recording in self.record_both_ways(tracee("ia32")):
            i386 = {"getpid": 2, "getuid32": 3, "socketcall": 3, "ipc": 2, "exit_group": 1}
            self.assertEqual(counts(recording, "i386"), i386)
            self.assertEqual(counts(recording, "x86_64"), {"getppid": 2})
            self.assertEqual(call(recording, "ipc", "i386")["errors"], {"ENOENT": 2})
            self.assert_balanced(recording, tasks=1, execs=1)

    def test_a_process_may_change_its_abi_with_each_exec(self):
        programs = [tracee("relay32"), tracee("relay"), tracee("relay32"), tracee("relay")]
        for recording in self.record_both_ways(*programs):
            self.assertEqual(counts(recording, "i386"), {"getpid": 4, "execve": 2})
            self.assertEqual(counts(recording, "x86_64"), {"getpid": 4, "execve": 1, "exit_group": 1})
            for abi in ("i386", "x86_64"):
                execs = call(recording, "execve", abi)
                self.assertEqual((execs["outcomes"], execs["errors"]), (execs["count"], {}))
            self.assertEqual({entry["path"] for entry in recording["executables"]}, set(programs))
            self.assert_balanced(recording, tasks=1, execs=4)


if __name__ == "__main__":
    main()
