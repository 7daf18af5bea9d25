# SPDX-License-Identifier: Apache-2.0
"""The work that is measured. A workload's cost(prefix) is how long a fixed amount of it takes, in seconds."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from tools import SOURCE_DIR

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Command:
    """A command that runs from start to end under the tool."""

    needs = []

    def __init__(self, *command):
        self.command = [str(word) for word in command]

    def cost(self, prefix, watch=lambda process: None):
        started = time.perf_counter()
        process = subprocess.Popen([*prefix, *self.command], **QUIET)
        watch(process)
        status = process.wait()
        elapsed = time.perf_counter() - started
        if status != 0:
            raise RuntimeError(f"{' '.join([*prefix, *self.command])}: status {status}")
        return elapsed


class Server:
    """A server that runs under the tool, while its client, which is what is measured, runs outside of it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.pid_file = folder / "pid"

    def cost(self, prefix, watch=lambda process: None):
        with self.running(prefix) as process:
            watch(process)
            return self.load()

    @contextlib.contextmanager
    def running(self, prefix):
        self.pid_file.unlink(missing_ok=True)
        process = subprocess.Popen([*prefix, *self.server_command()], **QUIET)
        try:
            wait_until(lambda: self.accepts(), process)
            wait_until(lambda: self.pid_file.exists() and self.pid_file.read_text().strip(), process)
            yield process
        finally:
            self.stop(process)

    def accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, process):
        """Ends the server; the tool then ends by itself."""
        if process.poll() is None and self.pid_file.exists():
            os.kill(int(self.pid_file.read_text()), signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


class Redis(Server):
    needs = ["redis-server", "redis-benchmark"]

    def __init__(self, folder, requests):
        super().__init__(folder)
        self.requests = requests

    def server_command(self):
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(self.folder), "--pidfile", str(self.pid_file)]

    def load(self):
        client = ["redis-benchmark", "-p", str(self.port), "-t", "set,get", "-n", str(self.requests), "-c", "20", "-q"]
        started = time.perf_counter()
        subprocess.run(client, check=True, **QUIET)
        return time.perf_counter() - started


class Nginx(Server):
    needs = ["nginx", "wrk"]

    def __init__(self, folder, seconds):
        super().__init__(folder)
        self.seconds = seconds
        (folder / "index.html").write_text("<p>It works.</p>\n")
        (folder / "nginx.conf").write_text(self.configuration())

    def configuration(self):
        temporary = "".join(
            f"  {kind}_temp_path {self.folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"{'user root;' if os.geteuid() == 0 else ''}\n"
            f"daemon off;\nworker_processes 1;\npid {self.pid_file};\nerror_log {self.folder}/error.log;\n"
            f"events {{}}\nhttp {{\n  access_log off;\n{temporary}"
            f"  server {{ listen 127.0.0.1:{self.port}; root {self.folder}; }}\n}}\n"
        )

    def server_command(self):
        return ["nginx", "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]

    def load(self):
        """Seconds for a thousand requests."""
        client = ["wrk", "-t", "1", "-c", "16", "-d", f"{self.seconds}s", f"http://127.0.0.1:{self.port}/index.html"]
        report = subprocess.run(client, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in report:
            raise RuntimeError("nginx did not serve the page")
        return 1000 / float(re.search(r"Requests/sec:\s*([\d.]+)", report).group(1))


def wait_until(is_true, process, patience=30):
    deadline = time.monotonic() + patience
    while not is_true():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{' '.join(process.args)}: did not get ready")
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def all_workloads(folder, quick):
    """Every workload by its name. Quick ones are too short for good figures: they show that all works."""
    forks = 50 if quick else 500
    loop = f"i=0; while [ $i -lt {forks} ]; do /bin/true; i=$((i+1)); done"
    compiler = os.environ.get("CXX", "g++")
    compile_one = [compiler, "-std=c++20", "-O1", f"-I{SOURCE_DIR}/include", "-c",
                   SOURCE_DIR / "include/snug/recording.cpp", "-o", folder / "recording.o"]
    folders = {name: folder / name for name in ("redis", "nginx")}
    for made in folders.values():
        made.mkdir()
    return {
        "dd": Command("dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={10_000 if quick else 300_000}"),
        "find": Command("find", "/usr/include" if quick else "/usr"),
        "fork+exec": Command("sh", "-c", loop),
        "redis": Redis(folders["redis"], 2_000 if quick else 50_000),
        "nginx": Nginx(folders["nginx"], 1 if quick else 3),
        "compile": Command(*compile_one),
    }


def missing_programs(workload):
    return [program for program in workload.needs if shutil.which(program) is None]
