# SPDX-License-Identifier: Apache-2.0
"""Real programs, each doing real work in an empty folder and a network of its own, as bash scripts."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    needs: tuple
    script: str


NGINX = Program(
    "nginx under wrk",
    ("nginx", "wrk"),
    r"""
echo "user root; worker_processes 2; pid $PWD/pid; error_log $PWD/log; events {} http { access_log $PWD/access;
  server { listen 127.0.0.1:8080; root $PWD; } }" >nginx.conf
head -c 100000 /dev/urandom >page
nginx -c "$PWD/nginx.conf"
wrk --threads 2 --connections 8 --duration 1s http://127.0.0.1:8080/page
nginx -c "$PWD/nginx.conf" -s quit
""",
)
REDIS = Program(
    "redis-server under redis-benchmark",
    ("redis-server", "redis-benchmark"),
    r"""
redis-server --bind 127.0.0.1 --dir "$PWD" --appendonly yes --daemonize yes
until redis-cli ping; do :; done
redis-benchmark -q -n 500 -c 10 -t set,get,lpush,incr
redis-cli shutdown save
""",
)
POSTGRESQL = Program(
    "PostgreSQL under pgbench",
    ("postgres",),
    r"""
for folder in /usr/lib/postgresql/*/bin; do PATH=$folder:$PATH; done
export PGHOST=$PWD
setpriv --reuid=65534 --regid=65534 --clear-groups bash -euc '
initdb --no-sync --no-locale --auth=trust --username=tester data >initdb.log
pg_ctl --pgdata data --wait --options "-c listen_addresses= -c unix_socket_directories=$PWD" --log log start
pgbench --username tester --initialize --quiet postgres
pgbench --username tester --client 4 --jobs 2 --transactions 20 postgres
pg_ctl --pgdata data --wait stop'
""",
)
GIT = Program(
    "git",
    ("git",),
    r"""
export HOME=$PWD GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q .
for word in one two three; do
  echo $word >$word
  git add $word
  git commit -q -m $word
done
git log --stat -p
git checkout -q -b side HEAD~1
git rebase -q HEAD~1
git gc -q
git clone -q . copy
git fsck
""",
)
MAKE = Program(
    "make and gcc",
    ("make", "gcc"),
    r"""
printf 'program: a.o b.o\n\tgcc -o $@ $^\n%%.o: %%.c\n\tgcc -O1 -pipe -c -o $@ $<\n' >Makefile
echo 'int b(void); int main(void) { return b(); }' >a.c
echo 'int b(void) { return 0; }' >b.c
make -j2
./program
""",
)
SUBPROCESSES = Program(
    "python's subprocess and multiprocessing",
    ("python3",),
    r"""
/usr/bin/python3 -c '
import multiprocessing, subprocess
for _ in range(5):
    subprocess.run(["sort", "-u"], input=b"b\na\n", check=True)
with multiprocessing.Pool(3) as pool:
    pool.map(abs, range(100))
'
""",
)
THREADS = Program(
    "python's threading",
    ("python3",),
    r"""
/usr/bin/python3 -c '
import os, queue, threading
jobs = queue.Queue(2)
def work():
    while jobs.get() is not None:
        open("file", "a").close()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[jobs.put(number) for number in range(400)]
[jobs.put(None) for _ in threads]
[thread.join() for thread in threads]
'
""",
)
ASYNCIO = Program(
    "python's asyncio",
    ("python3",),
    r"""
/usr/bin/python3 -c '
import asyncio
async def answer(reader, writer):
    writer.write(await reader.readline())
    writer.close()
async def ask():
    reader, writer = await asyncio.open_connection("127.0.0.1", 8080)
    writer.write(b"word\n")
    await reader.read()
    writer.close()
async def main():
    async with await asyncio.start_server(answer, "127.0.0.1", 8080):
        await asyncio.gather(*(ask() for _ in range(50)))
        await (await asyncio.create_subprocess_exec("true")).wait()
asyncio.run(main())
'
""",
)
PERL = Program(
    "perl",
    ("perl",),
    r"""
perl -MFile::Temp=tempfile -MPOSIX=:sys_wait_h -e '
for my $n (1 .. 20) { my $pid = fork // die; exit 0 unless $pid; waitpid $pid, 0 }
my ($handle, $name) = tempfile(DIR => "."); print $handle "line $_\n" for 1 .. 1000; close $handle;
print sort { $b cmp $a } `grep 7 $name`;
local $SIG{ALRM} = sub { die "late" }; alarm 5; select undef, undef, undef, 0.01; alarm 0;'
""",
)
OPENSSH = Program(
    "openssh's client",
    ("ssh", "ssh-keygen", "ssh-agent"),
    r"""
ssh -G localhost
ssh-keygen -q -t ed25519 -N '' -f key
ssh-keygen -Y sign -n file -f key key.pub
eval "$(ssh-agent -s)"
ssh-add key
ssh-add -l
ssh-agent -k
""",
)
TAR = Program(
    "tar through gzip and xz",
    ("tar", "gzip", "xz"),
    r"""
tar -C /usr/include -c linux | gzip -1 >a.tar.gz
gzip -dc a.tar.gz | tar -x
tar -cf - linux/netfilter | xz -0 -T2 | xz -dc | tar -t
""",
)
XARGS = Program("xargs -P", ("xargs",), "seq 60 | xargs -P4 -n1 sh -c 'echo $0; exit 0'")
NODE = Program(
    "node",
    ("node",),
    r"""
node -e '
const http = require("http"), { Worker } = require("worker_threads"), { execFileSync } = require("child_process");
new Worker("require(`fs`).readdirSync(`/`)", { eval: true });
execFileSync("true");
const server = http.createServer((request, response) => response.end("word"));
server.listen(8080, "127.0.0.1", async () => {
  for (let i = 0; i < 20; i++)
    await new Promise((done) => http.get("http://127.0.0.1:8080", (answer) => answer.resume().on("end", done)));
  server.close();
});'
""",
)
GO = Program(
    "programs written in Go",
    ("runc", "docker", "podman"),
    r"""
runc spec
runc --root "$PWD/state" list
docker --version
podman --version
""",
)
APT = Program("apt-get", ("apt-get",), "apt-get -s install --reinstall coreutils || true; apt-cache policy bash")
BUSYBOX = Program(
    "busybox",
    ("busybox",),
    r"""
busybox sh -c '
i=0; while [ $i -lt 40 ]; do busybox echo $i >>list; i=$((i+1)); done
busybox sort -rn list | busybox head -n 5 | busybox md5sum
(busybox sleep 0.01 & wait)'
""",
)
FIND = Program("find", ("find",), r"find /etc /usr/share/doc -maxdepth 2 -name '*.c*' -exec true {} + -o -size 3k")
BASH = Program(
    "bash pipelines",
    ("bash",),
    r"""
for i in {1..15}; do echo "$i" | tr 1 2 | sed s/2/3/ | cat; done
diff <(seq 10) <(seq 10)
coproc cat
echo word >&"${COPROC[1]}"
read -r -u "${COPROC[0]}"
trap 'echo caught' USR1
kill -USR1 $$
""",
)
SIGNALS = Program(
    "calls that signals interrupt",
    ("python3",),
    r"""
/usr/bin/python3 -c '
import os, signal, threading
answering, asking = os.pipe()
signal.signal(signal.SIGALRM, lambda *_: None)
signal.siginterrupt(signal.SIGALRM, False)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
threading.Timer(0.3, os.write, (asking, b"word")).start()
os.read(answering, 4)
signal.setitimer(signal.ITIMER_REAL, 0)'
sleep 0.1 &
for _ in {1..50}; do
  kill -STOP $! && kill -CONT $! || break
done 2>errors
wait
""",
)
SQLITE = Program(
    "sqlite3",
    ("sqlite3",),
    r"""
sqlite3 db 'PRAGMA journal_mode=WAL; CREATE TABLE t(x); BEGIN;
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n LIMIT 20000) INSERT INTO t SELECT x FROM n; COMMIT;
SELECT count(*) FROM t; DELETE FROM t WHERE x % 2; VACUUM;'
sqlite3 db .dump | sqlite3 other
""",
)
CMAKE = Program(
    "cmake",
    ("cmake", "ninja"),
    r"""
printf 'cmake_minimum_required(VERSION 3.22)\nproject(p C)\nadd_executable(p p.c)\n' >CMakeLists.txt
echo 'int main(void) { return 0; }' >p.c
cmake -G Ninja -B build .
cmake --build build
""",
)
ALL = (
    NGINX, REDIS, POSTGRESQL, GIT, MAKE, SUBPROCESSES, THREADS, ASYNCIO, PERL, OPENSSH, TAR, XARGS, NODE, GO, APT,
    BUSYBOX, FIND, BASH, SIGNALS, SQLITE, CMAKE,
)
