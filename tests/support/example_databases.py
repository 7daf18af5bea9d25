# SPDX-License-Identifier: Apache-2.0
"""Example workloads that keep data: redis, memcached, PostgreSQL."""

import os
import signal
from pathlib import Path

from example_drivers import Example, at_once, check, converse
from rootfs import Recipe
from running import until

REDIS_PORT = 6379
MEMCACHED_PORT = 11211
POSTGRES_PORT = 5432

REDIS_COMMANDS = """CONFIG SET appendonly yes
MULTI
SET key value
EXPIRE key 100
INCR counter
EXEC
RPUSH list a b c
SORT list ALPHA
EVAL "return redis.call('GET', 'key')" 0
XADD stream * field value
SET short lived PX 1
PUBLISH channel word
CONFIG SET maxmemory 100mb
CLIENT LIST
INFO
SLOWLOG GET
FLUSHDB ASYNC
"""

POSTGRES_ENTRY = """#!/bin/sh
set -e
bin=$(echo /usr/lib/postgresql/*/bin)
if test ! -e /tmp/data/PG_VERSION; then
  "$bin/initdb" --pgdata=/tmp/data --username=postgres --locale=C.UTF-8 --auth=trust
fi
exec "$bin/postgres" -D /tmp/data -k /tmp -h 127.0.0.1 -c logging_collector=on -c work_mem=64kB -c max_wal_size=32MB
"""
POSTGRES_STATEMENTS = """
CREATE TABLE pieces AS SELECT n, md5(n::text) AS word FROM generate_series(1, 100000) AS n;
CREATE INDEX ON pieces (word);
ALTER TABLE pieces SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*) FROM pieces AS a JOIN pieces AS b USING (word);
SELECT word FROM pieces ORDER BY word DESC OFFSET 99999;
UPDATE pieces SET word = upper(word) WHERE n % 3 = 0;
DELETE FROM pieces WHERE n % 5 = 0;
COPY (SELECT * FROM pieces) TO '/tmp/pieces.csv' CSV;
COPY pieces FROM '/tmp/pieces.csv' CSV;
VACUUM (FULL, ANALYZE) pieces;
VACUUM (PARALLEL 2) pieces;
DO $$ BEGIN PERFORM pg_sleep(0.05); RAISE NOTICE 'slept'; END $$;
SELECT lo_from_bytea(4711, 'large');
SELECT lo_export(4711, '/tmp/large');
LISTEN news; NOTIFY news;
SELECT gen_random_uuid();
CREATE TABLESPACE other LOCATION '/tmp/tablespace';
CREATE TABLE elsewhere TABLESPACE other AS SELECT 1;
DROP TABLE elsewhere; DROP TABLESPACE other;
CREATE DATABASE another TEMPLATE template0; DROP DATABASE another;
SELECT pg_rotate_logfile(), pg_reload_conf();
SELECT pg_switch_wal(); CHECKPOINT;
"""
CANCEL_OTHERS = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"


def visit_redis(visitor):
    check(b"PONG" in visitor.ask(lambda: converse(REDIS_PORT, b"PING\r\n", b"QUIT\r\n")), "no PONG")
    visitor.client("redis-cli", input=REDIS_COMMANDS)
    visitor.client("redis-benchmark", "-q", "-n", "2000", "-c", "20", "-P", "4", "-t", "set,get,lpush,zadd")
    # To begin its append-only file redis rewrites it, and saves nothing else meanwhile.
    visitor.wait_for(lambda: b"aof_rewrite_in_progress:0" in redis_information(), "an append-only file")
    save_in_background(visitor, "BGSAVE", ("rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok"))
    save_in_background(visitor, "BGREWRITEAOF", ("aof_rewrite_in_progress:0", "aof_last_bgrewrite_status:ok"))
    visitor.client("redis-cli", "DEBUG", "RELOAD")


def save_in_background(visitor, command, facts):
    check("started" in visitor.client("redis-cli", command), f"{command} was not begun")
    done, well = (fact.encode() for fact in facts)
    visitor.wait_for(lambda: done in redis_information(), f"the end of {command}")
    check(well in visitor.ask(redis_information), f"{command} failed")


def redis_information():
    return converse(REDIS_PORT, b"INFO persistence\r\n", b"QUIT\r\n")


def visit_memcached(visitor):
    store = b"set key 0 100 5\r\nvalue\r\nget key\r\nincr counter 1\r\ntouch key 5\r\ndelete key\r\n"
    administer = b"stats\r\nstats slabs\r\nstats items\r\nverbosity 1\r\nflush_all\r\nversion\r\n"
    large = b"set large 0 0 500000\r\n" + b"x" * 500000 + b"\r\nget large\r\n"
    check(b"VALUE key" in visitor.ask(lambda: converse(MEMCACHED_PORT, store, b"quit\r\n")), "the value is gone")
    for text in (administer, large):
        visitor.ask(lambda text=text: converse(MEMCACHED_PORT, text, b"quit\r\n"))
    visitor.ask(lambda: at_once([lambda: converse(MEMCACHED_PORT, store * 50, b"quit\r\n")] * 32))
    visitor.ask(lambda: at_once([fill_memcached] * 8))
    datagram = b"\0\1\0\0\0\1\0\0get key\r\n"
    visitor.ask(lambda: converse(MEMCACHED_PORT, datagram, stream=False))


def fill_memcached():
    """More than it may keep, so that it evicts."""
    values = [b"set key%d 0 0 9000 noreply\r\n" % number + b"x" * 9000 + b"\r\n" for number in range(500)]
    return converse(MEMCACHED_PORT, *values, b"version\r\nquit\r\n")


def visit_postgres(visitor):
    ready = [postgres_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(POSTGRES_PORT)]
    until(lambda: visitor.command(*ready).status == 0, 60, "a database that takes connections")
    psql = [postgres_program("psql"), "-h", "127.0.0.1", "-U", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    root = Path(f"/proc/{visitor.running.find_pid()}/root")
    (root / "tmp/tablespace").mkdir()
    os.chown(root / "tmp/tablespace", POSTGRES.user, POSTGRES.user)
    visitor.client(*psql, input=POSTGRES_STATEMENTS)
    bench = [postgres_program("pgbench"), "-h", "127.0.0.1", "-U", "postgres"]
    visitor.client(*bench, "-i", "-s", "1", "-q", "postgres")
    visitor.client(*bench, "-n", "-c", "8", "-j", "2", "-t", "50", "postgres")
    visitor.client(*bench, "-n", "-C", "-S", "-c", "4", "-t", "10", "postgres")
    visitor.client(*psql, "-c", CANCEL_OTHERS)
    dump = visitor.client(postgres_program("pg_dump"), "-h", "127.0.0.1", "-U", "postgres", "postgres")
    check("pgbench_accounts" in dump, "the dump lacks a table")


def postgres_program(name):
    """The newest version's program of that name."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else f"/usr/lib/postgresql/15/bin/{name}"


def postgres_recipe():
    programs = tuple(postgres_program(name) for name in ("initdb", "postgres"))
    version = Path(programs[0]).parents[1]
    libraries = tuple(str(version / "lib" / name) for name in ("plpgsql.so", "dict_snowball.so"))
    shared = (f"/usr/share/postgresql/{version.name}", "/usr/share/zoneinfo/Etc", "/usr/lib/locale/C.utf8")
    links = {"usr/bin/sh": "busybox", "usr/bin/echo": "busybox"}
    return Recipe("example-postgres", (*programs, "busybox", "locale"), (), {"srv/entry.sh": POSTGRES_ENTRY}, links,
                  libraries + shared)  # fmt: skip


REDIS = Example(
    name="redis",
    title="Redis",
    recipe=Recipe("example-redis", ("redis-server",)),
    command=f"/usr/bin/redis-server --bind 127.0.0.1 --port {REDIS_PORT} --dir /tmp --enable-debug-command yes".split(),
    visit=visit_redis,
    exercised="commands of every type, transactions, scripts, expiry, pipelines of 20 clients, a snapshot (BGSAVE), an "
    "append-only file and its rewrite, a reload of the data, a graceful end (SIGTERM)",
    packages=("redis-server",),
)
MEMCACHED = Example(
    name="memcached",
    title="memcached",
    recipe=Recipe("example-memcached", ("memcached",)),
    command=f"/usr/bin/memcached -u nobody -l 127.0.0.1 -p {MEMCACHED_PORT} -U {MEMCACHED_PORT} -t 4 -m 16".split(),
    visit=visit_memcached,
    exercised="small and large values, counters, statistics, eviction, 32 clients at once on four threads, UDP, a "
    "graceful end (SIGTERM)",
    packages=("memcached",),
)
POSTGRES = Example(
    name="postgresql",
    title="PostgreSQL",
    recipe=postgres_recipe(),
    command=("/srv/entry.sh",),
    visit=visit_postgres,
    exercised="an entry script in a shell, initdb, queries with sorts on disk and parallel workers, indexes, COPY, "
    "VACUUM, tablespaces, large objects, pgbench with 8 clients, new connections, cancelled workers, pg_dump, a log "
    "rotation, a reload, checkpoints, a fast shutdown (SIGINT)",
    packages=("postgresql-15",),
    stop=signal.SIGINT,
    user=1000,
)
ALL = (REDIS, MEMCACHED, POSTGRES)
