# SPDX-License-Identifier: Apache-2.0
"""`snug lint --pid`: what it says where it cannot be done."""

import os
import signal
import subprocess

import harness
from attaching import PATIENCE, tracer_of
from recordings import tracee
from running import until

PTRACE = 101
USER = 65534


@harness.needs("attach", "x86_64")
class Processes(harness.Case):
    def cat_under(self, *words, **options):
        """A process that lives until its input ends, started by `words`, once it answers."""
        process = subprocess.Popen([*words, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        self.addCleanup(process.communicate)
        process.stdin.write(b"ready\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process.pid

    def refusal(self, pid, *before):
        outcome = harness.run(*before, harness.SNUG, "lint", "--pid", pid)
        self.assertEqual((outcome.status, outcome.out), (2, ""))
        what, _, rest = outcome.err.partition("\n")
        self.assertIn(f"process {pid}", what)
        return what.replace(str(pid), "PID"), rest

    def test_a_process_that_is_not_there_is_told(self):
        process = subprocess.Popen(["true"])
        process.wait()

        self.assertEqual(
            self.refusal(process.pid),
            (
                "snug: cannot read the filters of process PID",
                "  cause: there is no such process\n  try:   look it up: ps -e, pgrep NAME\n",
            ),
        )

    def test_a_process_without_a_filter_is_told(self):
        self.assertEqual(
            self.refusal(self.cat_under()),
            (
                "snug: cannot read the filters of process PID",
                "  cause: no seccomp filter is on it: it may make every system call\n"
                "  try:   name a process inside of the container, and look whether that is unconfined\n",
            ),
        )

    @harness.needs("root")
    def test_a_user_may_not_read_filters(self):
        drop = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"]
        pid = self.cat_under(*drop, tracee("deny_call"), str(PTRACE), "1", "--")

        self.assertEqual(
            self.refusal(pid, *drop),
            (
                "snug: cannot read the filters of process PID",
                "  cause: snug has no CAP_SYS_ADMIN in the machine's first user namespace\n"
                "  try:   run snug as root, outside of containers\n",
            ),
        )

    @harness.needs("root")
    def test_who_is_under_a_filter_may_not_read_filters(self):
        filtered = [tracee("deny_call"), str(PTRACE), "1", "0", "99", "--"]

        self.assertEqual(
            self.refusal(self.cat_under(*filtered), *filtered),
            (
                "snug: cannot read the filters of process PID",
                "  cause: snug itself runs under a seccomp filter\n"
                "  try:   run it outside of the container, as root\n",
            ),
        )

    @harness.needs("root")
    def test_who_is_traced_already_cannot_be_looked_at(self):
        pid = self.cat_under(tracee("deny_call"), str(PTRACE), "1", "--")
        tracer = subprocess.Popen(
            [harness.SNUG, "trace", "-q", "--pid", str(pid), "-o", self.dir / "r.json"], stderr=subprocess.PIPE
        )
        self.addCleanup(tracer.communicate)
        self.addCleanup(os.kill, tracer.pid, signal.SIGINT)
        until(lambda: tracer_of(pid), PATIENCE, "a traced cat")

        what, rest = self.refusal(pid)

        self.assertEqual(what, "snug: cannot trace process PID: Operation not permitted")
        self.assertTrue(rest.startswith(f"  cause: process {tracer.pid} already traces it, "), msg=rest)


if __name__ == "__main__":
    harness.main()
