# SPDX-License-Identifier: Apache-2.0
"""The programs that are traced on this machine and then served from containers under what the trace gave."""

import dataclasses
import http.client
import os
import signal
import socket
from typing import Callable

from rootfs import Recipe
from running import NotServed

HTTP_PORT = 8080
REDIS_PORT = 6379
# Long enough to be sent in several pieces.
PAGE = "".join(f"line {number} of a page\n" for number in range(5000))

SCRIPT = """#!/bin/sh
set -e
mkdir /tmp/box
echo served > /tmp/box/word
for again in 1 2 3; do cat /tmp/box/word | tr a-z A-Z; done
rm -r /tmp/box
"""

NGINX_CONFIGURATION = f"""
daemon off;
user nobody nogroup;
worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {{ listen 127.0.0.1:{HTTP_PORT}; root /srv; }}
}}
"""


@dataclasses.dataclass(frozen=True, eq=False)
class Workload:
    """A command, the root it runs in, and how to use it.

    `use(running)` raises NotServed unless the workload does its work. `needed` are the names of a call that it cannot
    do without once it runs, one for each kind of architecture; `complaint`, a regular expression, is what it then says.
    """

    name: str
    recipe: Recipe
    command: tuple
    use: Callable
    needed: tuple
    complaint: str

    def exercise(self, running, signo=signal.SIGKILL):
        """Uses what runs and stops it with a signal. NotServed carries everything that it said."""
        try:
            self.use(running)
        except NotServed as failure:
            running.stop(signo)
            raise NotServed(f"{failure}\n{running.output()}") from failure
        finally:
            running.stop(signo)


def finish(running):
    if running.wait() != 0 or running.output() != "SERVED\n" * 3:
        raise NotServed("the script did not finish its work")


def fetch(running):
    if running.ask(get_page) != PAGE:
        raise NotServed("another page came back")


def get_page():
    connection = http.client.HTTPConnection("127.0.0.1", HTTP_PORT, timeout=10)
    try:
        connection.request("GET", "/page.txt")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def store(running):
    answer = running.ask(set_and_get)
    if answer != b"+OK\r\n$5\r\nvalue\r\n":
        raise NotServed(f"it answered {answer!r}")


def set_and_get():
    with socket.create_connection(("127.0.0.1", REDIS_PORT), timeout=10) as connection:
        connection.sendall(b"SET key value\r\nGET key\r\nQUIT\r\n")
        answer = connection.makefile("rb").read()
    return answer.removesuffix(b"+OK\r\n")  # what QUIT is answered with


def python_recipe():
    interpreter = os.path.basename(os.path.realpath("/usr/bin/python3"))
    packages = (f"{interpreter}-minimal", f"lib{interpreter}-minimal", f"lib{interpreter}-stdlib")
    return Recipe("python", ("/usr/bin/python3",), packages, {"srv/page.txt": PAGE})


SHELL_SCRIPT = Workload(
    name="shell script",
    recipe=Recipe(
        "shell",
        ("busybox",),
        texts={"srv/script.sh": SCRIPT},
        links={f"usr/bin/{applet}": "busybox" for applet in ("sh", "mkdir", "cat", "tr", "rm")},
    ),
    command=("/bin/sh", "/srv/script.sh"),
    use=finish,
    needed=("mkdir", "mkdirat"),
    complaint="mkdir: can't create directory",
)
PYTHON = Workload(
    name="python3 http.server",
    recipe=python_recipe(),
    command="/usr/bin/python3 -B -m http.server --bind 127.0.0.1 --directory /srv".split() + [str(HTTP_PORT)],
    use=fetch,
    needed=("sendto",),
    complaint=r"self\._sock\.sendall",
)
NGINX = Workload(
    name="nginx",
    recipe=Recipe("nginx", ("nginx",), texts={"srv/page.txt": PAGE, "etc/nginx.conf": NGINX_CONFIGURATION}),
    command="/usr/sbin/nginx -c /etc/nginx.conf".split(),
    use=fetch,
    needed=("writev",),
    complaint=r"writev\(\) failed",
)
REDIS = Workload(
    name="redis-server",
    recipe=Recipe("redis", ("redis-server",)),
    command=f"/usr/bin/redis-server --bind 127.0.0.1 --port {REDIS_PORT} --dir /tmp".split(),
    use=store,
    needed=("listen",),
    complaint="Could not create server TCP listening socket",
)
ALL = (SHELL_SCRIPT, PYTHON, NGINX, REDIS)
