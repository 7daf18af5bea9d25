# SPDX-License-Identifier: Apache-2.0
"""The profiles in profiles/examples, and fresh ones made as they were, under the OCI runtimes."""

import functools
import json
import tempfile
from pathlib import Path

import engines
import example_checking
import example_tracing
import example_workloads
import harness
from running import NotServed

EXAMPLES_DIR = harness.SOURCE_DIR / "profiles/examples"
# Those whose packages every test run has; scripts/make-examples --check holds all of them to more.
FEW = [example_workloads.BY_NAME[name] for name in ("busybox-shell", "nginx", "redis")]
FOLDER = tempfile.TemporaryDirectory(prefix="snug-examples-")  # removed when the test run ends


@functools.cache
def fresh_profile(example):
    """The file of a profile of one recording, made now."""
    engine = example_tracing.TracingRunc()
    try:
        recording = engine.record(example)
        profile = Path(FOLDER.name) / f"{example.name}.json"
        example_tracing.generate([recording], profile)
    finally:
        engine.close()
    return profile


def committed_profile(example):
    return EXAMPLES_DIR / example.name / "profile.json"


def without(profile, name, target):
    """Writes `profile` to the file `target` without allowing the call `name`, and returns `target`."""
    contents = json.loads(profile.read_text())
    for rule in contents["syscalls"]:
        rule["names"] = [kept for kept in rule["names"] if kept != name]
    contents["syscalls"] = [rule for rule in contents["syscalls"] if rule["names"]]
    target.write_text(json.dumps(contents))
    return target


class ServesExamples:
    """Tests of the engine class `Engine`, to be mixed into a test case."""

    needs = ("root", "ptrace", "busybox", "nginx", "redis-server", "redis-cli", "nsenter")

    @classmethod
    def setUpClass(cls):
        cls.engine = cls.Engine()
        cls.addClassCleanup(cls.engine.close)

    def assert_all_served(self, profile_of):
        for example in FEW:
            for no_new_privileges in (False, True):
                with self.subTest(example=example.name, no_new_privileges=no_new_privileges):
                    example_checking.serve(self.engine, example, profile_of(example), no_new_privileges)

    def test_examples_do_their_work_under_their_committed_profiles(self):
        self.assert_all_served(committed_profile)

    def test_examples_do_their_work_under_profiles_made_now(self):
        self.assert_all_served(fresh_profile)


@harness.needs(*ServesExamples.needs, *engines.Runc.needs)
class RuncServesExamples(ServesExamples, harness.Case):
    Engine = engines.Runc

    def test_a_visit_notices_that_a_snapshot_is_refused_its_call(self):
        redis = example_workloads.BY_NAME["redis"]
        lacking = without(committed_profile(redis), "rename", self.dir / "lacking.json")

        with self.assertRaises(NotServed) as caught:
            example_checking.serve(self.engine, redis, lacking, False)

        self.assertRegex(str(caught.exception), "Error moving temp .* on the final destination")


@harness.needs(*ServesExamples.needs, *engines.Runc.needs, *engines.Crun.needs)
class CrunServesExamples(ServesExamples, harness.Case):
    Engine = engines.Crun


if __name__ == "__main__":
    harness.main()
