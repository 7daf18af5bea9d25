# SPDX-License-Identifier: Apache-2.0
"""Containers are recorded from outside: by snug's runtime under runc, crun and docker, and by its hook under podman."""

import json
import os
import subprocess
import time

import engines
import harness
import recording_engines
import rootfs
import workloads
from recording import ExecRecording, Recording
from running import until


@harness.needs(*engines.Runc.needs, *Recording.needs)
class RuncIsRecorded(Recording, ExecRecording, harness.Case):
    Engine, Plain = recording_engines.Runc, engines.Runc

    def bring_in(self, name, *command):
        return harness.run(*self.engine.program(), "--root", self.engine.folder / "state", "exec", name, *command).status

    def bundle(self, command):
        folder = self.dir / "bundle"
        folder.mkdir(exist_ok=True)
        root = rootfs.build(workloads.SHELL_SCRIPT.recipe)
        configuration = self.plain.configure(root, command, engines.Confinement())
        (folder / "config.json").write_text(json.dumps(configuration))
        return folder

    def runtime(self, *words):
        return harness.run(*self.engine.program(), "--root", self.dir / "state", *words)

    def create(self, bundle, name):
        """The container keeps the streams that it is created with."""
        words = [*self.engine.program(), "--root", self.dir / "state", "create", "--bundle", bundle, name]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        subprocess.run([str(word) for word in words], check=True, timeout=30, **streams)

    def test_every_other_command_and_status_is_the_runtimes_own(self):
        for words in (("--version",), ("list",), ("state", "nobody"), ("features",), ("bogus",), ()):
            with self.subTest(words):
                ours = harness.run(*self.engine.program(), *words)
                theirs = harness.run("runc", *words)
                self.assertEqual((ours.status, ours.out), (theirs.status, theirs.out))

    def test_create_start_and_delete_are_followed_one_by_one(self):
        self.engine.forget()
        bundle = self.bundle(["/bin/sh", "-c", "echo hello | cat"])
        self.create(bundle, "one")
        self.assertEqual(list(self.engine.recordings.glob("one.json")), [])
        self.assert_status(self.runtime("start", "one"), 0)

        recording = self.engine.recording()
        self.assertEqual(recording["runs"][0]["container"]["id"], "one")
        self.assertEqual(recording["runs"][0]["exit"], {"code": 0})
        self.assert_status(self.runtime("delete", "one"), 0)

    def test_a_container_that_is_never_started_leaves_no_recording(self):
        self.engine.forget()
        bundle = self.bundle(["/bin/sh", "-c", "true"])
        self.create(bundle, "idle")
        self.assert_status(self.runtime("delete", "--force", "idle"), 0)

        time.sleep(0.5)
        self.assertEqual(list(self.engine.recordings.glob("*")), [])

    def test_restarts_are_runs_of_one_recording(self):
        self.engine.forget()
        bundle = self.bundle(["/bin/sh", "-c", "true"])
        for count in (1, 2, 3):
            self.assert_status(self.runtime("run", "--bundle", bundle, "again"), 0)
            self.engine.recording_of(count)

    def test_the_users_own_hooks_and_annotations_stay(self):
        bundle = self.bundle(["/bin/sh", "-c", "true"])
        path = bundle / "config.json"
        configuration = json.loads(path.read_text())
        own = {"path": "/bin/sh", "args": ["sh", "-c", f"touch {self.dir}/ran"]}
        configuration["hooks"] = {"createRuntime": [own], "poststop": [own]}
        configuration["annotations"] = {"mine": "yes"}
        path.write_text(json.dumps(configuration))
        for _ in range(2):
            self.assert_status(self.runtime("run", "--bundle", bundle, "hooked"), 0)

        self.assertTrue((self.dir / "ran").exists())
        after = json.loads(path.read_text())
        self.assertEqual((after["hooks"]["createRuntime"][0], len(after["hooks"]["createRuntime"])), (own, 2))
        self.assertEqual((after["hooks"]["poststop"], after["annotations"]["mine"]), ([own], "yes"))

    def test_the_filter_asked_for_comes_back_when_it_is_not_replaced_any_more(self):
        self.engine.forget()
        bundle = self.bundle(["/bin/sh", "-c", "true"])
        path = bundle / "config.json"
        configuration = json.loads(path.read_text())
        asked = {"defaultAction": "SCMP_ACT_LOG", "syscalls": []}
        configuration["linux"]["seccomp"] = asked
        path.write_text(json.dumps(configuration))
        filters = []
        for options in ((), (), ("--snug-stops=syscall",)):
            self.assert_status(self.runtime(*options, "run", "--bundle", bundle, "filtered"), 0)
            filters.append(json.loads(path.read_text())["linux"]["seccomp"])

        self.assertEqual([each["defaultAction"] for each in filters[:2]], ["SCMP_ACT_TRACE"] * 2)
        self.assertEqual(filters[2], asked)
        runs = self.engine.recording_of(3)["runs"]
        self.assertEqual(sorted(run["tracer"]["mode"] for run in runs), ["seccomp", "seccomp", "syscall"])
        self.assertEqual({run["container"]["filtered"] for run in runs}, {True})

    SERVE = ["/bin/sh", "-c", "httpd -f -p 81 -h /tmp & sleep 0.3; kill $!"]

    def bundle_of_user(self, sets):
        """A server on a low port, by a user whose sets of capabilities these are."""
        bundle = self.bundle(self.SERVE)
        path = bundle / "config.json"
        configuration = json.loads(path.read_text())
        configuration["process"] |= {"user": {"uid": 1000, "gid": 1000}, "capabilities": sets}
        path.write_text(json.dumps(configuration))
        return bundle

    def test_another_user_than_root_is_given_ambient_capabilities(self):
        self.engine.forget()
        every = dict.fromkeys(("bounding", "effective", "permitted", "inheritable", "ambient"), ["CAP_KILL", "CAP_NET_BIND_SERVICE"])
        self.assert_status(self.runtime("run", "--bundle", self.bundle_of_user(every), "ambient"), 0)
        recording = self.engine.recording()

        (run,) = recording["runs"]
        self.assertEqual((run["privilege"]["uid"], run["privilege"]["ambient"]), (1000, ["CAP_KILL", "CAP_NET_BIND_SERVICE"]))
        self.assertEqual(self.needs_of(recording), ("CAP_NET_BIND_SERVICE",))
        sets = json.loads(harness.snug("caps", "--format", "oci", self.dir / "recording.json").out)["capabilities"]
        self.assertEqual(set(map(tuple, sets.values())), {("CAP_NET_BIND_SERVICE",)})
        self.assert_status(self.plain_run(self.bundle_of_user(sets)), 0)
        self.assertNotEqual(self.plain_run(self.bundle_of_user(sets | {"ambient": []})).status, 0)
        outcome = harness.snug("caps", "--format", "docker", self.dir / "recording.json")
        self.assertIn("programs of a user other than root do not get these by being added", outcome.err)

    def plain_run(self, bundle):
        return harness.run(*self.plain.program(), "--root", self.dir / "state", "run", "--bundle", bundle, "plain")

    def test_what_the_runtime_needs_itself_is_none_of_the_workloads_need(self):
        self.engine.forget()
        bundle = self.bundle(["/bin/sh", "-c", "true"])
        self.assert_status(self.runtime("run", "--bundle", bundle, "needless"), 0)
        recording = self.engine.recording()
        self.assertEqual((recording["capabilities"], recording["runs"][0]["privilege"]["gains"]), ([], []))

    def test_a_recording_that_cannot_be_written_keeps_the_container_from_starting(self):
        self.engine.forget()
        self.engine.recordings.write_text("a file, not a folder")
        self.addCleanup(self.engine.recordings.unlink)
        bundle = self.bundle(["/bin/sh", "-c", "echo started"])
        outcome = self.runtime("run", "--bundle", bundle, "unwritable")

        self.assertNotEqual(outcome.status, 0)
        self.assertNotIn("started", outcome.out)
        self.assertIn("cannot make the folder", outcome.err)

    def run_and_kill_the_tracer(self, *options):
        self.engine.forget()
        bundle = self.bundle(["/bin/sh", "-c", "sleep 2; echo alive"])
        words = [*self.engine.program(), *options, "--root", self.dir / "state", "run", "--bundle", bundle, "orphan"]
        process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)
        tracer = until(lambda: self.tracer_of("orphan"), 10, "a tracer")
        time.sleep(0.3)
        os.kill(tracer, 9)
        return process.communicate(timeout=20)[0], process.returncode

    def test_the_end_of_its_tracer_ends_a_container_whose_filter_needs_it(self):
        self.assertEqual(self.run_and_kill_the_tracer(), ("", 128 + 9))
        self.assert_nothing_is_complete()

    def test_the_end_of_its_tracer_does_not_disturb_a_container_with_its_own_filter(self):
        self.assertEqual(self.run_and_kill_the_tracer("--snug-stops=syscall"), ("alive\n", 0))
        self.assert_nothing_is_complete()

    def assert_nothing_is_complete(self):
        files = list(self.engine.recordings.glob("*.json"))
        self.assertEqual([json.loads(path.read_text())["complete"] for path in files], [False] * len(files))

    def tracer_of(self, name):
        state = json.loads(self.runtime("state", name).out or "{}")
        return engines.tracer_of(state["pid"]) if state.get("status") == "running" else None


@harness.needs(*engines.Crun.needs, *Recording.needs)
class CrunIsRecorded(Recording, ExecRecording, harness.Case):
    Engine, Plain = recording_engines.Crun, engines.Crun
    bring_in = RuncIsRecorded.bring_in


@harness.needs(*engines.Docker.needs, *Recording.needs)
class DockerIsRecorded(Recording, ExecRecording, harness.Case):
    Engine, Plain = recording_engines.Docker, engines.Docker

    def bring_in(self, name, *command):
        return harness.run(*self.engine.program(), "exec", name, *command).status

    def test_health_checks_are_recorded(self):
        self.engine.forget()
        root = rootfs.build(workloads.SHELL_SCRIPT.recipe)
        health = ["--health-cmd", "cat /srv/script.sh", "--health-interval", "1s"]
        image = self.engine.image_of(root)
        words = ["run", "--rm", "--detach", "--network", "none", "--runtime", self.engine.runtime(), "--name", "healthy", *health, image]
        self.engine.call(*words, "/bin/sh", "-c", "while :; do sleep 1; done")
        self.addCleanup(harness.run, *self.engine.program(), "rm", "--force", "healthy")
        health_of = ("inspect", "--format", "{{.State.Health.Status}}", "healthy")
        until(lambda: self.engine.call(*health_of) == "healthy\n", 30, "a healthy container")
        self.engine.call("kill", "healthy")

        def commands():
            return [run["command"] for run in self.engine.recording()["runs"] if run["container"]["exec"]]

        until(lambda: ["/bin/sh", "-c", "cat /srv/script.sh"] in commands(), 20, "the run of a health check")


@harness.needs(*engines.Podman.needs, *Recording.needs)
class PodmanIsRecorded(Recording, harness.Case):
    Engine, Plain = recording_engines.Podman, engines.Podman
    stops = "syscall"
    version = r"\A\Z"  # podman does not tell a hook

    def test_a_profile_that_stops_every_call_halves_the_stops(self):
        profile = self.dir / "traced.json"
        archs = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
        filter_of_ours = {"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 0x736E, "architectures": archs}
        profile.write_text(json.dumps({**filter_of_ours, "syscalls": []}))
        (run,) = self.record(workloads.SHELL_SCRIPT, seccomp=profile)["runs"]

        self.assertEqual((run["tracer"]["mode"], run["complete"]), ("seccomp", True))

    def test_a_container_without_the_annotation_is_left_alone(self):
        self.engine.forget()
        root = rootfs.build(workloads.SHELL_SCRIPT.recipe)
        options = engines.Podman.run_options(self.engine, "plain")
        image = self.engine.image_of(root)
        self.engine.call("run", "--rm", "--network", "none", *options, image, "/bin/sh", "-c", "true")

        self.assertFalse(self.engine.recordings.exists())


@harness.needs(*engines.Podman.needs, *Recording.needs)
class PodmanIsRecordedByTheRuntime(Recording, ExecRecording, harness.Case):
    Engine, Plain = recording_engines.PodmanByRuntime, engines.Podman
    bring_in = DockerIsRecorded.bring_in


if __name__ == "__main__":
    harness.main()
