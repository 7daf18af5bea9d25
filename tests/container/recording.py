# SPDX-License-Identifier: Apache-2.0
"""What every engine is held to whose containers snug records: nothing is missed, and the profile made of it serves."""

import json
import signal

import rootfs
import workloads
from engines import Confinement
from harness import snug
from running import until


def end_of(workload):
    """As the first process of a container Python does not end by SIGTERM."""
    return signal.SIGKILL if workload is workloads.PYTHON else signal.SIGTERM


class Recording:
    """Tests of the recording engine class `Engine` and the plain one `Plain`, to be mixed into a test case."""

    needs = ("root", "busybox", "nginx", "redis-server", "unshare", "nsenter", "ptrace")
    stops = "seccomp"
    version = r"\A(runc|crun) version \d"

    @classmethod
    def setUpClass(cls):
        cls.engine = cls.Engine()
        cls.addClassCleanup(cls.engine.close)
        cls.plain = cls.Plain()
        cls.addClassCleanup(cls.plain.close)

    def record(self, workload, **confinement):
        self.engine.forget()
        running = self.engine.run(rootfs.build(workload.recipe), workload.command, Confinement(**confinement))
        workload.exercise(running, end_of(workload))
        return self.engine.recording()

    def profile_of(self, recording):
        path = self.dir / "recording.json"
        path.write_text(json.dumps(recording))
        profile = self.dir / "profile.json"
        self.assert_status(snug("generate", "-q", path, "-o", profile), 0)
        return profile

    def needs_of(self, recording):
        """What snug caps recommends."""
        path = self.dir / "recording.json"
        path.write_text(json.dumps(recording))
        outcome = snug("caps", "-q", "--format", "json", path)
        self.assert_status(outcome, 0)
        return tuple(json.loads(outcome.out)["recommended"])

    def assert_round_trip(self, workload, **confinement):
        """The profile from this engine's recording serves in the same engine without snug, with no capability but
        those that the recording shows to be needed."""
        recording = self.record(workload, **confinement)
        (run,) = recording["runs"]
        self.assertEqual(run["incomplete_because"], [])
        self.assertEqual(run["interval"], {"from": "launch", "to": "last task"})
        self.assertEqual(run["tracer"]["mode"], self.stops)
        self.assertEqual(run["container"]["uid"], confinement.get("user", 0))
        self.assertRegex(run["container"]["runtime_version"], self.version)
        self.assertEqual(run["container"]["no_new_privileges"], confinement.get("no_new_privileges", False))
        self.assertEqual(run["privilege"]["uid"], run["privilege"]["gid"])
        self.assertLessEqual(set(run["privilege"]["bounding"]), set(run["container"]["capabilities"]))
        needs = self.needs_of(recording)
        self.assertEqual(needs, self.wanted(workload, **confinement))
        confined = Confinement(self.profile_of(recording), capabilities=needs, **confinement)
        workload.exercise(self.plain.run(rootfs.build(workload.recipe), workload.command, confined), end_of(workload))
        return recording

    def test_a_shell_script_is_recorded_in_every_confinement(self):
        for user in (0, 1000):
            for no_new_privileges in (False, True):
                with self.subTest(user=user, no_new_privileges=no_new_privileges):
                    recording = self.assert_round_trip(
                        workloads.SHELL_SCRIPT, user=user, no_new_privileges=no_new_privileges
                    )
                    self.assert_only_the_workload(recording)

    def assert_only_the_workload(self, recording):
        """What the runtime itself runs is none of it."""
        self.assertEqual({entry["path"] for entry in recording["executables"]}, {"/usr/bin/busybox"})
        (run,) = recording["runs"]
        self.assertEqual(run["command"], list(workloads.SHELL_SCRIPT.command))
        self.assertEqual(run["exit"], {"code": 0})

    def wanted(self, workload, user=0, **_):
        """A server that root starts becomes another user, and makes its folders that user's."""
        is_server = workload is workloads.NGINX and user == 0
        return ("CAP_CHOWN", "CAP_SETGID", "CAP_SETUID") if is_server else ()

    def test_nginx_is_recorded(self):
        self.assert_round_trip(workloads.NGINX)

    def test_less_than_what_is_needed_is_too_little(self):
        for lacking in self.wanted(workloads.NGINX):
            with self.subTest(lacking):
                few = tuple(name for name in self.wanted(workloads.NGINX) if name != lacking)
                confined = Confinement(capabilities=few)
                running = self.plain.run(rootfs.build(workloads.NGINX.recipe), workloads.NGINX.command, confined)
                call = lacking.removeprefix("CAP_").lower()
                until(lambda: f"{call}(" in running.output() and "failed" in running.output(), 30, f"a failing {call}")
                running.stop()

    def test_redis_is_recorded(self):
        self.assert_round_trip(workloads.REDIS)

    def test_python_is_recorded(self):
        self.assert_round_trip(workloads.PYTHON)

    def test_the_names_are_those_of_a_recording_without_a_container(self):
        recording = self.record(workloads.SHELL_SCRIPT)
        bare = self.dir / "bare.json"
        root = rootfs.build(workloads.SHELL_SCRIPT.recipe)
        command = ("chroot", root, *workloads.SHELL_SCRIPT.command)
        self.assert_status(snug("trace", "-q", "-o", bare, "--", *command, cwd="/"), 0)

        names = {call["name"] for call in recording["syscalls"]}
        bare_names = names_called_by("busybox", json.loads(bare.read_text()))
        # The shell asks for the host's name unless its environment has it, as docker's and podman's does.
        self.assertEqual(names | {"uname"}, bare_names | {"uname"})


class ExecRecording:
    """The same of what is brought into a running container: `bring_in(name, *command)` does it, and returns its status."""

    def start_container(self):
        """One that lives until it is stopped, and its name."""
        self.engine.forget()
        root = rootfs.build(workloads.SHELL_SCRIPT.recipe)
        running = self.engine.run(root, ["/bin/sh", "-c", "mkdir /tmp/up; while :; do sleep 1; done"], Confinement())
        self.addCleanup(running.stop, signal.SIGKILL)
        until(running.find_pid, 20, "the container")
        return running, self.engine.latest_name

    def test_what_exec_brings_in_is_a_run_of_the_same_recording(self):
        running, name = self.start_container()
        statuses = [
            self.bring_in(name, "/bin/sh", "-c", f"cat /srv/script.sh | tr a b; exit {code}", "-p", "1")
            for code in (0, 5)
        ]
        running.stop(signal.SIGKILL)
        recording = self.engine.recording_of(3)

        self.assertEqual(statuses, [0, 5])
        brought_in = [run for run in recording["runs"] if run["container"]["exec"]]
        self.assertEqual(sorted(run["exit"]["code"] for run in brought_in), [0, 5])
        self.assertEqual({run["container"]["id"] for run in recording["runs"]}, {recording["runs"][0]["container"]["id"]})
        self.assertEqual({run["tracer"]["mode"] for run in recording["runs"]}, {self.stops})
        self.assertEqual({entry["path"] for entry in recording["executables"]}, {"/usr/bin/busybox"})
        self.assertEqual(len(names_called_by("busybox", recording)), len(recording["syscalls"]))


def names_called_by(program, recording):
    ids = {entry["id"] for entry in recording["executables"] if entry["path"].endswith(f"/{program}")}
    return {call["name"] for call in recording["syscalls"] if ids & set(call["executables"])}
