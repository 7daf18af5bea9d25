# SPDX-License-Identifier: Apache-2.0
"""Containers run under their profile by snug's runtime, which tells what it denies them, or would deny."""

import json
import os
import signal

import engines
import harness
import recording_engines
import workloads
from evidence import profile_of
from running import until
from watching import Watched


@harness.needs(*engines.Runc.needs, *Watched.needs)
class RuncIsWatched(Watched, harness.Case):
    Engine = recording_engines.Runc

    def bring_in(self, name, *command):
        return harness.run(*self.engine.program(), "--root", self.engine.folder / "state", "exec", name, *command).status

    def test_a_container_without_a_profile_is_left_alone(self):
        workloads.SHELL_SCRIPT.exercise(self.run_under(None, "verify"))
        self.assertEqual(list(self.engine.recordings.glob("*")), [])
        outcome = harness.snug("verify", "--container", "none", "--output-dir", self.engine.recordings)
        self.assert_status(outcome, 125)
        self.assertIn("--snug-mode", outcome.err)

    def test_another_mode_is_another_verb(self):
        workloads.SHELL_SCRIPT.exercise(self.run_under(profile_of(workloads.SHELL_SCRIPT), "watch"))
        outcome, _ = self.tell("verify")
        self.assert_status(outcome, 125)
        self.assertIn("snug check --container", outcome.err)

    def test_the_log_of_a_killed_tracer_proves_nothing(self):
        running = self.run_under(self.denying("mkdir", "SCMP_ACT_ERRNO"), "watch", command=["/bin/sh", "-c", "sleep 30"])
        pid = until(running.find_pid, 10, "the container")
        until(lambda: os.readlink(f"/proc/{pid}/exe").endswith("busybox"), 10, "its first program")
        tracer = until(lambda: engines.tracer_of(pid), 10, "a tracer")
        os.kill(tracer, signal.SIGKILL)
        self.assertEqual(running.wait(), 128 + signal.SIGKILL)
        outcome, _ = self.tell("check")
        self.assert_status(outcome, 4)
        self.assertIn("a tracer was killed", outcome.err)

    @harness.needs("jsonschema")
    def test_events_are_what_the_schema_says(self):
        import jsonschema

        folder = harness.SOURCE_DIR / "profiles/schema"
        schemas = [json.loads((folder / f"{name}.schema.json").read_text()) for name in ("container-event", "verification")]
        resolver = jsonschema.RefResolver.from_schema(schemas[0], store={"verification.schema.json": schemas[1]})
        running = self.run_under(self.lacking(), "watch")
        running.wait()
        self.tell("check")
        first = self.events()
        for event in first:
            jsonschema.Draft7Validator(schemas[0], resolver=resolver).validate(event)
        self.assertEqual([event["event"] for event in first], ["start", "denial", "end"])


@harness.needs(*engines.Crun.needs, *Watched.needs)
class CrunIsWatched(Watched, harness.Case):
    Engine = recording_engines.Crun
    bring_in = RuncIsWatched.bring_in


@harness.needs(*engines.Docker.needs, *Watched.needs)
class DockerIsWatched(Watched, harness.Case):
    Engine = recording_engines.Docker


@harness.needs(*engines.Podman.needs, *Watched.needs)
class PodmanIsWatched(Watched, harness.Case):
    Engine = recording_engines.PodmanByRuntime


if __name__ == "__main__":
    harness.main()
