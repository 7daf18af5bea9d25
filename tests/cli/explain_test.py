# SPDX-License-Identifier: Apache-2.0
"""snug explain tells who makes a call and what a program is to blame for; snug merge tells how much was seen."""

import json
import re

from harness import Case, main, needs, snug
from recordings import record, tracee

SCRIPT = f"{tracee('one_call')} 124; true | cat"


@needs("ptrace", "x86_64")
class Explain(Case):
    def setUp(self):
        super().setUp()
        self.path = self.dir / "r.json"
        record(self.path, "/bin/sh", "-c", SCRIPT)

    def explain(self, *words, status=0):
        outcome = snug("explain", self.path, *words)
        self.assert_status(outcome, status)
        return outcome.out if status == 0 else outcome.err

    def test_a_call_is_told_with_who_made_it_and_why_it_is_allowed(self):
        text = self.explain("--call", "getsid")

        self.assertIn("getsid (x86_64)\n", text)
        self.assertRegex(text, r"allowed by a generated profile: observed 1 time by \S*/one_call\n")
        self.assertRegex(text, r"first after [\d.]+ s by process \d+ of: /bin/sh -c ")

    def test_a_profile_tells_which_of_its_rules_speak_of_the_call(self):
        profile = self.dir / "p.json"
        self.assert_status(snug("generate", "-q", self.path, "-o", profile), 0)

        text = self.explain("--call", "getsid", "--profile", profile)
        self.assertRegex(text, r"in the profile, rule \d+: it is allowed\n")

    def test_a_program_is_found_by_its_name_and_through_a_link(self):
        link = self.dir / "link"
        link.symlink_to(tracee("one_call"))
        for name in ("one_call", tracee("one_call"), link):
            with self.subTest(name):
                text = self.explain("--executable", name)
                self.assertRegex(text, r"(?m)^  alone makes 1: getsid$")
                self.assertRegex(text, r"(?m)^  without it, 1 fewer would be allowed: getsid$")

    def test_all_programs_are_listed_when_nothing_is_asked_for(self):
        text = self.explain()

        self.assertRegex(text, r"(?m)/one_call: \d+ calls, 1 of them alone: getsid$")
        self.assertRegex(text, r"(?m)^/usr/bin/cat: \d+ calls")

    def test_a_library_is_told_with_the_calls_that_lead_through_it(self):
        self.assertRegex(self.explain("--library", "libc.so.6"), r"(?m)^\w+, \d+ times? by /usr/bin/cat, from \w+$")

    def test_json_says_the_same(self):
        call = json.loads(self.explain("--call", "getsid", "--format", "json"))
        programs = json.loads(self.explain("--format", "json"))
        program = json.loads(self.explain("--executable", "one_call", "--format", "json"))

        self.assertEqual((call["schema"], call["calls"][0]["uses"][0]["count"]), ("snug.explanation/1", 1))
        self.assertEqual(program["program"]["gone"], ["getsid"])
        self.assertEqual(len(programs["programs"]), 3)

    def test_what_is_not_there_is_said(self):
        for words, message in (
            (("--call", "mount"), "nobody made the call 'mount'"),
            (("--executable", "/bin/nothing"), "'/bin/nothing' did not run"),
            (("--library", "libnothing.so"), "no first call came from 'libnothing.so'"),
            (("--capability", "CAP_NOTHING"), "there is no capability CAP_NOTHING"),
            (("--call", "getsid", "--profile", "/nonexistent"), "/nonexistent"),
        ):
            with self.subTest(words):
                self.assertIn(message, self.explain(*words, status=2))

    def test_a_capability_that_no_call_needs_is_said(self):
        self.assertIn("no call was seen to need CAP_SYS_TIME", self.explain("--capability", "SYS_TIME"))


@needs("ptrace", "x86_64")
class Coverage(Case):
    def setUp(self):
        super().setUp()
        self.path = self.dir / "r.json"
        for number in (102, 102, 102, 124):  # getuid, and once getsid
            record(self.path, tracee("one_call"), number, options=("--append",))

    def test_merge_tells_how_complete_the_evidence_is(self):
        outcome = snug("merge", self.path, "-o", self.dir / "all.json")

        self.assertRegex(outcome.err, r"^snug: \d+ system calls of 4 runs in \S+/all.json\n")
        self.assertRegex(outcome.err, r"1 of \d+ calls was seen in only one of 4 runs: another such run shows a new")
        self.assertIn("with a chance of 25% (95% sure: at most 81%)", outcome.err)

    def test_coverage_names_the_rare_calls_first_and_the_run_that_has_them(self):
        outcome = snug("merge", "-q", "--coverage", self.path, "-o", self.dir / "all.json")

        lines = [line.split() for line in outcome.err.splitlines()]
        self.assertEqual(lines[1][:3], ["1", "1", "getsid"])
        self.assertEqual(lines[1][-1], "124")
        self.assertIn(["3", "3", "getuid"], lines)

    def test_one_run_tells_nothing_of_others(self):
        record(self.dir / "one.json", "/bin/true")
        outcome = snug("merge", self.dir / "one.json")

        self.assertIn("one run alone tells nothing of what others would call", outcome.err)

    def test_quiet_is_quiet(self):
        self.assertEqual(snug("merge", "-q", self.path).err, "")

    def test_generate_tells_it_too(self):
        outcome = snug("generate", self.path, "-o", self.dir / "p.json")

        self.assertEqual(len(re.findall("another such run shows a new call", outcome.err)), 1)


if __name__ == "__main__":
    main()
