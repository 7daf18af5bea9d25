# SPDX-License-Identifier: Apache-2.0
"""What capabilities a call needs, as a conjunction of clauses: sets of names, one of each of which must be held.

"A|B&C" is written for {{A, B}, {C}}, and "-" for the empty conjunction, which needs nothing.
"""

import itertools

NAMES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()


def smallest(sets):
    """Those of `sets` that contain no other of them."""
    sets = {frozenset(one) for one in sets}
    return {one for one in sets if not any(other < one for other in sets)}


def parse(expression):
    """The clauses of an expression, without those that another one implies."""
    if expression == "-":
        return set()
    clauses = smallest(clause.split("|") for clause in expression.split("&"))
    unknown = set().union(*clauses) - set(NAMES)
    if unknown:
        raise ValueError(f"no capabilities: {', '.join(sorted(unknown))}")
    return clauses


def write(clauses):
    return "&".join(sorted("|".join(sorted(clause)) for clause in clauses)) or "-"


def sufficient(clauses):
    """The smallest sets of capabilities that satisfy all clauses."""
    return smallest(itertools.product(*clauses))


def to_mask(names):
    return sum(1 << NAMES.index(name) for name in names)


def from_mask(mask):
    return {name for number, name in enumerate(NAMES) if mask >> number & 1}
