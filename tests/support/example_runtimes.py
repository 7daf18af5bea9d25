# SPDX-License-Identifier: Apache-2.0
"""Example workloads that compute or pass on: HAProxy, a Node.js server, a script of the busybox shell."""

import http.server
import signal
import threading

from example_drivers import HTTP_PORT, Example, check, converse, http_request
from example_web_servers import workers_of
from rootfs import Recipe

BACKEND_PORTS = (9001, 9002)
TCP_PORT = 8090

HAPROXY_CONFIGURATION = f"""
global
  stats socket /tmp/haproxy.sock mode 600 level admin
  nbthread 2
  user nobody
  group nogroup
  log 127.0.0.1:514 local0
defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  timeout check 1s
  retries 2
  option redispatch
frontend web
  bind 127.0.0.1:{HTTP_PORT}
  compression algo gzip
  compression type text/plain
  http-request deny if {{ path /forbidden }}
  stats enable
  stats uri /stats
  default_backend servers
backend servers
  balance roundrobin
  option httpchk GET /health
  server one 127.0.0.1:{BACKEND_PORTS[0]} check inter 100ms
  server two 127.0.0.1:{BACKEND_PORTS[1]} check inter 100ms
listen stream
  mode tcp
  option tcplog
  bind 127.0.0.1:{TCP_PORT}
  server one 127.0.0.1:{BACKEND_PORTS[0]}
"""

NODE_SERVER = """
const child = require('child_process'), crypto = require('crypto'), dns = require('dns'), fs = require('fs');
const http = require('http'), os = require('os'), worker = require('worker_threads'), zlib = require('zlib');

const answers = {
  '/file': done => fs.writeFile('/tmp/file', 'x'.repeat(100000), () => fs.readFile('/tmp/file', done)),
  '/tree': done => {
    fs.mkdirSync('/tmp/a/b', {recursive: true});
    fs.appendFileSync('/tmp/a/b/c', 'text');
    fs.renameSync('/tmp/a/b/c', '/tmp/a/d');
    fs.copyFileSync('/tmp/a/d', '/tmp/a/e');
    fs.symlinkSync('d', '/tmp/a/f');
    const names = fs.readdirSync('/tmp/a') + fs.statSync('/tmp/a/f').size + fs.readlinkSync('/tmp/a/f');
    fs.rmSync('/tmp/a', {recursive: true});
    done(null, names);
  },
  '/stream': done => fs.createReadStream('/srv/server.js').pipe(zlib.createGzip())
      .pipe(fs.createWriteStream('/tmp/server.gz')).on('finish', () => done(null, 'written')),
  '/timer': done => setTimeout(done, 20, null, 'slept'),
  '/watch': done => {
    const watcher = fs.watch('/tmp', () => { watcher.close(); done(null, 'changed'); done = () => {}; });
    fs.writeFile('/tmp/watched', 'text', () => {});
  },
  '/child': done => child.exec('echo word | cat', done),
  '/spawn': done => child.spawn('/bin/sh', ['-c', 'exit 3']).on('exit', code => done(null, `status ${code}`)),
  '/thread': done =>
      new worker.Worker('require("worker_threads").parentPort.postMessage("from a thread")', {eval: true})
      .on('message', text => done(null, text)),
  '/hash': done => crypto.pbkdf2('word', 'salt', 1000, 32, 'sha256', done),
  '/dns': done => dns.lookup('localhost', done),
  '/system': done => done(null, JSON.stringify([os.cpus().length, os.freemem(), os.loadavg(), os.networkInterfaces()])),
  '/again': done => http.get('http://127.0.0.1:8080/timer',
      answer => answer.resume().on('end', () => done(null, 'got'))),
};

const server = http.createServer((request, response) => {
  const answer = answers[request.url];
  const finish = (failure, text) => response.writeHead(failure ? 500 : 200).end(String(failure || text || 'done'));
  if (answer) answer(finish);
  else request.on('data', () => {}).on('end', () => response.writeHead(404).end());
});
server.listen(8080, '127.0.0.1');
process.on('SIGUSR2', () => global.gc && global.gc());
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
"""
NODE_PATHS = "file tree stream timer watch child spawn thread hash dns system again".split()

SHELL_SCRIPT = """#!/bin/sh
set -eu
mkdir -p /tmp/box/in/side
cd /tmp/box
for number in 1 2 3; do echo "line $number" >> lines; done
sort -r lines | uniq -c | sed 's/line/row/' | awk '{ total += $3 } END { print total }' > sum
test "$(cat sum)" = 6
cp -a lines copy
mv copy in/side/copy
ln -s lines link
ln lines hard
chmod 600 lines
touch -d 2020-01-01 lines
find . -type f -name 'c*' | xargs grep -c line
tar -czf all.tar.gz in lines
mkdir out && tar -xzf all.tar.gz -C out
cmp lines out/lines
readlink -f link
dd if=/dev/zero of=zeros bs=4k count=4 2> /dev/null
md5sum zeros && sha256sum zeros | cut -c 1-8
head -c 16 /dev/urandom | hexdump > random
trap 'echo caught' USR1
kill -USR1 $$
sleep 0.01 &
wait $!
(cd /; pwd; umask; id -u; uname -s; date +%Y; hostname; df -P /tmp; du -s /tmp/box; ps; nproc; free) > facts
mkfifo pipe
echo through > pipe &
read -r word < pipe
wait
timeout 5 sh -c 'exit 4' || echo "status $?"
seq 3 | while read -r each; do printf '%s,' "$each"; done
stat -c %s zeros
ls -l / > listing
cat <<END | tr a-z A-Z
word $word
END
rm -rf /tmp/box
echo DONE
"""
APPLETS = (
    "sh mkdir cat sort uniq sed awk cp mv ln chmod touch find xargs grep tar gzip cmp readlink dd md5sum sha256sum cut "
    "head hexdump sleep id uname date hostname df du ps nproc free mkfifo timeout seq stat ls tr rm kill printf"
).split()


class Backend(http.server.BaseHTTPRequestHandler):
    """Answers everything with enough to be spliced and compressed."""

    def do_GET(self):
        text = b"from a server\n" * 20000
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Says nothing: health checks go away in the middle of an answer."""


def start_backend(port):
    server = Server(("127.0.0.1", port), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def visit_haproxy(visitor):
    visitor.wait_for(lambda: http_request(HTTP_PORT, ("GET", "/stats", None, {})), "the statistics")
    backends = visitor.ask(lambda: [start_backend(port) for port in BACKEND_PORTS])
    try:
        pass_on(visitor)
        backends.pop().shutdown()
        visitor.requests_at_once(["/page"] * 4)
    finally:
        for server in backends:
            server.shutdown()


def pass_on(visitor):
    visitor.wait_for(lambda: http_request(HTTP_PORT, ("GET", "/page", None, {}))[0] == 200, "a healthy backend")
    visitor.requests_at_once(["/page"] * 32)
    visitor.request("/page", Accept_Encoding="gzip")
    visitor.request("/forbidden", expect=(403,))
    visitor.requests_at_once(["/page"] * 8, port=TCP_PORT)
    socket_path = f"/proc/{visitor.running.find_pid()}/root/tmp/haproxy.sock"
    for command in (b"show info\n", b"show stat\n", b"disable server servers/two\n", b"enable server servers/two\n"):
        visitor.ask(lambda command=command: converse(0, command, path=socket_path) or b"done")
    before = workers_of(visitor, "haproxy")
    visitor.signal(signal.SIGUSR2)
    visitor.wait_for(lambda: workers_of(visitor, "haproxy") - before, "a new worker")
    visitor.requests_at_once(["/page"] * 8)


def visit_node(visitor):
    for path in NODE_PATHS:
        visitor.request("/" + path)
    visitor.request("/absent", method="POST", body=b"x" * 300000, expect=(404,))
    visitor.requests_at_once(["/timer", "/file", "/hash"] * 8)
    visitor.signal(signal.SIGUSR2)
    visitor.request("/timer")


def visit_shell(visitor):
    running = visitor.running
    check(running.wait() == 0, "the script failed")
    check(running.output().endswith("WORD THROUGH\nDONE\n"), "the script said something else")


HAPROXY = Example(
    name="haproxy",
    title="HAProxy",
    recipe=Recipe("example-haproxy", ("haproxy",), texts={"etc/haproxy.cfg": HAPROXY_CONFIGURATION}),
    command="/usr/sbin/haproxy -W -f /etc/haproxy.cfg".split(),
    visit=visit_haproxy,
    exercised="HTTP and TCP to two servers with health checks, compression, a server that goes away, statistics and "
    "commands through its socket, a reload (SIGUSR2), a graceful end (SIGUSR1)",
    packages=("haproxy",),
    stop=signal.SIGUSR1,
)
NODE = Example(
    name="node",
    title="Node.js server",
    recipe=Recipe(
        "example-node",
        ("node", "busybox"),
        texts={"srv/server.js": NODE_SERVER},
        links={f"usr/bin/{applet}": "busybox" for applet in ("sh", "cat")},
    ),
    command="/usr/bin/node /srv/server.js".split(),
    visit=visit_node,
    exercised="files, streams, watching a folder, timers, child processes, worker threads, hashes in the thread pool, "
    "names, uploads, requests of its own, a graceful end (SIGTERM)",
    packages=("nodejs",),
)
SHELL = Example(
    name="busybox-shell",
    title="busybox shell script",
    recipe=Recipe(
        "example-shell",
        ("busybox",),
        texts={"srv/script.sh": SHELL_SCRIPT},
        links={f"usr/bin/{applet}": "busybox" for applet in APPLETS},
    ),
    command=("/bin/sh", "/srv/script.sh"),
    visit=visit_shell,
    exercised="pipelines, files, links, archives, checksums, traps, background jobs, named pipes, facts of the system",
    packages=("busybox-static",),
)
ALL = (HAPROXY, NODE, SHELL)
