# SPDX-License-Identifier: Apache-2.0
"""--help and --version answer: every option, every exit status, the version that the build file names."""

import re
import subprocess

import harness

# What each verb's help must mention: its options, all of them and no others, and its exit statuses.
VERBS = {
    "trace": (
        {"--help", "--output", "--profile", "--append", "--checkpoint", "--no-stacks", "--stops", "--quiet"}
        | {"--phase-signal", "--until", "--survive", "--pid", "--duration"}
        | {"--no-capabilities", "--kernel-evidence"},
        {"128+N", "125", "126", "127"},
    ),
    "caps": (
        {"--help", "--format", "--output", "--runs", "--timeout", "--log", "--quiet"}
        | {"--verify", "--engine", "--allow-incomplete"},
        {"0", "2", "4", "125", "126", "127"},
    ),
    "check": (
        {"--help", "--profile", "--quiet", "--as", "--user", "--capabilities", "--no-new-privileges"}
        | {"--container", "--output-dir"}
        | {"--phase-signal", "--report", "--junit", "--recording", "--fail-on", "--update"},
        {"3", "4", "128+N", "125", "126", "127"},
    ),
    "convert": (
        {"--help", "--output", "--format", "--name", "--localhost-profile", "--quiet"}
        | {"--capabilities", "--kernel", "--architecture"},
        {"0", "2"},
    ),
    "diff": (
        {"--help", "--recording", "--format", "--fail-on", "--capabilities", "--kernel", "--architecture"},
        {"0", "1", "2"},
    ),
    "explain": (
        {"--help", "--call", "--capability", "--executable", "--library", "--profile", "--format"},
        {"0", "2", "4"},
    ),
    "generate": (
        {"--help", "--output", "--format", "--evidence", "--explain", "--quiet", "--allow-incomplete", "--no-floor"}
        | {"--portability", "--minimal", "--architectures", "--arguments", "--errno"}
        | {"--runtime", "--no-new-privileges", "--exec", "--init", "--floor"},
        {"0", "2", "4"},
    ),
    "hook": ({"--help", "--install", "--output-dir", "--runtime", "--mode"}, {"0", "2"}),
    "lint": ({"--help", "--pid", "--strict", "--runtime", "--format"}, {"0", "1", "2"}),
    "merge": ({"--help", "--output", "--where", "--coverage", "--quiet"}, {"0", "2"}),
    "minimize": (
        {"--help", "--profile", "--output", "--format", "--report", "--keep", "--runs", "--timeout", "--log", "--quiet"}
        | {"--no-floor", "--runtime", "--no-new-privileges", "--exec", "--init", "--floor"},
        {"0", "4", "125", "126", "127"},
    ),
    "phase": ({"--help", "--quiet"}, {"0", "2"}),
    "runtime": ({"--help", "--snug-runtime", "--snug-output-dir", "--snug-mode", "--snug-stops"}, {"125", "126"}),
    "verify": (
        {"--help", "--profile", "--quiet", "--as", "--user", "--capabilities", "--no-new-privileges"}
        | {"--container", "--output-dir"}
        | {"--phase-signal", "--report", "--junit", "--fix"},
        {"3", "4", "128+N", "125", "126", "127"},
    ),
}


class Help(harness.Case):
    def help(self, *words):
        outcome = harness.snug(*words)
        self.assert_status(outcome, 0)
        self.assertEqual(outcome.err, "")
        return outcome.out

    def test_the_program_lists_its_verbs(self):
        text = self.help("--help")

        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb}  +\S")
        self.assertEqual(self.help("-h"), text)

    def test_every_verb_lists_its_options_and_no_others(self):
        for verb, (options, _) in VERBS.items():
            with self.subTest(verb=verb):
                listed = re.findall(r"(?m)^  (?:-\w,)?(--[a-z-]+)", self.help(verb, "--help"))

                self.assertEqual(set(listed), options)
                self.assertEqual(len(listed), len(options))

    def test_every_verb_explains_its_exit_statuses(self):
        for verb, (_, statuses) in VERBS.items():
            with self.subTest(verb=verb):
                explained = self.help(verb, "--help").partition("Exit status: ")[2]

                self.assertEqual(statuses - set(re.findall(r"[0-9+N]+", explained)), set())

    def test_every_verb_shows_how_it_is_used(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.assertIn(f"\nUsage: snug {verb} ", self.help(verb, "-h"))

    def test_choices_are_shown_as_a_person_types_them(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.assertNotRegex(self.help(verb, "--help"), r"->|\bOR \{")

    def test_no_line_is_wider_than_120_columns(self):
        for words in (["--help"], *([verb, "--help"] for verb in VERBS)):
            with self.subTest(words=words):
                self.assertEqual([line for line in self.help(*words).splitlines() if len(line) > 120], [])

    def test_no_command_is_run_and_no_file_written_beside_a_call_for_help(self):
        outcome = harness.snug("trace", "--help", "--", "touch", "touched", cwd=self.dir)

        self.assert_status(outcome, 0)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_the_version_is_the_build_files(self):
        project = re.search(r"project\(snug VERSION (\S+)", (harness.SOURCE_DIR / "CMakeLists.txt").read_text())

        self.assertEqual(self.help("--version"), f"snug {project.group(1)}\n")

    def test_an_answer_that_cannot_be_written_is_a_failure(self):
        for words in (["--help"], ["--version"], ["trace", "--help"]):
            with self.subTest(words=words), open("/dev/full", "w") as full:
                answer = subprocess.run([harness.SNUG, *words], stdout=full, stderr=subprocess.PIPE, check=False)

                self.assertEqual(answer.returncode, 2)
                self.assertTrue(answer.stderr.startswith(b"snug: cannot write to standard output\n"))


if __name__ == "__main__":
    harness.main()
