# SPDX-License-Identifier: Apache-2.0
"""strace is an independent witness: what it sees of real programs, snug has recorded, call by call."""

import subprocess

from harness import Case, main, needs
from recordings import counts, record

# Programs of one process, whose every call is the same in every run.
EXACT = [
    ["ls", "-l", "/usr"],
    ["cat", "/etc/passwd"],
    ["sort", "-r", "/etc/passwd"],
    ["find", "/etc", "-maxdepth", "1"],
    ["sed", "-n", "1p", "/etc/passwd"],
    ["awk", "{print $1}", "/etc/passwd"],
    ["tar", "-cf", "/dev/null", "-C", "/etc", "passwd"],
    ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=5000"],
]

# Programs of many, or with a random hash seed, where how often a call is made is chance, but not whether it is.
SAME_NAMES = [
    ["/usr/bin/python3", "-I", "-c", "import json, socket; print(json.dumps([1]))"],
    ["sh", "-c", "for i in 1 2 3; do ls / | sort | wc -l; done"],
    ["sh", "-c", "seq 40 | xargs -P4 -n1 echo"],
    ["/usr/bin/python3", "-I", "-c", "import subprocess as s; [s.run(['true']) for _ in range(5)]"],
    ["g++", "-x", "c++", "-fsyntax-only", "/dev/null"],
]


# strace counts calls when they return, and these do not.
WITHOUT_RETURN = {"exit", "exit_group", "rt_sigreturn"}


@needs("ptrace", "strace")
class Witness(Case):
    def seen_by_strace(self, command):
        """How often each call was made, without the exec by which strace itself starts the command."""
        summary = self.dir / "summary"
        subprocess.run(
            ["strace", "-f", "-c", "-U", "calls,name", "-o", summary, *command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # as under snug: programs ask what it is
        )
        rows = [line.split() for line in summary.read_text().splitlines()]
        made = {name: int(calls) for calls, name in (row for row in rows if len(row) == 2 and row[0].isdigit())}
        made.pop("total")
        made["execve"] -= 1
        return {name: calls for name, calls in made.items() if calls and name not in WITHOUT_RETURN}

    def seen_by_snug(self, stops, command):
        outcome, recording = record(self.dir / "r.json", *command, options=["--stops", stops])
        self.assert_status(outcome, 0)
        self.assertTrue(recording["complete"], recording["incomplete_because"])
        return {name: calls for name, calls in counts(recording).items() if name not in WITHOUT_RETURN}

    def compare(self, commands, view):
        for command in commands:
            witnessed = self.seen_by_strace(command)
            self.assertGreater(len(witnessed), 10)
            for stops in ("seccomp", "syscall"):
                with self.subTest(command=command, stops=stops):
                    self.assertEqual(view(self.seen_by_snug(stops, command)), view(witnessed))

    def test_programs_of_one_process_make_the_very_calls_that_strace_counts(self):
        self.compare(EXACT, lambda made: made)

    def test_other_programs_make_the_kinds_of_calls_that_strace_sees(self):
        self.compare(SAME_NAMES, set)


if __name__ == "__main__":
    main()
