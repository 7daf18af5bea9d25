# SPDX-License-Identifier: Apache-2.0
"""Recordings of what needs capabilities, made by hand."""


def need(capability, name, number, on, use="used"):
    seen = {"run": "r-1", "executable": "x-1", "count": 1, "confirmed": 0, "first": {"elapsed_ms": 0, "tid": 1}}
    capabilities = [capability] if isinstance(capability, str) else list(capability)
    return {"need": [capabilities], "use": use, "arch": "x86_64", "name": name, "number": number, "on": on,
            "seen": [seen]}


CHOWN = need("CAP_CHOWN", "chown", 92, "/srv")
MOUNT = need("CAP_SYS_ADMIN", "mount", 165, "/mnt")
LISTEN = need("CAP_NET_BIND_SERVICE", "bind", 49, "port 80/tcp")


def recording(*needs, gains=(), privileged=True, uid=0, incomplete_because=()):
    """Of one run of /bin/app, watched for what it needs of capabilities."""
    none = {name: [] for name in ("bounding", "permitted", "effective", "ambient", "unjudged_because")}
    books = ("born", "attached", "gone", "detached")
    missed = {"complete": not incomplete_because, "incomplete_because": list(incomplete_because)}
    run = {
        "id": "r-1", "command": ["app"], "started": "2026-01-02T03:04:05.000006Z", "duration_ms": 1,
        "interval": {"from": "launch", "to": "last task"}, "exit": {"code": 0},
        "host": {"kernel": "6.1", "arch": "x86_64", "libc": ""},
        "tracer": {"version": "0", "mode": "seccomp", "privileged": privileged, "no_new_privileges": False},
        "container": None, **missed,
        "accounting": {f"tasks_{kind}": 0 for kind in books}
        | {kind: 0 for kind in ("execs", "stops", "calls", "syscall_stops", "unread")},
        "privilege": {"uid": uid, "gid": 0, "no_new_privileges": False, "in_first_namespace": True, **none,
                      "gains": list(gains), "no_kernel_evidence": ""},
    }
    return {
        "schema": "snug.recording/1", **missed, "runs": [run],
        "executables": [{"id": "x-1", "path": "/bin/app", "build_id": ""}], "objects": [], "syscalls": [],
        "capabilities": list(needs),
    }
