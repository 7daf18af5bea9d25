# SPDX-License-Identifier: Apache-2.0
"""`snug diff`: what two profiles or recordings do differently, with statuses that a pipeline can act on."""

import json

import harness


def oci(*names, **more):
    rules = [{"names": list(names), "action": "SCMP_ACT_ALLOW"}]
    return {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": rules, **more}


@harness.needs("x86_64")
class Diff(harness.Case):
    def write(self, name, content):
        path = self.dir / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def diff(self, old, new, *words):
        return harness.snug("diff", self.write("old", old), self.write("new", new), *words, cwd=self.dir)

    def test_the_same_in_another_format_is_no_difference(self):
        outcome = self.diff(oci("read", "write"), "write\nread\n")

        self.assert_status(outcome, 0)
        self.assertRegex(outcome.out, "decide alike on every call\n$")
        self.assertEqual(outcome.err, "")

    def test_a_difference_is_status_1_and_told_with_its_risk(self):
        outcome = self.diff(oci("read", "write"), oci("read", "mount"))

        self.assert_status(outcome, 1)
        self.assertIn("\n+ mount is allowed now; before, it fails with EPERM\n    powerful: it ", outcome.out)
        self.assertIn("\n- write is no longer allowed: it fails with EPERM\n", outcome.out)

    def test_gates_fail_for_what_they_name_only(self):
        conditional = oci("read")
        conditional["syscalls"].append(
            {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}
        )
        cases = (
            (oci("read"), oci("read", "getpid"), {"added"}),
            (oci("read"), oci("read", "mount"), {"added", "powerful"}),
            (conditional, oci("read", "socket"), {"loosened"}),
            (oci("read", "mount"), oci("read"), set()),
            (oci("read"), oci("read", architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]),
             {"added", "loosened", "powerful"}),
        )
        for old, new, failing in cases:
            for gate in ("added", "loosened", "powerful"):
                with self.subTest(old=old, new=new, gate=gate):
                    self.assert_status(self.diff(old, new, "--fail-on", gate), int(gate in failing))
        self.assert_status(self.diff(oci("read"), oci("read", "getpid"), "--fail-on", "powerful,added"), 1)

    def test_json_and_markdown_say_the_same(self):
        as_json = json.loads(self.diff(oci("read"), oci("read", "mount"), "--format", "json").out)
        as_markdown = self.diff(oci("read"), oci("read", "mount"), "--format", "markdown").out

        self.assertEqual([(call["name"], call["change"]) for call in as_json["calls"]], [("mount", "added")])
        self.assertIn("- **mount** is allowed now", as_markdown)

    @harness.needs("ptrace")
    def test_recordings_beside_profiles_tell_who_calls(self):
        recording = self.dir / "r.json"
        self.assert_status(harness.snug("trace", "-q", "-o", recording, "--", "/bin/true"), 0)
        outcome = self.diff(oci("read"), oci("read", "exit_group"), "--recording", recording)

        self.assert_status(outcome, 1)
        self.assertRegex(outcome.out, r"    made 1 time by /\S*/true\b.*, under /bin/true\n")

    @harness.needs("ptrace")
    def test_two_recordings_are_compared_by_what_was_called(self):
        for name, command in (("one", "exit 0"), ("two", "ls / >/dev/null")):
            recorded = harness.snug("trace", "-q", "-o", self.dir / name, "--", "/bin/sh", "-c", command)
            self.assert_status(recorded, 0)
        same = harness.snug("diff", self.dir / "one", self.dir / "one")
        more = harness.snug("diff", self.dir / "one", self.dir / "two")
        gated = harness.snug("diff", self.dir / "two", self.dir / "one", "--fail-on", "added,powerful")

        self.assert_status(same, 0)
        self.assertRegex(same.out, "have the same calls\n$")
        self.assert_status(more, 1)
        self.assertRegex(more.out, r"\+ getdents64 is made now\n(    .*\n)*    made \d+ times by /\S*/ls\b")
        self.assert_status(gated, 0)

    @harness.needs("ptrace")
    def test_an_incomplete_recording_is_warned_of(self):
        self.assert_status(harness.snug("trace", "-q", "-o", self.dir / "r.json", "--", "/bin/true"), 0)
        recording = json.loads((self.dir / "r.json").read_text())
        recording.update(complete=False, incomplete_because=["a task was not followed"])
        recording["runs"][0].update(incomplete_because=["a task was not followed"])
        outcome = self.diff(recording, recording)

        self.assert_status(outcome, 0)
        self.assertIn("new is incomplete, so calls may be missing: a task was not followed", outcome.err)

    def test_what_cannot_be_compared_is_one_error(self):
        profile, recording = oci("read"), {"schema": "snug.recording/1"}
        for old, new, words, message in (
            (profile, recording, [], "one is a recording and the other is not"),
            (recording, recording, ["--recording", "x"], "--recording goes with two profiles"),
            (profile, "{", [], "new"),
            (profile, profile, ["--recording", "missing"], "missing"),
        ):
            with self.subTest(message=message):
                outcome = self.diff(old, new, *words)
                self.assert_status(outcome, 2)
                self.assertEqual(outcome.out, "")
                self.assertIn(message, outcome.err)
        outcome = harness.snug("diff", "-", "-")
        self.assert_status(outcome, 2)
        self.assertIn("both names are '-'", outcome.err)

    def test_standard_input_can_be_one_of_them(self):
        outcome = harness.snug("diff", "-", self.write("new", oci("read")), input="read\n")

        self.assert_status(outcome, 0)


if __name__ == "__main__":
    harness.main()
