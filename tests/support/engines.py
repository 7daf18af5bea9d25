# SPDX-License-Identifier: Apache-2.0
"""Container engines behind one interface: `run(root, command, confinement)` starts a workload, `close()` ends it all.

Each keeps its state in a folder of its own, so that tests run beside each other and beside the engines that the machine
itself uses. Containers have a network namespace with nothing but a loopback device.
"""

import dataclasses
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from bundle import configuration
from running import Running, until

HYBRID_CGROUP = "/sys/fs/cgroup/unified"
# crun and podman refuse cgroup v1 with v2 mounted beside it; in a mount namespace of their own it can be hidden.
HIDE_HYBRID_CGROUP = f"umount {HYBRID_CGROUP}" if os.path.ismount(HYBRID_CGROUP) else ":"
# Keeps an engine from finding the machine's own daemons, sockets, locks and settings, and from leaving any behind.
HIDE_MACHINE = """
for folder in /run /dev/shm /etc/docker /etc/cni /var/lib /var/cache
do test ! -d $folder || mount -t tmpfs tmpfs $folder
done
"""


@dataclasses.dataclass(frozen=True)
class Confinement:
    """How a workload is held: the seccomp profile's file or None for none, no_new_privileges, and the user's number.

    `capabilities`, with "CAP_", are all that it gets; None: what the engine gives.
    `init` asks an engine that makes containers from images for the init that it has; `maps`, (inside, outside, size)
    each, asks a runtime for a user namespace.
    """

    seccomp: Path | None = None
    no_new_privileges: bool = False
    user: int = 0
    init: bool = False
    maps: tuple = ()
    capabilities: tuple | None = None


def with_own_mounts(preparation, *command):
    """The command that runs `command` in a mount namespace of its own, after the shell commands of `preparation`."""
    return ["unshare", "--mount", "sh", "-ec", preparation + '\nexec "$@"', "sh", *map(str, command)]


class Engine:
    """What the engines share: a folder for all their state, and names for their containers."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="snug-engine-"))
        self.serial = itertools.count(1)

    def close(self):
        shutil.rmtree(self.folder)

    def next_name(self):
        self.latest_name = f"snug-{os.getpid()}-{next(self.serial)}"
        return self.latest_name

    def start(self, name, command, find_pid):
        log = self.folder / f"{name}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        return Running(process, log, find_pid)


def pid_in(path):
    """The process number that a runtime has written to a file; None before it has."""
    try:
        return int(path.read_text() or 0) or None
    except FileNotFoundError:
        return None


def tracer_of(pid):
    """The number of the process that traces `pid`; None when nobody does."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("TracerPid:\t")[2].split()[0]) or None


class Runtime(Engine):
    """An OCI runtime given a bundle."""

    def run(self, root, command, confinement=Confinement()):
        name = self.next_name()
        bundle = self.folder / name
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(self.configure(root, command, confinement)))
        pid_file = bundle / "pid"
        words = [*self.program(), "--root", self.folder / "state", "run", "--bundle", bundle]
        return self.start(name, [*words, "--pid-file", pid_file, name], lambda: pid_in(pid_file))

    def configure(self, root, command, confinement):
        return configuration(root, command, confinement)


class Runc(Runtime):
    needs = ("root", "runc")

    def program(self):
        return ["runc"]


class Crun(Runtime):
    needs = ("root", "crun")

    def program(self):
        return with_own_mounts(HIDE_HYBRID_CGROUP, "crun", "--cgroup-manager=disabled")


class Daemon:
    """What engines share that have a process of their own, `daemon`, which writes to the file `log`."""

    def answers(self):
        if self.daemon.poll() is not None:
            raise RuntimeError("the daemon ended:\n" + self.log.read_text(errors="replace"))
        return subprocess.run([*self.program(), "version"], capture_output=True, check=False).returncode == 0

    def close(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait(60)
        super().close()


class Containerd(Daemon, Runtime):
    """A containerd of our own, told by its client which configuration and which runtime to use."""

    needs = ("root", "containerd", "ctr", "runc")
    runtime = "runc"

    def __init__(self):
        super().__init__()
        self.socket = self.folder / "containerd.sock"
        settings = {"root": self.folder / "root", "state": self.folder / "state", "temp": self.folder / "temp"}
        lines = ["version = 2", 'disabled_plugins = ["io.containerd.grpc.v1.cri"]']
        lines += [f'{key} = "{path}"' for key, path in settings.items()]
        lines += ["[grpc]", f'address = "{self.socket}"', "[ttrpc]", f'address = "{self.socket}.ttrpc"']
        (self.folder / "config.toml").write_text("\n".join(lines) + "\n")
        self.log = self.folder / "containerd.log"
        with open(self.log, "wb") as output:
            command = ["setpriv", "--pdeathsig", "TERM", "containerd", "--config", self.folder / "config.toml"]
            self.daemon = subprocess.Popen(
                with_own_mounts(HIDE_MACHINE, *command), stdout=output, stderr=subprocess.STDOUT
            )
        until(self.answers, 60, "an answer from containerd")

    def program(self):
        return ["ctr", "--address", self.socket]

    def streams(self):
        """Where client and daemon, which have different /run, meet."""
        return ["--fifo-dir", self.folder]

    def run(self, root, command, confinement=Confinement()):
        name = self.next_name()
        configured = self.folder / f"{name}.json"
        configured.write_text(json.dumps(self.configure(root, command, confinement)))
        pid_file = self.folder / f"{name}.pid"
        words = [*self.program(), "run", "--rm", "--runc-binary", self.runtime, "--config", configured]
        words += self.streams()
        return self.start(name, [*words, "--pid-file", pid_file, name], lambda: pid_in(pid_file))


class ImageEngine(Engine):
    """An engine that makes containers from images."""

    def __init__(self):
        super().__init__()
        self.images = set()

    def run(self, root, command, confinement=Confinement()):
        name = self.next_name()
        words = [*self.program(), "run", "--rm", "--name", name, "--network", "none", "--read-only"]
        words += ["--tmpfs", "/tmp:mode=1777", "--user", f"{confinement.user}:{confinement.user}"]
        if confinement.seccomp:
            words += ["--security-opt", f"seccomp={confinement.seccomp}"]
        if confinement.no_new_privileges:
            words += ["--security-opt", "no-new-privileges"]
        if confinement.capabilities is not None:
            words += ["--cap-drop=ALL", *(f"--cap-add={name}" for name in confinement.capabilities)]
        if confinement.init:
            words += ["--init"]
        words += [*self.run_options(name), self.image_of(root), *command]
        return self.start(name, words, lambda: self.pid_of(name))

    def image_of(self, root):
        """The name of an image that holds `root`, imported when it is first asked for."""
        if root.name not in self.images:
            with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as archive:
                self.call("import", "-", root.name, stdin=archive.stdout)
            self.images.add(root.name)
        return root.name

    def call(self, *arguments, **options):
        """Runs the engine's command with `arguments` and returns what it prints."""
        words = [str(word) for word in [*self.program(), *arguments]]
        return subprocess.run(words, check=True, text=True, capture_output=True, **options).stdout


class Docker(Daemon, ImageEngine):
    """A dockerd of our own, with the containerd that it starts."""

    needs = ("root", "docker", "dockerd")

    def __init__(self):
        super().__init__()
        self.socket = f"unix://{self.folder}/docker.sock"
        self.log = self.folder / "dockerd.log"
        with open(self.log, "wb") as output:
            self.daemon = subprocess.Popen(self.daemon_command(), stdout=output, stderr=subprocess.STDOUT)
        until(self.answers, 60, "an answer from dockerd")

    def daemon_command(self):
        (self.folder / "daemon.json").write_text("{}")
        options = {
            "config-file": self.folder / "daemon.json",
            "host": self.socket,
            "data-root": self.folder / "data",
            "exec-root": self.folder / "exec",
            "pidfile": self.folder / "pid",
            "iptables": "false",
            "ip6tables": "false",
            "bridge": "none",
            "storage-driver": "vfs",
            "exec-opt": "native.cgroupdriver=cgroupfs",
        }
        words = [f"--{option}={value}" for option, value in options.items()]
        return with_own_mounts(HIDE_MACHINE, "setpriv", "--pdeathsig", "TERM", "dockerd", *words)

    def program(self):
        return ["docker", "--host", self.socket]

    def run_options(self, _):
        return []

    def pid_of(self, name):
        words = [*self.program(), "inspect", "--format", "{{.State.Pid}}", name]
        found = subprocess.run(words, capture_output=True, text=True, check=False)
        return int(found.stdout) or None if found.returncode == 0 else None


class Podman(ImageEngine):
    """Podman as root. Its commands share a mount namespace, which a process holds until its input ends."""

    needs = ("root", "podman", "crun")

    def __init__(self):
        super().__init__()
        self.holder = subprocess.Popen(
            with_own_mounts(self.preparation(), "sh", "-c", "echo ready; exec cat"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if self.holder.stdout.readline() != b"ready\n":
            raise RuntimeError("no mount namespace for podman")

    def preparation(self):
        return HIDE_MACHINE + HIDE_HYBRID_CGROUP

    def close(self):
        self.holder.communicate()
        super().close()

    def program(self):
        folders = [f"--{option}={self.folder}/{option}" for option in ("root", "runroot", "tmpdir")]
        settings = ["--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--events-backend=none", "--runtime=crun"]
        namespace = f"--mount=/proc/{self.holder.pid}/ns/mnt"
        return ["nsenter", namespace, *self.caller(), "env", *self.environment(), "podman", *folders, *settings]

    def caller(self):
        """The words that make the rest of a command somebody else's."""
        return []

    def environment(self):
        return ["PODMAN_IGNORE_CGROUPSV1_WARNING=1"]  # podman 5 warns of cgroup v1 among what the workload says

    def run_options(self, name):
        # The limits podman would otherwise set, and its filter of devices on cgroup v2, need CAP_SYS_RESOURCE.
        limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--cgroups=disabled"]
        return [*limits, "--pidfile", self.pid_file(name)]

    def pid_of(self, name):
        return pid_in(self.pid_file(name))

    def pid_file(self, name):
        return self.folder / f"{name}.pid"


class RootlessPodman(Podman):
    """Podman as an ordinary user, who exists in the mount namespace of its commands only."""

    USER = 54321
    needs = ("root", "podman", "crun", "newuidmap", "setpriv")

    def preparation(self):
        files = self.folder / "etc"
        files.mkdir()
        lines = {
            "passwd": f"snugtest:x:{self.USER}:{self.USER}::{self.folder}:/bin/sh\n",
            "group": f"snugtest:x:{self.USER}:\n",
            "subuid": "snugtest:600000:65536\n",
            "subgid": "snugtest:600000:65536\n",
        }
        mounts = ""
        for name, line in lines.items():
            there = Path("/etc", name)
            kept = there.read_text() if name in ("passwd", "group") else ""
            (files / name).write_text(kept + line)
            mounts += f"touch {there}; mount --bind {files / name} {there}\n"
        (self.folder / "run").mkdir()
        for path in (self.folder, self.folder / "run"):
            os.chown(path, self.USER, self.USER)
        return super().preparation() + "\n" + mounts

    def run(self, root, command, confinement=Confinement()):
        if confinement.seccomp:
            profile = self.folder / "profile.json"
            shutil.copy(confinement.seccomp, profile)
            profile.chmod(0o644)
            confinement = dataclasses.replace(confinement, seccomp=profile)
        return super().run(root, command, confinement)

    def caller(self):
        return ["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups"]

    def environment(self):
        places = [f"HOME={self.folder}", f"XDG_RUNTIME_DIR={self.folder}/run", f"PATH={os.environ['PATH']}"]
        no_bus = "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"  # else podman starts one, which would stay
        return ["-i", *places, no_bus, *super().environment()]

    def close(self):
        for path in self.folder.rglob("pause.pid"):
            os.kill(int(path.read_text()), signal.SIGKILL)  # it keeps podman's namespaces
        super().close()
