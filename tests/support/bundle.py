# SPDX-License-Identifier: Apache-2.0
"""An OCI bundle's configuration, after the OCI runtime specification (config.md, config-linux.md)."""

import json

# What Docker grants by default.
CAPABILITIES = [
    "CAP_" + name
    for name in "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW "
    "SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split()
]


def configuration(root, command, confinement):
    """The contents of config.json for `command` in the root folder, read-only but for /tmp."""
    return {
        "ociVersion": "1.0.2",
        "root": {"path": str(root), "readonly": True},
        "process": process(command, confinement),
        "mounts": mounts(),
        "linux": linux(confinement),
    }


def process(command, confinement):
    sets = ("bounding", "effective", "permitted")
    names = CAPABILITIES if confinement.capabilities is None else list(confinement.capabilities)
    return {
        "args": list(command),
        "cwd": "/",
        "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        "user": {"uid": confinement.user, "gid": confinement.user},
        "capabilities": {name: names for name in sets},
        "noNewPrivileges": confinement.no_new_privileges,
    }


def mounts():
    return [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "nodev", "mode=1777"]},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]},
    ]


def linux(confinement):
    section = {"namespaces": [{"type": name} for name in ("pid", "network", "ipc", "uts", "mount")]}
    if confinement.maps:
        section["namespaces"].append({"type": "user"})
        mappings = [{"containerID": inside, "hostID": outside, "size": size} for inside, outside, size in confinement.maps]
        section |= {"uidMappings": mappings, "gidMappings": mappings}
    if confinement.seccomp:
        section["seccomp"] = json.loads(confinement.seccomp.read_text())
    return section
