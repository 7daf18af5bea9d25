# SPDX-License-Identifier: Apache-2.0
"""Example workloads that serve files over HTTP: nginx, Apache, lighttpd, Caddy, Python's http.server."""

import dataclasses
import http.client
import os
import re
import signal

from example_drivers import HTTP_PORT, PAGE, Example, check, http_request
from rootfs import Recipe
from workloads import python_recipe

BACKEND_PORT = 8081
TEXTS = {"srv/page.txt": PAGE, "srv/folder/small.txt": "small\n", "srv/index.html": "<p>welcome</p>\n"}
CGI_SCRIPT = """#!/bin/sh
echo "Content-Type: text/plain"
echo
echo "$REQUEST_METHOD $QUERY_STRING"
cat
"""
SHELL_LINKS = {"usr/bin/sh": "busybox", "usr/bin/cat": "busybox"}

NGINX_CONFIGURATION = f"""
daemon off;
user nobody nogroup;
worker_processes 2;
pid /tmp/nginx.pid;
error_log /tmp/error.log info;
events {{ worker_connections 256; }}
http {{
  access_log /tmp/access.log;
  sendfile on;
  gzip on;
  gzip_types text/plain;
  client_body_buffer_size 8k;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  proxy_cache_path /tmp/cache keys_zone=pages:1m;
  server {{
    listen 127.0.0.1:{HTTP_PORT} reuseport;
    root /srv;
    location /listing/ {{ alias /srv/; autoindex on; }}
    location /app/ {{ proxy_pass http://127.0.0.1:{BACKEND_PORT}/; }}
    location /cached/ {{ proxy_pass http://127.0.0.1:{BACKEND_PORT}/; proxy_cache pages; proxy_cache_valid 1m; }}
  }}
  server {{
    listen 127.0.0.1:{BACKEND_PORT};
    root /srv;
    location /echo {{ client_max_body_size 4m; return 200 "taken"; }}
  }}
}}
"""

APACHE_MODULES = (
    "mpm_event authz_core authz_host alias mime dir autoindex deflate filter headers rewrite status cgid reqtimeout "
    "setenvif env negotiation proxy proxy_http cache cache_disk"
).split()
APACHE_CONFIGURATION = f"""
ServerName localhost
ServerRoot /tmp
DefaultRuntimeDir /tmp
PidFile /tmp/apache.pid
ErrorLog /tmp/error.log
Listen 127.0.0.1:{HTTP_PORT}
Listen 127.0.0.1:{BACKEND_PORT}
@MODULES@
User nobody
Group nogroup
StartServers 2
ThreadsPerChild 8
MaxRequestWorkers 32
ScriptSock /tmp/cgisock
TypesConfig /etc/mime.types
LogFormat "%h %r %>s" short
CustomLog /tmp/access.log short
DocumentRoot /srv
CacheRoot /tmp/cache
CacheEnable disk /app
CacheDefaultExpire 60
ScriptAlias /cgi/ /srv/cgi/
ProxyPass /app/ http://127.0.0.1:{BACKEND_PORT}/
RewriteEngine on
RewriteRule ^/old$ /page.txt [L]
<Directory /srv>
  Options Indexes FollowSymLinks
  Require all granted
  SetOutputFilter DEFLATE
</Directory>
<Location /status>
  SetHandler server-status
</Location>
"""

LIGHTTPD_CONFIGURATION = f"""
server.document-root = "/srv"
server.port = {HTTP_PORT}
server.bind = "127.0.0.1"
server.username = "nobody"
server.groupname = "nogroup"
server.pid-file = "/tmp/lighttpd.pid"
server.errorlog = "/tmp/error.log"
server.upload-dirs = ( "/tmp" )
server.modules = ( "mod_accesslog", "mod_cgi", "mod_dirlisting", "mod_status" )
accesslog.filename = "/tmp/access.log"
dir-listing.activate = "enable"
status.status-url = "/status"
cgi.assign = ( ".sh" => "/bin/sh" )
mimetype.assign = ( ".txt" => "text/plain", ".html" => "text/html" )
index-file.names = ( "index.html" )
"""

CADDY_CONFIGURATION = f"""{{
  admin 127.0.0.1:2019
  auto_https disable_redirects
  skip_install_trust
  storage file_system /tmp/caddy
}}
http://127.0.0.1:{HTTP_PORT} {{
  root * /srv
  encode gzip
  log {{
    output file /tmp/access.log
  }}
  handle_path /app/* {{
    reverse_proxy 127.0.0.1:{BACKEND_PORT}
  }}
  file_server browse
}}
http://127.0.0.1:{BACKEND_PORT} {{
  root * /srv
  file_server
}}
https://localhost:8443 {{
  tls internal
  respond "secret"
}}
"""


def fetch_files(visitor):
    """What every server of files is asked: whole, compressed, in part, unchanged, absent ones, and many at once."""
    text, headers = visitor.request("/page.txt")
    check(text.decode() == PAGE, "another page came back")
    visitor.request("/page.txt", method="HEAD")
    visitor.request("/page.txt", Accept_Encoding="gzip")
    visitor.request("/page.txt", Range="bytes=100-199", expect=(200, 206))
    visitor.request("/page.txt", If_Modified_Since=headers["Last-Modified"], expect=(304,))
    visitor.request("/absent.txt", expect=(404,))
    visitor.request("/", expect=(200,))
    visitor.request("/folder", expect=(200, 301, 307, 308))
    visitor.requests_at_once(["/page.txt", "/folder/small.txt"] * 16)


def visit_nginx(visitor):
    fetch_files(visitor)
    visitor.request("/listing/")
    for _ in range(3):
        visitor.request("/cached/page.txt")
    visitor.request("/app/echo", method="POST", body=b"x" * 300000)
    visitor.request("/page.txt", method="POST", body=b"x", expect=(405,))
    visitor.signal(signal.SIGUSR1)
    visitor.request("/page.txt")
    before = workers_of(visitor, "worker process")
    visitor.signal(signal.SIGHUP)
    wait_for_other_workers(visitor, "worker process", before)
    visitor.requests_at_once(["/page.txt", "/app/page.txt"] * 8)


def workers_of(visitor, title):
    """The numbers of the processes in the workload's process namespace whose command line has `title`."""
    namespace = os.readlink(f"/proc/{visitor.running.find_pid()}/ns/pid")
    return {pid for pid in filter(str.isdigit, os.listdir("/proc")) if is_worker(pid, namespace, title)}


def is_worker(pid, namespace, title):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            return os.readlink(f"/proc/{pid}/ns/pid") == namespace and title.encode() in line.read()
    except OSError:  # It has ended.
        return False


def wait_for_other_workers(visitor, title, before):
    """Waits until all of `before` have ended and others are there."""

    def renewed():
        now = workers_of(visitor, title)
        return now and not now & before

    visitor.wait_for(renewed, f"other processes in place of {title} {before}")


def visit_apache(visitor):
    fetch_files(visitor)
    visitor.request("/old")
    visitor.request("/status")
    for _ in range(3):
        visitor.request("/app/page.txt")
    text, _ = visitor.request("/cgi/echo.sh?word", method="POST", body=b"x" * 100000)
    check(text.startswith(b"POST word\n"), "another script's answer came back")
    for restarts, signo in enumerate((signal.SIGUSR1, signal.SIGHUP), start=1):
        visitor.signal(signo)
        visitor.wait_for(lambda restarts=restarts: apache_restarts() >= restarts, f"restart {restarts}")
        visitor.requests_at_once(["/page.txt", "/app/page.txt", "/cgi/echo.sh"] * 4)


def apache_restarts():
    """How often Apache has been restarted; 0 while a restart ends the connection that asks."""
    try:
        _, _, text = http_request(HTTP_PORT, ("GET", "/status?auto", None, {}))
    except (ConnectionError, http.client.HTTPException):
        return 0
    return int(re.search(rb"ParentServerConfigGeneration: (\d+)", text)[1])


def visit_lighttpd(visitor):
    fetch_files(visitor)
    visitor.request("/folder/")
    visitor.request("/status")
    text, _ = visitor.request("/cgi/echo.sh?word", method="POST", body=b"x" * 100000)
    check(text.startswith(b"POST word\n"), "another script's answer came back")
    visitor.signal(signal.SIGHUP)
    visitor.request("/page.txt")
    visitor.signal(signal.SIGUSR1)
    visitor.requests_at_once(["/page.txt"] * 8)


def visit_caddy(visitor):
    fetch_files(visitor)
    visitor.request("/app/page.txt")
    visitor.request("/folder/")
    visitor.client("openssl", "s_client", "-connect", "127.0.0.1:8443", "-servername", "localhost", "-brief")
    configuration, _ = visitor.request("/config/", port=2019)
    visitor.request("/load", method="POST", body=configuration, port=2019, Content_Type="application/json",
                    Cache_Control="must-revalidate")  # fmt: skip
    visitor.requests_at_once(["/page.txt", "/app/page.txt"] * 8)


def visit_python(visitor):
    fetch_files(visitor)
    visitor.request("/page.txt", method="POST", body=b"x", expect=(501,))


def apache_configuration():
    lines = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in APACHE_MODULES]
    return APACHE_CONFIGURATION.replace("@MODULES@", "\n".join(lines))


NGINX = Example(
    name="nginx",
    title="nginx",
    recipe=Recipe("example-nginx", ("nginx",), texts={**TEXTS, "etc/nginx.conf": NGINX_CONFIGURATION}),
    command="/usr/sbin/nginx -c /etc/nginx.conf".split(),
    visit=visit_nginx,
    exercised="files whole, compressed, in part and unchanged, listings, a proxy with its cache, uploads, errors, "
    "reopened logs (SIGUSR1), a reload (SIGHUP), a graceful end (SIGQUIT)",
    packages=("nginx",),
    stop=signal.SIGQUIT,
)
APACHE = Example(
    name="apache",
    title="Apache httpd (event)",
    recipe=Recipe(
        "example-apache",
        ("apache2", "busybox"),
        ("apache2-bin",),
        {**TEXTS, "etc/apache.conf": apache_configuration(), "etc/mime.types": "text/plain txt\ntext/html html\n",
         "srv/cgi/echo.sh": CGI_SCRIPT},
        SHELL_LINKS,
    ),  # fmt: skip
    command="/usr/sbin/apache2 -D FOREGROUND -f /etc/apache.conf".split(),
    visit=visit_apache,
    exercised="files whole, compressed, in part and unchanged, listings, a proxy with its disk cache, CGI scripts, the "
    "status page, a graceful restart (SIGUSR1), a restart (SIGHUP), a graceful end (SIGWINCH)",
    packages=("apache2-bin",),
    stop=signal.SIGWINCH,
)
LIGHTTPD = Example(
    name="lighttpd",
    title="lighttpd",
    recipe=Recipe(
        "example-lighttpd",
        ("lighttpd", "busybox"),
        ("lighttpd",),
        {**TEXTS, "etc/lighttpd.conf": LIGHTTPD_CONFIGURATION, "srv/cgi/echo.sh": CGI_SCRIPT},
        SHELL_LINKS,
    ),
    command="/usr/sbin/lighttpd -D -f /etc/lighttpd.conf".split(),
    visit=visit_lighttpd,
    exercised="files whole, in part and unchanged, listings, CGI scripts, the status page, reopened logs "
    "(SIGHUP), a graceful restart (SIGUSR1), a graceful end (SIGINT)",
    packages=("lighttpd",),
    stop=signal.SIGINT,
)
CADDY = Example(
    name="caddy",
    title="Caddy (Go)",
    recipe=Recipe("example-caddy", ("caddy",), texts={**TEXTS, "etc/Caddyfile": CADDY_CONFIGURATION}),
    command="/usr/bin/caddy run --config /etc/Caddyfile --adapter caddyfile".split(),
    visit=visit_caddy,
    exercised="files whole, compressed, in part and unchanged, listings, a reverse proxy, TLS with a certificate of "
    "its own, a reload through its API, a graceful end (SIGTERM)",
    packages=("caddy",),
)
PYTHON = Example(
    name="python-http",
    title="Python http.server",
    recipe=dataclasses.replace(python_recipe(), name="example-python", texts=TEXTS),
    command="/usr/bin/python3 -B -m http.server --bind 127.0.0.1 --directory /srv".split() + [str(HTTP_PORT)],
    visit=visit_python,
    exercised="files whole and unchanged, listings, errors, a thread for each of many requests at once, an end by "
    "SIGINT",
    packages=("python3", "libpython3-stdlib"),
    stop=signal.SIGINT,
)
ALL = (NGINX, APACHE, LIGHTTPD, CADDY, PYTHON)
