# SPDX-License-Identifier: Apache-2.0
"""What befalls containers, from restarts to the end of their engine's daemon: the recording is whole all the same."""

import json
import signal
import subprocess

import engines
import harness
import recording_engines
import rootfs
import workloads
from engines import Confinement
from harness import run
from recording import Recording
from recordings import counts
from running import until

FOR_EVER = ("/bin/sh", "-c", "while :; do sleep 1; done")
BUSYBOX = workloads.SHELL_SCRIPT.recipe


class Recorded(harness.Case):
    """An engine of the class `Engine`, whose containers leave recordings."""

    needs = Recording.needs

    @classmethod
    def setUpClass(cls):
        cls.engine = cls.Engine()
        cls.addClassCleanup(cls.engine.close)
        cls.root = rootfs.build(BUSYBOX)

    def setUp(self):
        super().setUp()
        self.engine.forget()

    def recordings(self, count):
        """As many recordings as there are to be, once they are whole."""

        def whole():
            files = [path for path in self.engine.recordings.glob("*.json") if not path.name.endswith(".profile.json")]
            found = [json.loads(path.read_text()) for path in files]
            return found if len(found) == count and all(each["complete"] for each in found) else None

        return until(whole, 60, f"{count} complete recordings")


@harness.needs(*engines.Docker.needs, *Recorded.needs)
class DockerContainers(Recorded):
    Engine = recording_engines.Docker

    def docker(self, *words):
        return run(*self.engine.program(), *words)

    def start(self, name, *options, command=FOR_EVER):
        words = ("run", "--detach", "--name", name, "--network", "none", "--runtime", "snug-record", *options)
        self.assert_status(self.docker(*words, self.engine.image_of(self.root), *command), 0)
        self.addCleanup(self.docker, "rm", "--force", name)

    def test_restarts_stops_and_kills_are_runs_of_one_recording(self):
        self.start("again")
        for words in (("restart", "-t", "0"), ("stop", "-t", "0"), ("start",), ("kill", "--signal", "KILL")):
            self.assert_status(self.docker(*words, "again"), 0)
        (recording,) = self.recordings(1)

        self.assertEqual([each["exit"] for each in recording["runs"]], [{"signal": 9}] * 3)

    def test_an_init_is_recorded_with_what_it_starts(self):
        self.start("reaped", "--init", command=("/bin/sh", "-c", "cat /srv/script.sh | tr a b; exit 3"))
        (recording,) = self.recordings(1)

        self.assertEqual(recording["runs"][0]["exit"], {"code": 3})
        paths = {entry["path"].rpartition("/")[2] for entry in recording["executables"]}
        self.assertEqual(paths, {"docker-init", "busybox"})

    def test_a_terminal_changes_nothing(self):
        self.start("shown", "--tty", command=("/bin/sh", "-c", "test -t 1 && exit 4"))
        (recording,) = self.recordings(1)

        self.assertEqual(recording["runs"][0]["exit"], {"code": 4})

    def test_dropped_capabilities_are_told(self):
        self.start("dropped", "--cap-drop", "ALL", "--cap-add", "CHOWN", "--user", "7:8", command=("/bin/sh", "-c", "true"))
        (recording,) = self.recordings(1)

        container = recording["runs"][0]["container"]
        self.assertEqual((container["capabilities"], container["uid"], container["gid"]), (["CAP_CHOWN"], 7, 8))

    def test_who_runs_out_of_memory_is_killed_and_whole(self):
        self.start("greedy", "--memory", "20m", command=("/bin/sh", "-c", "x=a; while :; do x=$x$x; done"))
        (recording,) = self.recordings(1)

        self.assertEqual(recording["runs"][0]["exit"], {"signal": 9})
        self.assertEqual(self.docker("inspect", "--format", "{{.State.OOMKilled}}", "greedy").out, "true\n")

    def test_containers_that_share_namespaces_are_told_apart(self):
        self.start("first")
        shared = ("--network", "container:first", "--pid", "container:first")
        words = ("run", "--rm", "--runtime", "snug-record", *shared, self.engine.image_of(self.root))
        self.assert_status(self.docker(*words, "/bin/sh", "-c", "cat /proc/1/status | tr a b"), 0)
        self.docker("kill", "first")
        both = self.recordings(2)

        commands = {each["runs"][0]["command"][2] for each in both}
        self.assertEqual(commands, {"cat /proc/1/status | tr a b", FOR_EVER[2]})


class LiveDocker(recording_engines.Docker):
    """Its containers outlive its daemon, which can be killed and started again."""

    def daemon_command(self):
        words = super().daemon_command()
        self.holder = subprocess.Popen(
            engines.with_own_mounts(engines.HIDE_MACHINE, "sh", "-c", "echo ready; exec cat"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.holder.stdout.readline()
        namespace = f"--mount=/proc/{self.holder.pid}/ns/mnt"
        self.own_command = ["nsenter", namespace, *words[words.index("setpriv") :], "--live-restore"]
        return self.own_command

    def restart(self):
        self.daemon.terminate()
        self.daemon.wait(60)
        with open(self.log, "ab") as output:
            self.daemon = subprocess.Popen(self.own_command, stdout=output, stderr=subprocess.STDOUT)
        until(self.answers, 60, "an answer from dockerd")

    def close(self):
        super().close()
        self.holder.communicate()


@harness.needs(*engines.Docker.needs, *Recorded.needs)
class DockersDaemon(Recorded):
    Engine = LiveDocker

    def test_its_end_does_not_end_a_recording(self):
        image = self.engine.image_of(self.root)
        words = ("run", "--detach", "--name", "alive", "--network", "none", "--runtime", "snug-record", image, *FOR_EVER)
        self.assert_status(run(*self.engine.program(), *words), 0)
        self.engine.restart()
        self.assert_status(run(*self.engine.program(), "exec", "alive", "/bin/sh", "-c", "mkdir /tmp/late"), 0)
        self.assert_status(run(*self.engine.program(), "kill", "alive"), 0)
        (recording,) = self.recordings(1)

        self.assertEqual(sorted(each["container"]["exec"] for each in recording["runs"]), [False, True])
        self.assertIn("mkdir", {call["name"] for call in recording["syscalls"]})


@harness.needs(*engines.Runc.needs, *Recorded.needs)
class RuncContainers(Recorded):
    Engine = recording_engines.Runc

    def test_fifty_at_once(self):
        script = "mkdir /tmp/box; for i in 1 2 3; do cat /srv/script.sh | tr a b; done; exit 6"
        running = [self.engine.run(self.root, ("/bin/sh", "-c", script), Confinement()) for _ in range(50)]
        self.assertEqual([each.wait() for each in running], [6] * 50)

        seen = set()
        for recording in self.recordings(50):
            self.assertEqual([each["exit"] for each in recording["runs"]], [{"code": 6}])
            made = counts(recording)
            seen.add((made["mkdir"], made["execve"]))
        self.assertEqual(len(seen), 1, seen)

    def test_a_first_process_that_crashes_ends_its_container(self):
        running = self.engine.run(self.root, ("/bin/sh", "-c", "kill -SEGV $$; exit 8"), Confinement())
        self.assertEqual(running.wait(), 8)  # immune to what is sent
        self.recordings(1)

    def test_user_namespaces_are_no_obstacle(self):
        for maps in (((0, 100000, 65536),), ((0, 100000, 1), (1, 300000, 7), (1000, 0, 1))):
            with self.subTest(maps):
                self.engine.forget()
                running = self.engine.run(self.root, workloads.SHELL_SCRIPT.command, Confinement(maps=maps))
                self.assertEqual(running.wait(), 0, running.output())
                (recording,) = self.recordings(1)
                self.assertIn("mkdir", {call["name"] for call in recording["syscalls"]})

    def test_who_wants_to_trace_is_told_that_it_could_not(self):
        recipe = rootfs.Recipe("tracing", ("busybox", "strace"), links={"usr/bin/true": "busybox"})
        running = self.engine.run(rootfs.build(recipe), ("/usr/bin/strace", "/usr/bin/true"), Confinement())
        running.wait()

        def reasons():
            for path in self.engine.recordings.glob("*.json"):
                return json.loads(path.read_text())["runs"][0]["incomplete_because"]
            return None

        self.assertIn("wanted to trace", "".join(until(reasons, 20, "an incomplete recording")))


if __name__ == "__main__":
    harness.main()
