# SPDX-License-Identifier: Apache-2.0
"""What CI and git do with a committed profile: check it, comment on it, review it before the commit."""

import json
import os
import re
import subprocess

from harness import SNUG, SOURCE_DIR, Case, main, needs, run, snug
from recordings import tracee

ACTION = SOURCE_DIR / ".github/actions/snug"
KNOWN = (tracee("one_call"), "102")  # getuid
NEW = (tracee("one_call"), "124")  # getsid


class Repository(Case):
    """A git repository with a profile for KNOWN in its only commit."""

    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "SNUG": SNUG, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        self.git("init", "--quiet", "--initial-branch", "main")
        self.profile = self.dir / "seccomp.json"
        self.assert_status(snug("trace", "-q", "-o", self.dir / "r.json", "--profile", self.profile, "--", *KNOWN), 0)
        self.commit()

    def git(self, *words):
        identity = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.org")
        return subprocess.run(["git", *identity, *words], cwd=self.dir, env=self.env, check=True, capture_output=True)

    def commit(self):
        self.git("add", "seccomp.json")
        self.git("commit", "--quiet", "--message", "profile: Change it")

    def allow(self, name):
        profile = json.loads(self.profile.read_text())
        for rule in profile["syscalls"]:
            rule["names"] = [other for other in rule["names"] if other != name]
        profile["syscalls"].append({"names": [name], "action": "SCMP_ACT_ALLOW"})
        self.profile.write_text(json.dumps(profile, indent=2) + "\n")


@needs("ptrace", "x86_64", "git")
class CheckProfile(Repository):
    def check(self, *words, command=KNOWN, **options):
        script = SOURCE_DIR / "scripts/check-profile"
        return run(script, *words, "--", *command, cwd=self.dir, env=self.env, **options)

    def comment(self):
        return (self.dir / "snug-report/snug.md").read_text()

    def test_a_profile_that_fits_passes_with_the_status_of_the_tests(self):
        self.assert_status(self.check("--base", "HEAD"), 0)
        self.assertEqual(
            self.comment(), "seccomp.json decides as before.\n\nseccomp.json allows all that the tests call.\n"
        )
        self.profile.write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
        self.assert_status(self.check(command=("/bin/sh", "-c", "exit 7")), 7)

    def test_a_new_call_fails_with_a_patch_that_mends_the_profile(self):
        self.assert_status(self.check(command=NEW), 3)
        patch = re.search(r"```diff\n(.*?)```\n", self.comment(), re.DOTALL).group(1)

        self.assertIn('+        "getsid",\n', patch)
        self.assert_status(run("git", "apply", cwd=self.dir, input=patch), 0)
        self.assert_status(self.check(command=NEW), 0)
        self.assertTrue((self.dir / "snug-report/snug.xml").exists())

    def test_what_the_profile_allows_more_than_the_base_is_told(self):
        self.allow("mount")
        self.assert_status(self.check("--base", "HEAD"), 0)

        self.assertRegex(self.comment(), r"\*\*More\*\*\n\n- \*\*mount\*\* is allowed now")
        self.assertIn("powerful", self.comment())

    def test_a_profile_that_the_base_lacks_is_new(self):
        self.git("mv", "seccomp.json", "web.json")

        self.assert_status(self.check("--profile", "web.json", "--base", "HEAD"), 0)
        self.assertTrue(self.comment().startswith("web.json is new.\n"))

    def test_where_there_is_no_profile_yet_the_tests_make_one(self):
        self.profile.unlink()
        self.assert_status(self.check(), 3)

        made = self.dir / "snug-report/seccomp.json"
        self.assert_status(snug("verify", "--profile", made, "--", *KNOWN), 0)
        self.assertIn("There is no seccomp.json yet", self.comment())

    def test_a_report_of_an_earlier_run_is_not_taken_for_this_one(self):
        self.check()
        self.profile.write_text("{")

        self.assert_status(self.check(), 125)
        self.assertFalse((self.dir / "snug-report/snug.md").exists())

    def test_a_line_that_makes_no_sense_is_refused(self):
        script = SOURCE_DIR / "scripts/check-profile"
        for words in ((), ("--",), ("--bogus", "--", "true")):
            with self.subTest(words):
                self.assert_status(run(script, *words, cwd=self.dir, env=self.env), 125)


@needs("ptrace", "x86_64", "git")
class Action(Repository):
    """The GitHub action's own step, with a gh that only notes what it is asked for."""

    def setUp(self):
        super().setUp()
        (self.dir / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
        self.env.update(
            RUNNER_TEMP=str(self.dir / "temp"),
            GITHUB_EVENT_PATH=str(self.dir / "event.json"),
            GITHUB_OUTPUT=str(self.dir / "output"),
            GITHUB_STEP_SUMMARY=str(self.dir / "summary.md"),
            GITHUB_REPOSITORY="somebody/something",
            PATH=f"{self.dir}/bin:{os.environ['PATH']}",
            PROFILE="seccomp.json",
            WANTS_COMMENT="true",
        )

    def step(self, command, comments="", gh_status=0):
        (self.dir / "bin").mkdir(exist_ok=True)
        gh = self.dir / "bin/gh"
        listing = f'case " $* " in *" --jq "*) printf "{comments}" ;; esac\n'
        gh.write_text(f'#!/bin/sh\necho "$@" >>{self.dir}/asked\n{listing}exit {gh_status}\n')
        gh.chmod(0o755)
        return run(ACTION / "check", cwd=self.dir, env={**self.env, "COMMAND": " ".join(command)})

    def asked(self):
        return (self.dir / "asked").read_text()

    def test_the_first_result_is_a_comment_and_later_ones_replace_it(self):
        self.assert_status(self.step(NEW), 3)
        self.assertIn("--method POST repos/somebody/something/issues/7/comments --field body=@", self.asked())
        self.assertIn("getsid", (self.dir / "summary.md").read_text())
        self.assertIn("getsid", (self.dir / "temp/snug-report/comment.md").read_text())

        self.assert_status(self.step(KNOWN, comments="4711\\n"), 0)
        self.assertIn("--method PATCH repos/somebody/something/issues/comments/4711 --field", self.asked())

    def test_a_comment_that_cannot_be_written_is_a_warning(self):
        outcome = self.step(KNOWN, gh_status=1)

        self.assert_status(outcome, 0)
        self.assertIn("::warning::snug could not write its comment", outcome.out)

    def test_without_a_pull_request_only_the_summary_is_written(self):
        (self.dir / "event.json").write_text("{}")

        self.assert_status(self.step(KNOWN), 0)
        self.assertFalse((self.dir / "asked").exists())
        self.assertIn("allows all that the tests call", (self.dir / "summary.md").read_text())

    def test_its_description_declares_all_that_it_uses(self):
        text = (ACTION / "action.yml").read_text()
        declared = set(re.findall(r"(?m)^  (\w+):\n    description:", text))
        given = set(re.findall(r"(?m)^        (\w+): \$\{\{", text))
        wanted = set(re.findall(r"\$\{(PROFILE|COMMAND|WANTS_COMMENT):\?\}", (ACTION / "check").read_text()))

        self.assertLessEqual(set(re.findall(r"inputs\.(\w+)", text)), declared)
        self.assertEqual(wanted, given - {"GH_TOKEN"})
        for script in re.findall(r"\$GITHUB_ACTION_PATH/(\w+)", text):
            self.assertTrue(os.access(ACTION / script, os.X_OK), script)


@needs("ptrace", "x86_64", "git")
class ReviewProfiles(Repository):
    def review(self, *files):
        return run(SOURCE_DIR / "scripts/review-profiles", *files, cwd=self.dir, env=self.env)

    def test_what_a_staged_profile_allows_more_is_shown(self):
        self.allow("mount")
        self.git("add", "seccomp.json")
        self.profile.write_text("{")  # not what would be committed
        outcome = self.review()

        self.assert_status(outcome, 0)
        self.assertRegex(outcome.err, r"(?m)^seccomp.json:\n\+ mount is allowed now")

    def test_nothing_staged_is_nothing_to_say(self):
        outcome = self.review()

        self.assert_status(outcome, 0)
        self.assertEqual(outcome.err, "")

    def test_a_profile_that_cannot_be_read_or_has_errors_is_refused(self):
        rules = [{"names": ["no_such_call"], "action": "SCMP_ACT_ALLOW"}]
        for text in ("{", json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules})):
            with self.subTest(text):
                self.profile.write_text(text)
                self.git("add", "seccomp.json")
                self.assert_status(self.review(), 1)
                self.assert_status(self.review("seccomp.json"), 1)


@needs("ptrace", "x86_64")
class Recipes(Case):
    def test_parallel_jobs_share_a_recording(self):
        jobs = [
            subprocess.Popen([SNUG, "trace", "-q", "--append", "-o", "all.json", "--", *command], cwd=self.dir)
            for command in [KNOWN, NEW] * 4
        ]
        self.assertEqual([job.wait() for job in jobs], [0] * 8)
        recording = json.loads((self.dir / "all.json").read_text())

        self.assertEqual(len(recording["runs"]), 8)
        self.assertLessEqual({"getuid", "getsid"}, {call["name"] for call in recording["syscalls"]})

    def test_the_pipelines_call_what_there_is(self):
        text = (SOURCE_DIR / "docs/ci/gitlab-ci.yml").read_text() + (SOURCE_DIR / ".pre-commit-hooks.yaml").read_text()
        scripts = set(re.findall(r"scripts/[\w-]+", text))

        self.assertEqual(scripts, {"scripts/setup", "scripts/check-profile", "scripts/review-profiles"})
        for script in scripts:
            self.assertTrue(os.access(SOURCE_DIR / script, os.X_OK), script)


if __name__ == "__main__":
    main()
