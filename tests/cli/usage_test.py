# SPDX-License-Identifier: Apache-2.0
"""A command line that asks for nothing possible: one message that names the word, a remedy, a documented status."""

import re

import harness

NO_COMMAND = {
    "check": (
        "snug: no command to check\n"
        "  cause: nothing stands behind '--'\n"
        "  try:   snug check --profile FILE -- COMMAND [ARGUMENT...]\n"
    ),
    "minimize": (
        "snug: no command to minimize for\n"
        "  cause: nothing stands behind '--'\n"
        "  try:   snug minimize --profile FILE -- COMMAND [ARGUMENT...]\n"
    ),
    "trace": (
        "snug: no command to trace\n"
        "  cause: nothing stands behind '--'\n"
        "  try:   snug trace -- COMMAND [ARGUMENT...]\n"
    ),
    "verify": (
        "snug: no command to verify\n"
        "  cause: nothing stands behind '--'\n"
        "  try:   snug verify --profile FILE -- COMMAND [ARGUMENT...]\n"
    ),
}

# The verbs that run a command answer with 125, since 2 could be the command's own status.
RUN_COMMANDS = {"caps", *NO_COMMAND}

# A command line, the words its message must have, and the verb whose help it must point to.
MISTAKES = [
    (["bogus"], "bogus", ""),
    (["bogus", "--", "true"], "bogus", ""),
    (["--bogus"], "--bogus", ""),
    (["--", "true"], "--", ""),
    (["trace", "--bogus", "--", "true"], "--bogus", "trace"),
    (["trace", "ls"], "ls", "trace"),
    (["trace", "-o"], "--output", "trace"),
    (["trace", "--stops=often", "--", "true"], "often", "trace"),
    (["trace", "--stops=1", "--", "true"], "1", "trace"),
    (["verify", "--", "true"], "--profile", "verify"),
    (["verify", "--profile"], "--profile", "verify"),
    (["verify", "--bogus", "--profile", "x", "--", "true"], "--bogus", "verify"),
    (["verify", "--as", "youki", "--profile", "x", "--", "true"], "youki", "verify"),
    (["verify", "--phase-signal", "KILL", "--profile", "x", "--", "true"], "KILL", "verify"),
    (["check", "--", "true"], "--profile", "check"),
    (["check", "--fail-on", "all", "--profile", "x", "--", "true"], "all", "check"),
    (["minimize", "--", "true"], "--profile", "minimize"),
    (["minimize", "--profile", "x", "--runs", "few", "--", "true"], "few", "minimize"),
    (["minimize", "--profile", "x", "--timeout", "0", "--", "true"], "0", "minimize"),
    (["generate"], "RECORDING", "generate"),
    (["generate", "--format", "xml", "recording"], "xml", "generate"),
    (["generate", "--bogus", "recording"], "--bogus", "generate"),
    (["caps", "--format", "xml", "--", "true"], "xml", "caps"),
    (["caps", "--bogus", "recording"], "--bogus", "caps"),
    (["caps", "--verify", "--runs", "few", "--", "true"], "few", "caps"),
    (["caps", "--verify", "--timeout", "0", "--", "true"], "0", "caps"),
    (["caps", "--verify", "--engine"], "--engine", "caps"),
    (["convert"], "FILE", "convert"),
    (["convert", "profile"], "--format", "convert"),
    (["convert", "--format", "xml", "profile"], "xml", "convert"),
    (["convert", "--bogus", "--format", "oci", "profile"], "--bogus", "convert"),
    (["diff", "profile"], "NEW", "diff"),
    (["diff", "--format", "xml", "old", "new"], "xml", "diff"),
    (["diff", "--fail-on", "everything", "old", "new"], "everything", "diff"),
    (["explain"], "RECORDING", "explain"),
    (["explain", "r", "--call", "read", "--library", "libc.so.6"], "--library", "explain"),
    (["explain", "r", "--format", "xml"], "xml", "explain"),
    (["lint", "--bogus", "profile"], "--bogus", "lint"),
    (["lint", "--pid", "0"], "--pid", "lint"),
    (["lint", "--runtime", "youki", "profile"], "youki", "lint"),
    (["lint", "--format", "xml", "profile"], "xml", "lint"),
    (["merge"], "RECORDING", "merge"),
    (["merge", "--bogus", "recording"], "--bogus", "merge"),
    (["merge", "--where", "colour=red", "recording"], "colour=red", "merge"),
]


class Usage(harness.Case):
    def test_no_command_is_125(self):
        for verb, message in NO_COMMAND.items():
            profile = [] if verb == "trace" else ["--profile", "unread"]
            for tail in ([], ["--"]):
                with self.subTest(verb=verb, tail=tail):
                    outcome = harness.snug(verb, *profile, *tail, cwd=self.dir)

                    self.assertEqual((outcome.status, outcome.out, outcome.err), (125, "", message))

    def test_no_verb_shows_the_help_as_an_error(self):
        outcome = harness.snug()

        self.assert_status(outcome, 2)
        self.assertEqual(outcome.out, "")
        self.assertEqual(outcome.err, harness.snug("--help").out)

    def test_every_mistake_is_named_in_one_message(self):
        for words, named, verb in MISTAKES:
            with self.subTest(words=words):
                outcome = harness.snug(*words, cwd=self.dir)

                self.assert_status(outcome, 125 if verb in RUN_COMMANDS else 2)
                self.assertEqual(outcome.out, "")
                help_command = f"snug {verb} --help" if verb else "snug --help"
                self.assertRegex(outcome.err, rf"\Asnug: .+\n  try:   {re.escape(help_command)}\n\Z")
                self.assertIn(named, outcome.err)

    def test_an_unknown_verb_is_told_which_verbs_there_are(self):
        outcome = harness.snug("bogus", "--", "true")

        listed = re.findall(r"(?m)^  ([a-z]+) +[A-Z]", harness.snug("--help").out)
        verbs = ", ".join(sorted(listed)[:-1]) + " and " + sorted(listed)[-1]
        self.assertEqual(
            outcome.err, f"snug: unknown verb 'bogus'; the verbs are {verbs}\n  try:   snug --help\n"
        )

    def test_a_mistake_leaves_no_file_behind(self):
        for words, _, _ in MISTAKES:
            harness.snug(*words, cwd=self.dir)

        self.assertEqual(list(self.dir.iterdir()), [])

    @harness.needs("ptrace")
    def test_no_word_is_ignored_where_no_command_is_run(self):
        recording = self.dir / "recording.json"
        self.assert_status(harness.snug("trace", "-q", "-o", recording, "--", "true"), 0)

        for verb in ("merge", "generate"):
            with self.subTest(verb=verb):
                outcome = harness.snug(verb, recording, "--", "missing", cwd=self.dir)

                self.assertEqual(outcome.status, 2, msg=outcome.err)
                self.assertIn("missing", outcome.err)


if __name__ == "__main__":
    harness.main()
