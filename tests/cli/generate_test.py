# SPDX-License-Identifier: Apache-2.0
"""What generate is told, and what it says: every option, every contradiction, every reason."""

import json

import harness
from harness import snug


@harness.needs("ptrace")
class Generate(harness.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.dir / "recording.json"
        self.assert_status(snug("trace", "-q", "-o", self.recording, "--", "sh", "-c", "ls / >&2"), 0)

    def generated(self, *options):
        outcome = snug("generate", "-q", self.recording, *options)
        self.assert_status(outcome, 0)
        return json.loads(outcome.out)

    def allowed(self, *options):
        rules = self.generated(*options)["syscalls"]
        return {name for rule in rules if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}

    def assert_refused(self, message, *options):
        outcome = snug("generate", self.recording, *options)
        self.assertEqual((outcome.status, outcome.out, outcome.err), (2, "", message))

    def test_a_tighter_choice_allows_less(self):
        whole = self.allowed()
        for options in (
            ["--minimal"],
            ["--portability", "clocks"],
            ["--portability", "siblings"],
            ["--no-floor"],
            ["--no-new-privileges"],
            ["--no-exec"],
            ["--runtime", "crun"],
        ):
            with self.subTest(options=options):
                self.assertLess(self.allowed(*options), whole)
        self.assertEqual(self.allowed("--minimal"), self.allowed("--portability", "none"))

    def test_more_to_serve_allows_more(self):
        whole = self.allowed()

        self.assertGreater(self.allowed("--init", "tini"), whole)
        self.assertIn("SCMP_ARCH_AARCH64", self.generated("--architectures", "aarch64")["architectures"])

    def test_a_measured_floor_widens_the_known_one(self):
        entry = {
            "kind": "measured",
            "versions": ["9.9"],
            "range": {"from": "9.9"},
            "phase": "start",
            "no_new_privileges": True,
            "calls": ["execve", "mlockall"],
            "source": "made up",
        }
        floor = self.dir / "floor.json"
        floor.write_text(json.dumps({"schema": "snug.floor/1", "runtime": "runc", "entries": [entry]}))

        self.assertNotIn("mlockall", self.allowed())
        self.assertIn("mlockall", self.allowed("--floor", floor))

    def test_the_errno_of_what_is_not_named_can_be_chosen(self):
        self.assertEqual(self.generated()["defaultErrnoRet"], 38)
        self.assertEqual(self.generated("--errno", "EPERM")["defaultErrnoRet"], 1)

    def test_rules_on_arguments_can_be_chosen(self):
        def limited(*options):
            return {name for rule in self.generated(*options)["syscalls"] if "args" in rule for name in rule["names"]}

        self.assertEqual(limited("--arguments", "none"), set())
        self.assertIn("ioctl", limited())
        self.assertLess(limited(), limited("--arguments", "all", "--no-floor") | limited())

    def test_the_summary_says_how_many_and_what_for(self):
        outcome = snug("generate", self.recording, "-o", self.dir / "p.json")

        head = r"(?m)^snug: \d+ system calls allowed in \S*p\.json, where Docker's default has \d+$"
        self.assertRegex(outcome.err, head)
        self.assertRegex(outcome.err, r"(?m)^      \d+ observed, .*\d+ for the container runtime")
        self.assertRegex(outcome.err, r"(?m)^      --no-new-privileges would remove \d+ calls$")

    def test_every_call_has_its_reason(self):
        outcome = snug("generate", "-q", "--explain", self.recording, "-o", self.dir / "p.json")
        reasons = dict(line.split(maxsplit=1) for line in outcome.err.splitlines()[1:])

        self.assertEqual(reasons.keys(), self.allowed())
        self.assertRegex(reasons["getdents64"], r"^observed \d+ times? by \S+")
        self.assertEqual(reasons["capset"], "the container runtime")

    def test_evidence_becomes_part_of_the_profile(self):
        evidence = self.generated("--evidence")["x-snug"]

        self.assertEqual(evidence["schema"], "snug.reasons/1")
        self.assertEqual(evidence["calls"].keys(), self.allowed())
        self.assertIn("observed", evidence["calls"]["getdents64"]["origins"])

    def test_every_format_can_be_written(self):
        for form in ("oci", "docker", "kubernetes", "pod", "systemd", "names"):
            with self.subTest(form=form):
                outcome = snug("generate", "-q", "--format", form, self.recording)
                self.assert_status(outcome, 0)
                self.assertGreater(len(outcome.out), 0)

    def test_contradictions_are_refused(self):
        self.assert_refused(
            "snug: cannot use --portability\n"
            "  cause: 'none' stands beside other words\n"
            "  try:   leave one of them out\n",
            "--portability",
            "none,clocks",
        )
        self.assert_refused(
            "snug: cannot put evidence into the format systemd\n"
            "  cause: only the JSON that engines read has a place for it\n"
            "  try:   leave --evidence out, or use --explain\n",
            "--evidence",
            "--format",
            "systemd",
        )
        for pair in (["--minimal", "--portability", "clocks"], ["--no-floor", "--runtime", "runc"]):
            with self.subTest(pair=pair):
                self.assert_status(snug("generate", self.recording, *pair), 2)

    def test_unknown_names_are_refused(self):
        for options, word in (
            (["--architectures", "z80"], "'z80' is no ABI that snug knows"),
            (["--runtime", "youki"], "youki"),
            (["--init", "systemd"], "systemd"),
            (["--floor", self.recording], "cannot use the runtime floor"),
        ):
            with self.subTest(options=options):
                outcome = snug("generate", self.recording, *options)
                self.assert_status(outcome, 2)
                self.assertIn(word, outcome.err)
                self.assertEqual(outcome.out, "")


if __name__ == "__main__":
    harness.main()
