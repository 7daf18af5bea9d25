# SPDX-License-Identifier: Apache-2.0
"""The static snug inside an unmodified container: as its entrypoint, under Docker's default profile, as any user."""

import json
import os
import shutil
from pathlib import Path

import engines
import harness
import rootfs
from workloads import SHELL_SCRIPT

STATIC = os.environ.get("SNUG_STATIC_BINARY", "")


class Inside:
    """Tests of the engine class `Engine`, to be mixed into a test case."""

    needs = ("root", "busybox", "static snug")

    @classmethod
    def setUpClass(cls):
        cls.engine = cls.Engine()
        cls.addClassCleanup(cls.engine.close)

    def trace(self, script, user=0):
        """The outcome of the script under snug as the container's first process, and the recording."""
        shared = self.dir / "shared"
        shutil.rmtree(shared, ignore_errors=True)
        shared.mkdir()
        shared.chmod(0o777)
        shutil.copy(STATIC, self.dir / "snug")
        image = self.engine.image_of(rootfs.build(SHELL_SCRIPT.recipe))
        words = ["run", "--rm", "--network", "none", *self.engine.run_options("inside"), "--user", str(user)]
        words += ["--volume", f"{self.dir}/snug:/snug:ro", "--volume", f"{shared}:/out", "--entrypoint", "/snug"]
        words += [image, "trace", "-o", "/out/r.json", "--", "/bin/sh", "-c", script]
        outcome = harness.run(*self.engine.program(), *words)
        return outcome, json.loads((shared / "r.json").read_text())

    def test_a_command_is_recorded_whole_as_whoever_it_runs(self):
        for user in (0, 1000):
            with self.subTest(user=user):
                outcome, recording = self.trace("cat /srv/script.sh | tr a b >/dev/null; exit 7", user)

                self.assert_status(outcome, 7)
                self.assertEqual(recording["incomplete_because"], [])
                self.assertIn("execve", {call["name"] for call in recording["syscalls"]})

    def test_it_is_a_first_process_that_waits_for_orphans(self):
        script = "(mkdir /tmp/late; (sleep 1; rmdir /tmp/late) & ) ; cat /proc/1/comm"
        outcome, recording = self.trace(script)

        self.assertEqual(outcome.out, "snug\n")
        (run,) = recording["runs"]
        self.assertEqual(run["accounting"]["tasks_born"], run["accounting"]["tasks_gone"])
        self.assertEqual(run["incomplete_because"], [])


@harness.needs(*engines.Docker.needs, *Inside.needs)
class InsideDocker(Inside, harness.Case):
    Engine = engines.Docker


@harness.needs(*engines.Podman.needs, *Inside.needs)
class InsidePodman(Inside, harness.Case):
    Engine = engines.Podman


if __name__ == "__main__":
    harness.main()
