# SPDX-License-Identifier: Apache-2.0
"""`snug diff`: what two profiles or recordings do differently, with statuses that a pipeline can act on."""

import json

import harness
from needing import CHOWN, LISTEN, MOUNT, recording


def oci(*names, **more):
    rules = [{"names": list(names), "action": "SCMP_ACT_ALLOW"}]
    return {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": rules, **more}


# What recordings and reports on capabilities alike say of app that no longer needs one thing, and needs another now.
CHANGED_NEEDS = (
    "from old to new\n"
    "+ CAP_SYS_ADMIN is needed now\n"
    "    as good as root\n"
    "    Docker does not give it unless told to\n"
    "    /bin/app: mount, /mnt\n"
    "- CAP_CHOWN is no longer needed\n"
    "+ /bin/su gains privilege now\n"
    "    no_new_privileges could be set before, and cannot be set now\n"
)


@harness.needs("x86_64")
class Diff(harness.Case):
    def write(self, name, content):
        path = self.dir / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def diff(self, old, new, *words):
        self.write("old", old)
        self.write("new", new)
        return harness.snug("diff", "old", "new", *words, cwd=self.dir)

    def report(self, content):
        """What `snug caps` says of the recording, for programs."""
        outcome = harness.snug("caps", "--format", "json", self.write("recording", content))
        self.assert_status(outcome, 0)
        return json.loads(outcome.out)

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
        self.assertRegex(same.out, "have the same calls and need the same capabilities\n$")
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

    def test_recordings_and_reports_tell_changed_needs_in_the_same_words(self):
        old, new = recording(CHOWN), recording(MOUNT, gains=["/bin/su"])
        for before, after, title in (
            (old, new, "System calls made and capabilities needed"),
            (self.report(old), self.report(new), "Capabilities needed"),
        ):
            with self.subTest(title=title):
                outcome = self.diff(before, after)
                found = json.loads(self.diff(before, after, "--format", "json").out)
                markdown = self.diff(before, after, "--format", "markdown").out

                self.assertEqual((outcome.status, outcome.out, outcome.err), (1, CHANGED_NEEDS, ""))
                self.assertEqual((found["schema"], found["same"]), ("snug.diff/1", False))
                self.assertEqual(
                    found["capabilities"],
                    {
                        "added": [
                            {
                                "name": "CAP_SYS_ADMIN", "gives_root": True, "in_docker_default": False,
                                "works_rootless": True, "evidence": ["/bin/app: mount, /mnt"],
                            }
                        ],
                        "removed": ["CAP_CHOWN"],
                        "gaining": ["/bin/su"],
                        "not_compared": None,
                    },
                )
                self.assertTrue(markdown.startswith(f"### {title} from old to new\n"))
                self.assertIn("- **CAP\\_SYS\\_ADMIN** is needed now\n  - as good as root\n", markdown)

    def test_the_same_needs_are_no_difference(self):
        same = recording(CHOWN, gains=["/bin/su"])
        recordings = self.diff(same, same)
        reports = self.diff(self.report(same), self.report(same))

        self.assert_status(recordings, 0)
        self.assertEqual(recordings.out, "old and new have the same calls and need the same capabilities\n")
        self.assert_status(reports, 0)
        self.assertEqual(reports.out, "old and new need the same capabilities\n")

    def test_gates_fail_for_needed_capabilities(self):
        cases = (
            (recording(), recording(LISTEN), {"added"}),
            (recording(), recording(MOUNT), {"added", "powerful"}),
            (recording(MOUNT), recording(), set()),
        )
        for old, new, failing in cases:
            for before, after in ((old, new), (self.report(old), self.report(new))):
                for gate in ("added", "loosened", "powerful"):
                    with self.subTest(old=before, new=after, gate=gate):
                        self.assert_status(self.diff(before, after, "--fail-on", gate), int(gate in failing))

    def test_needs_that_were_not_looked_at_are_not_compared(self):
        unwatched = recording()
        del unwatched["runs"][0]["privilege"]
        outcome = self.diff(unwatched, recording(MOUNT))
        why = "in the earlier recording, the run of 'app' was recorded without looking at that"

        self.assert_status(outcome, 0)
        self.assertEqual(
            outcome.out, f"old and new have the same calls\ncapabilities were not compared: {why}\n"
        )
        found = json.loads(self.diff(unwatched, recording(MOUNT), "--format", "json").out)
        self.assertEqual(found["capabilities"], {"added": [], "removed": [], "gaining": [], "not_compared": why})

    def test_what_makes_one_less_certain_is_warned_of(self):
        outcome = self.diff(recording(privileged=False), recording())
        alike = self.diff(recording(privileged=False), recording(privileged=False))

        self.assert_status(outcome, 0)
        self.assertIn("warning: old may lack needs of capabilities that new has: a tracer without", outcome.err)
        self.assertEqual(alike.err, "")

    def test_a_report_of_another_version_is_refused(self):
        report = self.report(recording())
        outcome = self.diff(report, report | {"schema": "snug.capabilities/2"})

        self.assertEqual(
            (outcome.status, outcome.out, outcome.err),
            (
                2,
                "",
                "snug: cannot read the report on capabilities new\n"
                '  cause: schema is "snug.capabilities/2", and this snug reads "snug.capabilities/1"\n'
                "  try:   make the report again: snug caps --format json RECORDING -o FILE\n",
            ),
        )

    def test_what_cannot_be_compared_is_one_error(self):
        profile, recording = oci("read"), {"schema": "snug.recording/1"}
        report = {"schema": "snug.capabilities/1", "recommended": [], "capabilities": [], "gaining": []}
        for old, new, words, message in (
            (profile, recording, [], "one is a recording and the other is not"),
            (report, recording, [], "one is a report of snug caps and the other is not"),
            (profile, report, [], "one is a report of snug caps and the other is not"),
            (report, report, ["--recording", "x"], "two reports of snug caps bring their own evidence"),
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
