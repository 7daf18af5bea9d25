# SPDX-License-Identifier: Apache-2.0
"""A profile means the same under every runtime, and carries its evidence everywhere."""

import errno
import json
import shutil
from pathlib import Path

import engines
import harness
import rootfs
from engines import Confinement
from harness import SOURCE_DIR
from rootfs import Recipe

GARBAGE = 0xDEADBEEF00000000
AF_ALG, AF_INET = 38, 2
CLONE_NEWUSER, SIGCHLD = 0x10000000, 17
WRITE_EXECUTE = 2 | 4
PRIVATE_ANONYMOUS = 0x22
TIOCSTI = 0x5412

# What is called, by numbers of x86_64, and what the answer is to be.
CALLS = {
    "83,0": -errno.ENOSYS,  # mkdir, which the profile does not name
    "600": -errno.ENOSYS,  # above every number there is
    "435,0,0": -errno.ENOSYS,  # clone3, which libraries can do without
    "165,0,0,0,0": -errno.EPERM,  # mount
    "272,0x10000000": -errno.EPERM,  # unshare
    f"41,{AF_INET},1": 0,
    f"41,{AF_ALG},5": -errno.ENOSYS,
    f"41,{GARBAGE | AF_ALG},5": -errno.ENOSYS,
    f"56,{CLONE_NEWUSER | SIGCHLD},0": -errno.ENOSYS,
    f"56,{GARBAGE | CLONE_NEWUSER | SIGCHLD},0": -errno.ENOSYS,
    f"9,0,4096,2,{PRIVATE_ANONYMOUS},-1": 0,
    f"9,0,4096,{WRITE_EXECUTE},{PRIVATE_ANONYMOUS},-1": -errno.ENOSYS,
    f"9,0,4096,{GARBAGE | WRITE_EXECUTE},{PRIVATE_ANONYMOUS},-1": -errno.ENOSYS,
    f"16,0,{TIOCSTI},0": -errno.ENOSYS,
    f"16,0,{GARBAGE | TIOCSTI},0": -errno.ENOSYS,
}
NAMED = {"600", "435,0,0"}
SEEN = [call for call, answer in CALLS.items() if answer == 0] + ["56,17,0", "16,0,0x5401"]


class Answers:
    """Tests of the engine class `Engine`, to be mixed into a test case."""

    needs = ("root", "ptrace", "x86_64", "busybox", "gcc")

    def setUp(self):
        super().setUp()
        built = rootfs.build(Recipe("answers", ("busybox",)))
        self.root = Path(shutil.copytree(built, self.dir / "root", symlinks=True))
        source = SOURCE_DIR / "tests/tracees/answers.c"
        self.assert_status(harness.run("gcc", "-static", source, "-o", self.root / "answers"), 0)
        self.engine = self.Engine()
        self.addCleanup(self.engine.close)

    def profile(self, *options):
        recording, profile = self.dir / "recording.json", self.dir / "profile.json"
        traced = harness.snug("trace", "-q", "-o", recording, "--", self.root / "answers", *SEEN)
        self.assert_status(traced, 0)
        self.assert_status(harness.snug("generate", "-q", *options, recording, "-o", profile), 0)
        return profile

    def test_every_call_is_answered_as_the_profile_says(self):
        running = self.engine.run(self.root, ["/answers", *CALLS], Confinement(self.profile()))

        self.assertEqual(running.wait(), 0, running.output())
        self.assertEqual(dict(zip(CALLS, map(int, running.output().split()))), self.expected())

    def test_evidence_in_a_profile_is_ignored(self):
        profile = self.profile("--evidence")
        self.assertIn("calls", json.loads(profile.read_text())["x-snug"])

        running = self.engine.run(self.root, ["/answers", "39", "165,0,0,0,0"], Confinement(profile))

        self.assertEqual((running.wait(), running.output()), (0, f"0\n-{errno.EPERM}\n"))

    def expected(self):
        return CALLS


@harness.needs(*engines.Runc.needs, *Answers.needs)
class RuncAnswers(Answers, harness.Case):
    Engine = engines.Runc


@harness.needs(*engines.Crun.needs, *Answers.needs)
class CrunAnswers(Answers, harness.Case):
    Engine = engines.Crun


@harness.needs(*engines.Docker.needs, *Answers.needs)
class DockerAnswers(Answers, harness.Case):
    Engine = engines.Docker

    def expected(self):
        """Docker before 23 knows no default errno but EPERM; runc gives numbers above the greatest named one ENOSYS."""
        version = self.engine.call("version", "--format", "{{.Server.Version}}")
        if int(version.split(".")[0]) >= 23:
            return CALLS
        return {call: answer if answer == 0 or call in NAMED else -errno.EPERM for call, answer in CALLS.items()}


@harness.needs(*engines.Podman.needs, *Answers.needs)
class PodmanAnswers(Answers, harness.Case):
    Engine = engines.Podman


if __name__ == "__main__":
    harness.main()
