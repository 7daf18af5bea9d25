# SPDX-License-Identifier: Apache-2.0
"""snug caps --verify --engine: which capabilities a container needs, found by starting it with fewer."""

import json
import shlex

import engines
import harness
import rootfs
import workloads


class InContainers:
    """Tests of an engine with images, to be mixed into a test case."""

    @classmethod
    def setUpClass(cls):
        cls.engine = cls.Engine()
        cls.addClassCleanup(cls.engine.close)

    def wrapper(self):
        """The engine by one name, as users of an installed one have it."""
        program = self.dir / "engine"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, self.engine.program()))} "$@"\n')
        program.chmod(0o755)
        return program

    def caps(self, command, *words):
        image = self.engine.image_of(rootfs.build(workloads.SHELL_SCRIPT.recipe))
        name = self.engine.next_name()
        options = [option for option in self.engine.run_options(name) if option != "--pidfile"]
        options = [option for option in options if not str(option).endswith(".pid")]
        container = ["--rm", "--network", "none", "--tmpfs", "/tmp:mode=1777", *options, image, "sh", "-c", command]
        base = ("caps", "--verify", "--engine", self.wrapper(), "--format", "json", *words)
        return harness.snug(*base, "--", *container, timeout=300)

    def assert_needs(self, names, command):
        outcome = self.caps(command, "-q")
        self.assert_status(outcome, 0)
        report = json.loads(outcome.out)
        self.assertEqual(report["recommended"], [f"CAP_{name}" for name in names])
        self.assertEqual({each["class"] for each in report["capabilities"]}, {"required"} if names else set())
        self.assertIsNone(report["no_new_privileges"])

    def test_what_a_container_needs_is_found(self):
        self.assert_needs(("CHOWN",), "touch /tmp/file && chown 7 /tmp/file")

    def test_a_container_that_needs_nothing(self):
        self.assert_needs((), "touch /tmp/file")

    def test_a_container_that_always_fails_tells_nothing(self):
        outcome = self.caps("exit 3", "-q")
        self.assert_status(outcome, 4)
        self.assertIn("it fails with all of them too: exit status 3", outcome.err)


@harness.needs(*engines.Docker.needs, "busybox", "unshare")
class InDocker(InContainers, harness.Case):
    Engine = engines.Docker


@harness.needs(*engines.Podman.needs, "busybox", "unshare", "nsenter")
class InPodman(InContainers, harness.Case):
    Engine = engines.Podman


if __name__ == "__main__":
    harness.main()
