# SPDX-License-Identifier: Apache-2.0
"""What every engine is held to whose containers snug's runtime runs under their profile: what it denies, it tells."""

import json
import signal

import harness
import rootfs
import workloads
from engines import Confinement
from evidence import profile_of, without
from running import NotServed, until


class Watched:
    """Tests of the recording engine class `Engine`, to be mixed into a test case."""

    needs = ("root", "busybox", "nginx", "redis-server", "unshare", "nsenter", "ptrace", "x86_64")

    @classmethod
    def setUpClass(cls):
        cls.engine = cls.Engine()
        cls.addClassCleanup(cls.engine.close)

    def run_under(self, profile, mode, workload=workloads.SHELL_SCRIPT, command=None):
        self.engine.forget()
        self.engine.mode = mode
        return self.engine.run(rootfs.build(workload.recipe), command or workload.command, Confinement(profile))

    def lacking(self, workload=workloads.SHELL_SCRIPT):
        return without(profile_of(workload), workload.needed, self.dir / "lacking.json")

    def denying(self, name, action, **more):
        path = self.dir / "profile.json"
        rule = {"names": [name], "action": action, **more}
        path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
        return path

    def tell(self, verb, *options):
        """What snug says of the container, and its report."""
        (log,) = until(lambda: list(self.engine.recordings.glob("*.denials.jsonl")), 10, "a log")
        name = log.name.removesuffix(".denials.jsonl")
        report = self.dir / "report.json"
        words = (verb, "--container", name[:12], "--output-dir", self.engine.recordings, "--report", report)
        outcome = harness.snug(*words, *options)
        return outcome, json.loads(report.read_text()) if report.exists() else None

    def events(self):
        (log,) = self.engine.recordings.glob("*.denials.jsonl")
        return [json.loads(line) for line in log.read_text().splitlines()]

    def test_what_the_profile_denies_is_denied_and_told(self):
        with self.assertRaises(NotServed) as caught:
            workloads.SHELL_SCRIPT.exercise(self.run_under(self.lacking(), "verify"))
        self.assertRegex(str(caught.exception), workloads.SHELL_SCRIPT.complaint)

        fixed = self.dir / "fixed.json"
        outcome, report = self.tell("verify", "--fix", fixed)
        self.assert_status(outcome, 3)
        self.assertIn("mkdir", outcome.err)
        (denial,) = report["denials"]
        self.assertEqual((denial["name"], denial["executable"]), ("mkdir", "/usr/bin/busybox"))
        self.assertEqual(report["command"], list(workloads.SHELL_SCRIPT.command))
        self.assertTrue(denial["first"]["stack"]["frames"])

        workloads.SHELL_SCRIPT.exercise(self.run_under(fixed, "verify"))
        outcome, report = self.tell("verify")
        self.assert_status(outcome, 0)
        self.assertEqual((report["denials"], report["exit"]), ([], {"code": 0}))

    def test_what_the_profile_would_deny_happens_and_is_told(self):
        for workload in (workloads.SHELL_SCRIPT, workloads.NGINX, workloads.REDIS):
            with self.subTest(workload=workload.name):
                lacking = self.lacking(workload)
                workload.exercise(self.run_under(lacking, "watch", workload))
                outcome, report = self.tell("check", "--profile", lacking, "--update")
                self.assert_status(outcome, 3)
                self.assertEqual([denial["name"] in workload.needed for denial in report["denials"]], [True])

                workload.exercise(self.run_under(lacking, "watch", workload))
                outcome, report = self.tell("check")
                self.assertEqual(report["denials"], [])

    def test_killing_verdicts_are_carried_out(self):
        for action in ("SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP"):
            with self.subTest(action=action):
                running = self.run_under(self.denying("mkdir", action), "verify", command=["/bin/mkdir", "/tmp/box"])
                self.assertEqual(running.wait(), 128 + signal.SIGSYS)
                _, report = self.tell("verify")
                self.assertEqual(report["denials"][0]["verdict"], {"action": action})

    def test_a_denial_is_told_while_the_container_runs(self):
        script = "mkdir /tmp/box; while :; do sleep 1; done"
        running = self.run_under(self.denying("mkdir", "SCMP_ACT_ERRNO"), "watch", command=["/bin/sh", "-c", script])
        self.addCleanup(running.stop, signal.SIGKILL)
        until(lambda: list(self.engine.recordings.glob("*.denials.jsonl")), 10, "a log")
        until(lambda: [event["event"] for event in self.events()] == ["start", "denial"], 10, "the denial")
        (denial,) = [event["denial"] for event in self.events() if event["event"] == "denial"]
        self.assertEqual(denial["name"], "mkdir")

    def test_what_exec_brings_in_is_told_apart(self):
        profile = self.denying("mkdir", "SCMP_ACT_ERRNO", errnoRet=13)
        running = self.run_under(profile, "verify", command=["/bin/sh", "-c", "while :; do sleep 1; done"])
        self.addCleanup(running.stop, signal.SIGKILL)
        until(running.find_pid, 20, "the container")
        self.assertNotEqual(self.bring_in(self.engine.latest_name, "/bin/mkdir", "/tmp/box"), 0)
        running.stop(signal.SIGKILL)

        outcome, report = self.tell("verify")
        self.assert_status(outcome, 3)
        self.assertEqual([denial["verdict"]["errno"] for denial in report["denials"]], [13])
        self.assertEqual([event["exec"] for event in self.events() if event["event"] == "denial"], [True])

    def bring_in(self, name, *command):
        return harness.run(*self.engine.program(), "exec", name, *command).status
