# SPDX-License-Identifier: Apache-2.0
"""A container runtime that runs under trace itself: what it does and what its container does is one whole recording."""

import json

import engines
import harness
import rootfs
from bundle import configuration
from recordings import books
from workloads import SHELL_SCRIPT

# Lets all be done but one thing, so that the container has a filter of its own.
PROFILE = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}],
}


class Nested:
    """Tests of the runtime class `Engine`, to be mixed into a test case."""

    def trace(self, stops, confinement):
        engine = self.Engine()
        self.addCleanup(engine.close)
        bundle, recording = engine.folder / "bundle", self.dir / "r.json"
        bundle.mkdir()
        config = configuration(rootfs.build(SHELL_SCRIPT.recipe), SHELL_SCRIPT.command, confinement)
        (bundle / "config.json").write_text(json.dumps(config))
        words = [*engine.program(), "--root", engine.folder / "state", "run", "--bundle", bundle, engine.next_name()]
        outcome = harness.snug("trace", "-q", "--stops", stops, "-o", recording, "--", *words)
        self.assertEqual((outcome.status, outcome.out), (0, "SERVED\n" * 3), msg=outcome.err)
        return json.loads(recording.read_text())

    def check(self, confinement):
        for stops in ("seccomp", "syscall"):
            recording = self.trace(stops, confinement)
            ledger = books(recording)
            self.assertEqual(recording["incomplete_because"], [])
            self.assertEqual(ledger["tasks_born"], ledger["tasks_gone"])
            self.assertTrue({"mkdir", "mkdirat"} & self.calls_of("/usr/bin/busybox", recording))
            self.assertIn("pivot_root", {call["name"] for call in recording["syscalls"]})

    def calls_of(self, path, recording):
        (executable,) = (entry["id"] for entry in recording["executables"] if entry["path"] == path)
        return {call["name"] for call in recording["syscalls"] if executable in call["executables"]}

    def test_a_container_is_recorded_with_its_runtime(self):
        self.check(engines.Confinement())

    def test_so_is_one_that_has_a_filter_of_its_own(self):
        profile = self.dir / "profile.json"
        profile.write_text(json.dumps(PROFILE))
        self.check(engines.Confinement(seccomp=profile))


@harness.needs("ptrace", "busybox", "unshare", *engines.Runc.needs)
class NestedRunc(Nested, harness.Case):
    Engine = engines.Runc


@harness.needs("ptrace", "busybox", "unshare", *engines.Crun.needs)
class NestedCrun(Nested, harness.Case):
    Engine = engines.Crun


if __name__ == "__main__":
    harness.main()
