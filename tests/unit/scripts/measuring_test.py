# SPDX-License-Identifier: Apache-2.0
"""What scripts/measure-floor reads from strace's log, and how it lays out and compares floors."""

import json
import sys

from harness import SOURCE_DIR, Case, main

sys.path.append(str(SOURCE_DIR / "scripts"))

from measuring import floor_files  # noqa: E402  (found through the line above)
from measuring.strace_log import programs_under_filter  # noqa: E402

LOADED = "7  seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=9, filter=0x1}) = 0"
EXECUTED = '7  execve("/init", ["init"], 0x1 /* 1 var */) = 0'


def programs(*lines):
    return [sorted(calls) for calls in programs_under_filter(lines)]


def crun_entry(*calls, phase="start"):
    return {"kind": "measured", "versions": ["1.8.1"], "phase": phase, "no_new_privileges": True, "calls": list(calls)}


class Log(Case):
    def test_a_program_s_calls_begin_after_the_filter_and_end_with_its_exec(self):
        self.assertEqual(
            programs("7  openat(AT_FDCWD) = 3", LOADED, "7  close(3) = 0", EXECUTED, "7  brk(NULL) = 0x55"),
            [["close", "execve"], ["brk"]],
        )

    def test_prctl_loads_a_filter_too(self):
        loaded = "7  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=9, filter=0x1}) = 0"
        self.assertEqual(programs(loaded, "7  close(3) = 0"), [["close"]])

    def test_a_filter_that_the_kernel_refused_is_none(self):
        probe = "7  seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL) = -1 EFAULT (Bad address)"
        self.assertEqual(programs(probe, "7  close(3) = 0"), [])

    def test_a_thread_without_the_filter_does_not_count(self):
        self.assertEqual(programs(LOADED, "8  mount(NULL) = 0", "7  close(3) = 0"), [["close"]])

    def test_a_program_that_is_killed_before_its_first_call_has_run(self):
        self.assertEqual(programs(LOADED, EXECUTED), [["execve"], []])

    def test_an_exec_that_failed_ends_nothing(self):
        failed = '7  execve("/bin/init", ["init"], 0x1 /* 1 var */) = -1 ENOENT (No such file or directory)'
        self.assertEqual(programs(LOADED, failed, "7  getpid() = 1"), [["execve", "getpid"]])

    def test_a_call_that_is_interrupted_by_others_counts_once_it_returns(self):
        begun = "7  seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=9, filter=0x1} <unfinished ...>"
        resumed = "7  <... seccomp resumed>) = 0"
        # What begins before the filter is there is not the floor's.
        self.assertEqual(programs(begun, "8  mount(NULL) = 0", resumed, "7  close(3) = 0"), [["close"]])

    def test_a_child_begins_where_its_parent_is_whatever_its_number_is_in_the_container(self):
        birth = "7  clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>"
        born = "7  <... clone resumed>) = 2 /* 9 in strace's PID NS */"
        executed = '9  execve("/true", ["true"], 0x1 /* 1 var */) = 0'
        self.assertEqual(
            programs(LOADED, EXECUTED, birth, "9  setpgid(0, 0) = 0", born, executed, "9  exit_group(0) = ?"),
            [["execve"], ["clone", "execve", "setpgid"], ["exit_group"]],
        )


class Files(Case):
    def test_a_rendered_floor_is_json_with_the_same_contents(self):
        floor = {"schema": "snug.floor/1", "runtime": "crun", "entries": [crun_entry(*(f"call{n}" for n in range(40)))]}
        text = floor_files.render(floor)
        self.assertEqual(json.loads(text), floor)
        self.assertLessEqual(max(map(len, text.split("\n"))), 116)

    def test_the_shipped_floors_are_laid_out_as_rendered(self):
        for path in floor_files.SHIPPED.glob("*.json"):
            self.assertEqual(path.read_text(), floor_files.render(json.loads(path.read_text())))

    def differences(self, *entries):
        return list(floor_files.differences({"runtime": "crun", "entries": list(entries)}))

    def test_a_floor_that_is_shipped_differs_in_nothing(self):
        self.assertEqual(
            self.differences(crun_entry("close", "execve")), [("crun 1.8.1 start, no_new_privileges on", [], [])]
        )

    def test_a_call_more_is_missing_and_a_call_less_unseen(self):
        self.assertEqual(
            self.differences(crun_entry("execve", "mount")),
            [("crun 1.8.1 start, no_new_privileges on", ["mount"], ["close"])],
        )

    def test_what_only_a_margin_has_is_neither(self):
        ((_, missing, unseen),) = self.differences(crun_entry("close", "execve", "exit_group"))
        self.assertEqual((missing, unseen), ([], []))

    def test_each_situation_is_compared_by_itself(self):
        situations = [situation for situation, _, _ in self.differences(crun_entry("a"), crun_entry("a", phase="exec"))]
        self.assertEqual(
            situations, ["crun 1.8.1 start, no_new_privileges on", "crun 1.8.1 exec, no_new_privileges on"]
        )

    def test_entries_of_another_version_are_not_compared_with(self):
        entry = crun_entry("close", "close_range", "execve")
        self.assertEqual([missing for _, missing, _ in self.differences(entry)], [["close_range"]])
        entry["versions"] = ["1.28"]
        self.assertEqual([missing for _, missing, _ in self.differences(entry)], [[]])


main()
