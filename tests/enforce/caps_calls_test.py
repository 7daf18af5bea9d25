# SPDX-License-Identifier: Apache-2.0
"""Single calls whose needs are known: that the kernel asks for just these, and that a recording tells them.

The cases are those of tests/tracees/capability_calls.c. Each run is in a folder and in namespaces of its own.
"""

import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import capability_expressions as expressions
from harness import BINARY_DIR, SNUG, Case, main, needs, run

CALLS = BINARY_DIR / "tracees/capability_calls"
DONE, DENIED, IMPOSSIBLE = 0, 1, 77

# What some machines cannot do, each for a reason that the case tells. More than these is a fault of the suite.
MAY_BE_IMPOSSIBLE = {
    "advise_stranger",
    "ask_for_audit_features",
    "ask_for_audit_status",
    "ask_for_quota_of_another",
    "bind_low_port_in_own_namespace",
    "bind_low_vsock_port",
    "change_root_in_own_namespace",
    "count_kernel",
    "count_own_work",
    "count_processor",
    "count_work_of_stranger",
    "drop_from_bounding_set_in_own_namespace",
    "handle_faults_of_kernel",
    "link_descriptor_of_former_self",
    "link_others_secret",
    "link_own_descriptor",
    "load_nothing_as_module",
    "log_in",
    "log_in_again",
    "make_tunnel",
    "make_user_namespace",
    "map_block_of_file",
    "map_own_group",
    "map_root",
    "mount_in_own_namespace",
    "name_host_from_own_namespace",
    "name_host_in_own_namespace",
    "open_environment_of_stranger",
    "open_log_device",
    "open_maps_of_stranger",
    "open_raw_socket_in_own_namespace",
    "poll_socket_longer",
    "read_kernel_symbols",
    "read_log",
    "stay_awake",
    "swap_to_file",
    "use_io_ports",
    "wake_by_timer",
}
# What only the kernel knows: who opened a descriptor, and with which credentials; the modes of message queues.
BEYOND_RULES = {"link_descriptor_of_former_self", "open_others_message_queue"}
MOST_IMPOSSIBLE = 24
LEAST_PROVEN = 120
# What only the kernel knows: with which credentials a descriptor was opened, and the modes of message queues.
BEYOND_RULES = {"link_descriptor_of_former_self", "open_others_message_queue"}
LEAST_PROVEN_TO_NEED_NOTHING = 35


def held():
    """The capabilities of this machine that a program can have here."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return expressions.from_mask(next(int(line.split()[1], 16) for line in lines if line.startswith("CapBnd:")))


class Call:
    def __init__(self, line):
        self.name, self.needs, self.remark = line.split("\t")
        self.clauses = expressions.parse(self.needs)

    def namespaces(self):
        """Processes that a case leaves behind end with the pid namespace."""
        common = ("unshare", "--mount", "--net", "--uts", "--ipc")
        return common if self.remark == "initial" else (*common, "--pid", "--fork", "--kill-child", "--mount-proc")

    def run(self, folder, *command):
        """Runs `command` after what the case prepares in `folder`. It must not be the first process there."""
        script = '"$1" prepare "$2" "$3" || exit; shift 3; "$@"; exit $?'
        return run(*self.namespaces(), "sh", "-c", script, "sh", CALLS, self.name, folder, *command)

    def run_with(self, names):
        with tempfile.TemporaryDirectory(prefix="snug-call-", ignore_cleanup_errors=True) as folder:
            command = (CALLS, "with", f"{expressions.to_mask(names):x}", "act", self.name, folder)
            return self.run(folder, *command)

    def experiments(self, full):
        """Sets of capabilities, and what the call must end with if it has these."""
        if not self.is_provable(full):
            return [(full, DENIED)]
        alone = [(names, DONE) for names in expressions.sufficient(self.clauses) if names <= full]
        without = [(full - clause, DENIED) for clause in self.clauses]
        return [(full, DONE), *alone, *without]

    def is_provable(self, full):
        return all(clause & full for clause in self.clauses)


class Trial:
    """A call under all of its experiments."""

    def __init__(self, call, full):
        self.call = call
        self.rows = []
        self.reason = ""
        for names, wanted in call.experiments(full):
            outcome = call.run_with(names)
            if outcome.status == IMPOSSIBLE and names == full:
                self.reason = outcome.err.strip()
                return
            self.rows.append((self.describe(names, full), wanted, outcome))

    @staticmethod
    def describe(names, full):
        if len(names) > len(full) // 2:
            return "all" + "".join(f" - {name}" for name in sorted(full - names))
        return " + ".join(sorted(names)) or "none"

    def drift(self):
        what = f"{self.call.name} ({self.call.needs})"
        return [
            f"{what} with {names}: got {outcome.status}, wanted {wanted}; {outcome.err.strip()}"
            for names, wanted, outcome in self.rows
            if outcome.status != wanted
        ]

    def is_proof(self, full):
        return not self.reason and self.call.is_provable(full) and not self.drift()


def in_parallel(function, items):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(function, items))


class Expressions(Case):
    def test_a_clause_that_another_implies_goes_without_saying(self):
        self.assertEqual(expressions.parse("CHOWN|KILL&CHOWN"), {frozenset({"CHOWN"})})

    def test_sufficient_sets_have_one_of_each_clause(self):
        clauses = expressions.parse("BPF|SYS_ADMIN&PERFMON|SYS_ADMIN")

        self.assertEqual(expressions.sufficient(clauses), {frozenset({"SYS_ADMIN"}), frozenset({"BPF", "PERFMON"})})

    def test_nothing_is_enough_where_nothing_is_needed(self):
        self.assertEqual(expressions.sufficient(expressions.parse("-")), {frozenset()})
        self.assertEqual(expressions.write(expressions.parse("-")), "-")

    def test_masks_are_read_as_written(self):
        self.assertEqual(expressions.from_mask(expressions.to_mask({"CHOWN", "BPF"})), {"CHOWN", "BPF"})


@needs("ptrace", "root", "unshare", "x86_64")
class Calls(Case):
    def calls(self):
        outcome = run(CALLS, "list")
        self.assert_status(outcome, 0)
        calls = [Call(line) for line in outcome.out.splitlines()]
        self.assertEqual(len({call.name for call in calls}), len(calls), "two cases of one name")
        return calls

    def test_the_expressions_are_what_this_kernel_asks_for(self):
        full = held()

        trials = in_parallel(lambda call: Trial(call, full), self.calls())

        for trial in trials:
            with self.subTest(trial.call.name):
                self.assertEqual(trial.drift(), [])
        impossible = {trial.call.name: trial.reason for trial in trials if trial.reason}
        self.assertLessEqual(set(impossible), MAY_BE_IMPOSSIBLE, impossible)
        self.assertLessEqual(len(impossible), MOST_IMPOSSIBLE, impossible)
        proven = [trial.call for trial in trials if trial.is_proof(full)]
        denied = [trial.call.name for trial in trials if not trial.call.is_provable(full)]
        nothing = [call for call in proven if not call.clauses]
        print(f"{len(proven)} proven, {len(nothing)} of them to need nothing; only denied here: {denied}; {impossible}")
        self.assertGreaterEqual(len(proven), LEAST_PROVEN)
        self.assertGreaterEqual(len(nothing), LEAST_PROVEN_TO_NEED_NOTHING)

    def test_the_rules_find_each_of_them(self):
        full = held()
        calls = [call for call in self.calls() if call.is_provable(full) and call.name not in BEYOND_RULES]

        differences = [difference for difference in in_parallel(self.difference, calls) if difference]

        self.assertEqual(differences, [], "\n" + "\n".join(differences))

    def difference(self, call):
        """How what a recording tells of a call differs from what it needs, empty if it does not."""
        folder = self.dir / call.name
        folder.mkdir()
        recording = self.dir / f"{call.name}.json"
        outcome = call.run(folder, SNUG, "trace", "-q", "-o", recording, "--", CALLS, "act", call.name, folder)
        shutil.rmtree(folder, ignore_errors=True)
        if outcome.status == IMPOSSIBLE:
            return ""
        if outcome.status != DONE:
            return f"{call.name} ends with {outcome.status} under trace: {outcome.err.strip()}"
        found = expressions.write(self.recorded(recording, call))
        wanted = expressions.write(call.clauses)
        return f"{call.name}: recorded {found}, needs {wanted}" if found != wanted else ""

    def recorded(self, recording, call):
        """The clauses of all uses, and of all failed attempts that prove them where a case is such a one."""
        classes = {"used", "declared"} | ({"probe"} if call.remark == "probe" else set())
        entries = json.loads(recording.read_text())["capabilities"]
        clauses = [clause for entry in entries if entry["use"] in classes for clause in entry["need"]]
        return expressions.smallest({name.removeprefix("CAP_") for name in clause} for clause in clauses)


if __name__ == "__main__":
    main()
