# SPDX-License-Identifier: Apache-2.0
"""Recordings and profiles that cannot be used: one clear message, the documented status, and nothing written."""

import json

import harness

CUT_SHORT = "record again: the file was cut short or is something else"
EDITED = "record again; a recording is not meant to be edited"

# What a file that should be a recording holds, why it is none, and what to do.
NO_RECORDINGS = [
    ("", "it is empty", "record again"),
    ("{", "it is not whole JSON (byte 2 of 1)", CUT_SHORT),
    ("\x7fELF", "it is not whole JSON (byte 1 of 4)", CUT_SHORT),
    ("[]", 'it is JSON, but not a recording: it has no "schema"', "give a file that 'snug trace' has written"),
    (
        '{"defaultAction": "SCMP_ACT_ERRNO"}',
        'it is JSON, but not a recording: it has no "schema"',
        "give a file that 'snug trace' has written",
    ),
    (
        '{"schema": "snug.recording/2"}',
        'its schema is "snug.recording/2", and this snug reads "snug.recording/1"',
        "record again with this version of snug, or read it with the version that wrote it",
    ),
]

ACTIONS = (
    "use SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, "
    "SCMP_ACT_NOTIFY, SCMP_ACT_TRACE or SCMP_ACT_TRAP"
)
ALLOW = '"defaultAction": "SCMP_ACT_ALLOW"'

# What a file that should be a profile holds, why it is none, and what to do.
NO_PROFILES = [
    ("", "line 1, column 1: the text ends before the JSON does", "restore the file, or generate it again"),
    ('{\n "a": }', "line 2, column 7: this is not JSON", "restore the file, or generate it again"),
    (
        "{}",
        "defaultAction is missing, and some engines then filter nothing at all",
        'add "defaultAction": "SCMP_ACT_ERRNO"',
    ),
    ('{"defaultAction": "SCMP_ACT_BLESS"}', 'defaultAction is "SCMP_ACT_BLESS", which is no action', ACTIONS),
    (
        '{%s, "architectures": ["SCMP_ARCH_PDP11"]}' % ALLOW,
        'architectures[0] is "SCMP_ARCH_PDP11", which is no architecture',
        "use names such as SCMP_ARCH_X86_64, SCMP_ARCH_X86 or SCMP_ARCH_AARCH64",
    ),
    (
        '{%s, "syscalls": [{"names": ["read", "reed"], "action": "SCMP_ACT_ALLOW"}]}' % ALLOW,
        'syscalls[0].names[1] is "reed", which is no system call; engines silently ignore such names',
        "correct or remove the name",
    ),
    (
        '{%s, "syscalls": [{"names": ["read"], "action": "ALLOW"}]}' % ALLOW,
        'syscalls[0].action is "ALLOW", which is no action',
        ACTIONS,
    ),
]


@harness.needs("ptrace")
class Inputs(harness.Case):
    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def traced(self):
        path = self.dir / "recording.json"
        self.assert_status(harness.snug("trace", "-q", "-o", path, "--", "true"), 0)
        return path

    def assert_fails(self, outcome, status, what, cause, remedy):
        self.assertEqual(
            (outcome.status, outcome.out, outcome.err),
            (status, "", f"snug: {what}\n  cause: {cause}\n  try:   {remedy}\n"),
        )


class Recordings(Inputs):
    def assert_unreadable(self, path, what, cause, remedy, **options):
        for verb in ("generate", "merge"):
            with self.subTest(verb=verb, cause=cause):
                outcome = harness.snug(verb, path, "-o", self.dir / "output", **options)

                self.assert_fails(outcome, 2, what, cause, remedy)
                self.assertFalse((self.dir / "output").exists())

    def test_a_file_that_is_no_recording_is_2(self):
        for text, cause, remedy in NO_RECORDINGS:
            path = self.write("given", text)

            self.assert_unreadable(path, f"cannot read the recording {path}", cause, remedy)

    def test_a_recording_that_was_cut_short_is_2_wherever_it_was_cut(self):
        text = self.traced().read_text()

        for length in (1, len(text) // 3, len(text) // 2, len(text) - 3):
            path = self.write("given", text[:length])
            cause = f"it is not whole JSON (byte {length + 1} of {length})"

            self.assert_unreadable(path, f"cannot read the recording {path}", cause, CUT_SHORT)

    def test_a_recording_that_was_edited_is_2(self):
        recording = json.loads(self.traced().read_text())
        call = recording["syscalls"][0]
        call["count"] += 1
        path = self.write("given", json.dumps(recording))
        cause = (
            f'"syscalls", element 0: call {call["number"]} of {call["arch"]} has the count {call["count"]}, '
            f'but its observations add up to {call["count"] - 1}'
        )

        self.assert_unreadable(path, f"cannot read the recording {path}", cause, EDITED)

    def test_a_missing_file_and_a_folder_are_2(self):
        for name, cause in (("missing", "No such file or directory"), (".", "Is a directory")):
            path = f"{self.dir}/{name}"

            self.assert_unreadable(path, f"cannot read {path}", cause, "check the name and the permissions")

    def test_empty_standard_input_is_2(self):
        self.assert_unreadable(
            "-", "cannot read the recording -", "it is empty", "record again", input=""
        )

    def test_one_bad_recording_among_good_ones_is_2(self):
        good, bad = self.traced(), self.write("bad", "{")

        outcome = harness.snug("generate", good, bad, good)

        self.assert_fails(
            outcome, 2, f"cannot read the recording {bad}", "it is not whole JSON (byte 2 of 1)", CUT_SHORT
        )

    def test_an_existing_profile_survives_bad_input(self):
        profile, bad = self.write("profile.json", "precious"), self.write("bad", "{")

        self.assert_status(harness.snug("generate", bad, "-o", profile), 2)

        self.assertEqual(profile.read_text(), "precious")


class IncompleteRecordings(Inputs):
    def incomplete(self):
        recording = json.loads(self.traced().read_text())
        for part in (recording, recording["runs"][0]):
            part.update(complete=False, incomplete_because=["the power went", "a dog barked"])
        return self.write("incomplete.json", json.dumps(recording))

    def test_generate_refuses_them_with_4_and_writes_nothing(self):
        outcome = harness.snug("generate", self.incomplete(), "-o", self.dir / "output")

        self.assert_fails(
            outcome,
            4,
            "cannot generate a profile from an incomplete recording",
            "a dog barked; the power went",
            "record the workload again, or accept the gaps with --allow-incomplete",
        )
        self.assertFalse((self.dir / "output").exists())

    def test_one_incomplete_recording_makes_the_union_incomplete(self):
        self.assert_status(harness.snug("generate", self.traced(), self.incomplete()), 4)

    def test_generate_takes_them_when_asked_to_and_warns(self):
        outcome = harness.snug("generate", "-q", "--allow-incomplete", self.incomplete())

        self.assert_status(outcome, 0)
        self.assertEqual(json.loads(outcome.out)["defaultAction"], "SCMP_ACT_ERRNO")
        self.assertEqual(
            outcome.err,
            "snug: warning: the recording is incomplete: a dog barked\n"
            "snug: warning: the recording is incomplete: the power went\n",
        )

    def test_merge_takes_them_and_keeps_the_reasons(self):
        outcome = harness.snug("merge", self.traced(), self.incomplete())

        self.assert_status(outcome, 0)
        self.assertEqual(json.loads(outcome.out)["incomplete_because"], ["a dog barked", "the power went"])

    def test_a_recording_without_a_call_is_4(self):
        recording = json.loads(self.traced().read_text())
        recording.update(syscalls=[], executables=[])

        outcome = harness.snug("generate", self.write("empty.json", json.dumps(recording)))

        self.assert_fails(
            outcome,
            4,
            "cannot generate a profile that allows nothing",
            "the recording has no system call that a profile could allow",
            "record the workload: snug trace -- COMMAND",
        )


class Profiles(Inputs):
    def verify(self, path, **options):
        return harness.snug("verify", "--profile", path, "--", "touch", "touched", cwd=self.dir, **options)

    def test_a_profile_that_cannot_be_used_is_125_and_nothing_runs(self):
        for text, cause, remedy in NO_PROFILES:
            with self.subTest(cause=cause):
                path = self.write("profile.json", text)

                self.assert_fails(self.verify(path), 125, f"cannot use the profile {path}", cause, remedy)
                self.assertFalse((self.dir / "touched").exists())

    def test_a_profile_that_cannot_be_read_is_125_and_nothing_runs(self):
        for name, cause in (("missing", "No such file or directory"), (".", "Is a directory")):
            with self.subTest(name=name):
                path = f"{self.dir}/{name}"

                self.assert_fails(
                    self.verify(path), 125, f"cannot read {path}", cause, "check the name and the permissions"
                )
                self.assertFalse((self.dir / "touched").exists())

    def test_a_recording_is_no_profile(self):
        path = self.traced()

        self.assert_fails(
            self.verify(path),
            125,
            f"cannot use the profile {path}",
            "defaultAction is missing, and some engines then filter nothing at all",
            'add "defaultAction": "SCMP_ACT_ERRNO"',
        )


if __name__ == "__main__":
    harness.main()
