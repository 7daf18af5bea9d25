# SPDX-License-Identifier: Apache-2.0
"""What a log of `strace -f` tells of a container's start: the calls under its filter, program by program."""

import dataclasses
import re

# Numbers of new processes are shown as strace's own namespace counts them, whatever the container's says.
STRACE = ["strace", "-f", "-qq", "-e", "signal=none", "--decode-pids=pidns", "-o"]

BEGUN = re.compile(r"(\d+) +(\w+)\((.*)")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
RESULT = re.compile(r" = (-?\d+)(?: /\* (\d+) in strace's PID NS \*/)?(?: [A-Z(].*)?$")
LOADS_FILTER = re.compile(r"(prctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER|seccomp\(SECCOMP_SET_MODE_FILTER)")
BIRTHS = {"clone", "clone3", "fork", "vfork"}
EXECS = {"execve", "execveat"}


@dataclasses.dataclass
class Call:
    """One call of one thread; its result is None where it did not return, and a birth's is the host's number."""

    thread: int
    name: str
    text: str
    result: int | None = None

    def succeeded(self):
        return self.result == 0


def result_in(text):
    found = RESULT.search(text)
    return int(found[2] or found[1]) if found else None


def calls_in(lines):
    """The log's calls in the order in which they began."""
    calls, unfinished = [], {}
    for line in lines:
        if begun := BEGUN.match(line):
            call = Call(int(begun[1]), begun[2], f"{begun[2]}({begun[3]}", result_in(begun[3]))
            calls.append(call)
            unfinished[call.thread, call.name] = call
        elif resumed := RESUMED.match(line):
            unfinished[int(resumed[1]), resumed[2]].result = result_in(resumed[3])
    return calls


def programs_under_filter(lines):
    """The names of the calls made under the container's filter: a set for each program on the way to the workload.

    The first program is the runtime, from the loading of the filter on. A thread proceeds to the next program where it
    succeeds with an exec, which the program before has called; a child begins with its parent's.
    """
    programs, position = [], {}

    def enter(thread, place):
        position[thread] = place
        programs.extend(set() for _ in range(len(programs), place + 1))

    for call in calls_in(lines):
        if call.thread in position:
            place = position[call.thread]
            programs[place].add(call.name)
            if call.name in BIRTHS and call.result:
                position[call.result] = place
            if call.name in EXECS and call.succeeded():
                enter(call.thread, place + 1)
        elif LOADS_FILTER.match(call.text) and call.succeeded():
            enter(call.thread, 0)
    return programs
