# SPDX-License-Identifier: Apache-2.0
"""The runtime floor, held against the runtimes: it covers what they are seen to call, and is enough to start with."""

import functools
import json
import sys
import tempfile
from pathlib import Path

import engines
import harness
import rootfs

sys.path.append(str(harness.SOURCE_DIR / "scripts"))

from measuring import floor_files, inits  # noqa: E402  (found through the line above)
from measuring.runtimes import ENDS_AT_ONCE, STAYS, USERS, Laboratory, profile_of, version_of  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="snug-floor-")  # removed when the test run ends


@functools.cache
def generated(*options):
    """The calls that a profile allows which snug makes of the two workloads here."""
    folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
    recordings = [folder / "ends.json", folder / "stays.json"]
    for recording, command in zip(recordings, (ENDS_AT_ONCE, (*STAYS[:-1], "0.01")), strict=True):
        traced = harness.snug("trace", "-q", "-o", recording, "--", *command, env={})
        assert traced.status == 0, traced
    made = harness.snug("generate", "-q", "--arguments", "none", *options, *recordings)
    assert made.status == 0, made
    allowing = (rule for rule in json.loads(made.out)["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW")
    return frozenset(name for rule in allowing for name in rule["names"])


def shipped(name):
    return json.loads((floor_files.SHIPPED / f"{name}.json").read_text())["entries"]


def floor_of(entries, **wanted):
    """The calls of the entries that have all that is wanted."""
    return floor_files.calls_of(
        entry for entry in entries if all(entry[key] == value for key, value in wanted.items())
    )


class Floors:
    """Tests of the runtime `runtime`, to be mixed into a test case."""

    @classmethod
    def setUpClass(cls):
        programs = [program for name in inits.INITS for program in inits.installed_programs(name)]
        cls.laboratory = Laboratory(cls.runtime, programs)
        cls.addClassCleanup(cls.laboratory.engine.close)

    def container(self, command, user, no_new_privileges, calls):
        return self.laboratory.container(command, user, no_new_privileges, profile_of(calls))

    def starts(self, calls, no_new_privileges, command=ENDS_AT_ONCE):
        """Whether containers start, as either user; both must agree."""
        outcomes = set()
        for user in USERS:
            with self.container(command, user, no_new_privileges, calls) as container:
                outcomes.add(container.run() == 0)
        self.assertEqual(len(outcomes), 1)
        return outcomes.pop()

    def assert_entered(self, calls, no_new_privileges, user):
        with self.container(STAYS, user, no_new_privileges, calls) as container:
            self.assertEqual(container.stay(), 0, msg=container.output())
            process = {**container.process, "args": ENDS_AT_ONCE}
            for terminal in (False, True):
                self.assertEqual(container.execute(process, terminal), 0, msg=container.output())
                self.assertEqual(container.execute_file(process, terminal), 0, msg=container.output())

    def test_the_shipped_floor_covers_what_is_seen(self):
        outcome = harness.run(
            sys.executable, harness.SOURCE_DIR / "scripts/measure-floor", "--repetitions", 1, "--compare", self.runtime
        )
        self.assert_status(outcome, 0)
        self.assertEqual(outcome.err.count("lacks nothing"), 4)

    def test_processes_enter_under_what_snug_generates(self):
        for no_new_privileges in (False, True):
            for user in USERS:
                self.assert_entered(generated(), no_new_privileges, user)

    def test_a_container_starts_in_two_steps_under_what_snug_generates(self):
        for no_new_privileges in (False, True):
            with self.container(ENDS_AT_ONCE, 1000, no_new_privileges, generated()) as container:
                self.assertEqual(container.create_and_start(), 0, msg=container.output())

    def test_nothing_starts_without_a_floor(self):
        self.assertTrue(self.starts(generated(), False))
        self.assertFalse(self.starts(generated("--no-floor"), False))

    def test_a_container_starts_without_the_floor_of_exec(self):
        calls = generated("--no-floor") | floor_of(shipped(self.runtime), phase="start")
        self.assertTrue(self.starts(calls, False))
        self.assertTrue(self.starts(calls, True))

    def test_the_floor_of_no_new_privileges_is_enough_to_enter_with_it(self):
        calls = generated("--no-floor") | floor_of(shipped(self.runtime), no_new_privileges=True)
        self.assert_entered(calls, True, 1000)

    def test_the_least_floor_starts_a_container_with_no_new_privileges_and_no_other(self):
        calls = generated("--no-floor") | floor_of(shipped(self.runtime), no_new_privileges=True, phase="start")
        self.assertTrue(self.starts(calls, True))
        self.assertFalse(self.starts(calls, False))

    def test_the_floor_of_the_installed_version_is_enough(self):
        version = version_of(self.runtime)
        calls = generated("--no-floor") | floor_files.calls_of(
            entry for entry in shipped(self.runtime) if floor_files.speaks_of(entry, version)
        )
        for no_new_privileges in (False, True):
            self.assert_entered(calls, no_new_privileges, 1000)

    def test_an_init_starts_when_its_floor_is_there_and_only_then(self):
        for name in inits.INITS:
            for program in inits.installed_programs(name):
                command = [f"/usr/bin/{program}", "--", *ENDS_AT_ONCE]
                with self.subTest(program=program):
                    self.assertTrue(self.starts(generated() | floor_of(shipped(name)), False, command))
                    self.assertFalse(self.starts(generated(), False, command))


@harness.needs("ptrace", "root", "busybox", "strace", "catatonit", "tini", "crun")
class CrunFloor(Floors, harness.Case):
    runtime = "crun"


@harness.needs("ptrace", "root", "busybox", "strace", "catatonit", "tini", "runc")
class RuncFloor(Floors, harness.Case):
    runtime = "runc"


class OwnInit:
    """Tests of the engine class `Engine`, whose own init is `init`, to be mixed into a test case."""

    def status_under(self, engine, calls):
        profile = self.dir / "profile.json"
        profile.write_text(json.dumps(profile_of(calls)))
        root = rootfs.build(rootfs.Recipe("floor", ("busybox",)))
        return engine.run(root, ENDS_AT_ONCE, engines.Confinement(profile, user=1000, init=True)).wait()

    def test_an_engine_s_init_starts_when_its_floor_is_there_and_only_then(self):
        engine = self.Engine()
        self.addCleanup(engine.close)
        self.assertEqual(self.status_under(engine, generated() | floor_of(shipped(self.init))), 0)
        self.assertNotEqual(self.status_under(engine, generated()), 0)


@harness.needs("ptrace", "busybox", "catatonit", *engines.Podman.needs)
class PodmanInit(OwnInit, harness.Case):
    Engine = engines.Podman
    init = "catatonit"


@harness.needs("ptrace", "busybox", "docker-init", *engines.Docker.needs)
class DockerInit(OwnInit, harness.Case):
    Engine = engines.Docker
    init = "tini"


@harness.needs("ptrace", "root", "busybox", "strace", "catatonit", "tini", "crun", "jsonschema")
class MeasuredFloor(harness.Case):
    def measure(self, *arguments):
        return harness.run(
            sys.executable, harness.SOURCE_DIR / "scripts/measure-floor", "--repetitions", 1, *arguments
        )

    def test_the_shipped_floors_of_inits_cover_what_is_seen(self):
        outcome = self.measure("--compare", *inits.INITS)
        self.assert_status(outcome, 0)
        self.assertEqual(outcome.err.count("lacks nothing"), len(inits.INITS))

    def test_what_is_measured_is_a_floor_file_that_says_what_is_required(self):
        import jsonschema

        self.assert_status(self.measure("--required", "-o", self.dir / "crun.json", "crun"), 0)

        floor = json.loads((self.dir / "crun.json").read_text())
        schema = json.loads((harness.SOURCE_DIR / "profiles/schema/floor.schema.json").read_text())
        jsonschema.Draft7Validator(schema).validate(floor)
        self.assertIn("execve", floor["entries"][0]["required"])

    def test_what_is_not_known_is_refused(self):
        outcome = self.measure("podman")
        self.assert_status(outcome, 2)
        self.assertIn("nothing is known of podman: choose of catatonit, crun, runc, tini", outcome.err)


if __name__ == "__main__":
    harness.main()
