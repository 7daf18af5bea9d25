# SPDX-License-Identifier: Apache-2.0
"""snug runtime passes on what is not its own, and finds another runtime; snug hook refuses what is no container."""

import json
import os
from pathlib import Path

from harness import SNUG, Case, main, needs, run, snug

STATE = {"ociVersion": "1.0.2", "id": "web", "status": "creating", "pid": 1, "bundle": "/nonexistent"}


class Runtime(Case):
    """With a runtime that only says how it was called."""

    def setUp(self):
        super().setUp()
        self.other = self.dir / "other"
        self.other.write_text('#!/bin/sh\nfor word; do echo "<$word>"; done\ncat\nexit 42\n')
        self.other.chmod(0o755)
        self.link = self.dir / "snug-runtime"
        self.link.symlink_to(Path(SNUG).resolve())
        self.settings = self.dir / "settings.json"
        self.settings.write_text("{}")
        self.env = {**os.environ, "SNUG_RUNTIME_SETTINGS": str(self.settings)}

    def call(self, *words, **options):
        return run(self.link, *words, env=self.env, **options)

    def bundle(self):
        folder = self.dir / "bundle"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text('{"process": {"args": ["true"]}, "mine": [1, 2]}')
        return folder

    def hooks(self):
        return json.loads((self.dir / "bundle/config.json").read_text()).get("hooks")

    def test_words_input_and_status_are_passed_through(self):
        words = ("--root", "/r", "kill", "web", "", "--all", "a b", "*")
        for program in ((self.link,), (SNUG, "runtime")):
            with self.subTest(program):
                outcome = run(*program, f"--snug-runtime={self.other}", *words, env=self.env, stdin=None, input="in\n")
                self.assertEqual(outcome.out, "".join(f"<{word}>\n" for word in words) + "in\n")
                self.assertEqual((outcome.status, outcome.err), (42, ""))

    def test_the_settings_name_the_runtime_and_options_override_them(self):
        self.settings.write_text(json.dumps({"runtime": str(self.other)}))
        self.assertEqual(self.call("list").out, "<list>\n")
        self.settings.write_text(json.dumps({"runtime": "/nonexistent"}))
        self.assertEqual(self.call("--snug-runtime", self.other, "list").out, "<list>\n")

    def test_only_create_and_run_change_the_configuration(self):
        folder = self.bundle()
        for words, changes in (
            (("state", "--bundle", folder), False),
            (("--log", "create", "kill", "--bundle", folder), False),
            (("--root", "run", "create", "--bundle", folder, "web"), True),
            (("--log=x", "run", f"--bundle={folder}", "web"), True),
            (("run", "-b", folder, "web"), True),
        ):
            with self.subTest(words):
                self.bundle()
                self.call(f"--snug-runtime={self.other}", f"--snug-output-dir={self.dir}/out", *words)
                self.assertEqual(self.hooks() is not None, changes)
        (hook,) = self.hooks()["createRuntime"]
        self.assertEqual(hook["args"], ["snug", "hook", "--output-dir", f"{self.dir}/out", "--runtime", str(self.other), "--mode", "record"])
        self.assertEqual(hook["path"], str(Path(SNUG).resolve()))

    def test_what_it_is_asked_to_do_is_one_of_what_it_can(self):
        for option in ("--snug-mode", "--snug-stops"):
            with self.subTest(option):
                outcome = self.call(f"--snug-runtime={self.other}", f"{option}=odd", "list")
                self.assert_status(outcome, 125)
                self.assertIn(f"cannot use {option} odd", outcome.err)

    def test_the_filter_asked_for_is_kept_and_points_out_denials(self):
        folder = self.bundle()
        path = folder / "config.json"
        notify = {"names": ["mount"], "action": "SCMP_ACT_NOTIFY"}
        allow = {"names": ["read"], "action": "SCMP_ACT_ALLOW"}
        log = {"names": ["write"], "action": "SCMP_ACT_LOG"}
        asked = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "listenerPath": "/s", "syscalls": [notify, allow, log]}
        path.write_text(json.dumps({"process": {"args": ["true"]}, "linux": {"seccomp": asked, "mine": 1}}))
        for mode in ("watch", "verify"):
            with self.subTest(mode):
                self.call(f"--snug-runtime={self.other}", f"--snug-mode={mode}", "create", "-b", folder, "web")
                changed = json.loads(path.read_text())
                traced = {**log, "action": "SCMP_ACT_TRACE", "errnoRet": 0xF004}
                expected = {**asked, "defaultAction": "SCMP_ACT_TRACE", "syscalls": [notify, allow, traced]}
                self.assertEqual(changed["linux"], {"seccomp": expected, "mine": 1})
                self.assertEqual(json.loads(changed["annotations"]["io.snug.seccomp"]), asked)

    def test_a_filter_that_is_none_keeps_the_container_from_starting(self):
        folder = self.bundle()
        for filter_asked_for in ({}, {"defaultAction": "SCMP_ACT_ODD"}, {"defaultAction": 4}, [], "text"):
            with self.subTest(filter_asked_for):
                text = json.dumps({"process": {"args": ["true"]}, "linux": {"seccomp": filter_asked_for}})
                (folder / "config.json").write_text(text)
                outcome = self.call(f"--snug-runtime={self.other}", "--snug-mode=watch", "create", "-b", folder, "web")
                self.assert_status(outcome, 125)
                self.assertIn("cannot use the seccomp filter in", outcome.err)
                self.assertEqual((folder / "config.json").read_text(), text)

    def test_what_only_keeps_a_pods_namespaces_is_left_alone(self):
        folder = self.bundle()
        for key in ("io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"):
            with self.subTest(key):
                text = json.dumps({"process": {"args": ["/pause"]}, "annotations": {key: "sandbox"}})
                (folder / "config.json").write_text(text)
                self.assert_status(self.call(f"--snug-runtime={self.other}", "create", "-b", folder, "pod"), 42)
                self.assertEqual((folder / "config.json").read_text(), text)

    def test_the_bundle_is_where_it_runs_when_nothing_else_is_said(self):
        self.call(f"--snug-runtime={self.other}", "run", "web", cwd=self.bundle())

        self.assertEqual(len(self.hooks()["createRuntime"]), 1)

    def test_a_configuration_that_is_not_there_is_the_runtimes_to_complain_about(self):
        outcome = self.call(f"--snug-runtime={self.other}", "run", "--bundle", self.dir, "web")

        self.assertEqual((outcome.status, outcome.err), (42, ""))

    def test_what_cannot_be_is_said(self):
        (self.bundle() / "config.json").write_text("{")
        create = ("create", "--bundle", self.dir / "bundle", "web")
        for words, status, message in (
            (("--snug-runtime=/nonexistent", "list"), 126, "cannot call the runtime /nonexistent"),
            ((f"--snug-runtime={self.link}", "list"), 125, "that is snug itself"),
            ((f"--snug-runtime={self.other}", *create), 125, "it is not JSON"),
        ):
            with self.subTest(words):
                outcome = self.call(*words)
                self.assert_status(outcome, status)
                self.assertIn(message, outcome.err)
        for text in ("{", "[]", '{"runtime": 4}'):
            with self.subTest(text):
                self.settings.write_text(text)
                outcome = self.call("list")
                self.assert_status(outcome, 125)
                self.assertIn("cannot use the settings in", outcome.err)


class Hook(Case):
    def hook(self, text, *words):
        return snug("hook", "--output-dir", self.dir / "out", *words, stdin=None, input=text)

    def test_a_state_that_is_none_is_refused(self):
        for text in ("", "{", "[]", "{}", json.dumps({**STATE, "pid": 0}), json.dumps({**STATE, "id": "a/b"})):
            with self.subTest(text):
                outcome = self.hook(text)
                self.assert_status(outcome, 2)
                self.assertIn("cannot use the container's state on standard input", outcome.err)

    def test_a_bundle_without_a_configuration_is_refused(self):
        outcome = self.hook(json.dumps(STATE))

        self.assert_status(outcome, 2)
        self.assertIn("/nonexistent/config.json", outcome.err)

    @needs("ptrace")
    def test_a_process_that_is_gone_is_refused(self):
        (self.dir / "config.json").write_text('{"process": {"args": ["true"]}}')
        outcome = self.hook(json.dumps({**STATE, "bundle": str(self.dir), "pid": 4_000_000}))

        self.assert_status(outcome, 2)
        self.assertIn("there is no such process", outcome.err)

    def test_the_definition_is_installed_for_podman_and_cri_o(self):
        outcome = self.hook("", "--install", self.dir)

        self.assert_status(outcome, 0)
        definition = json.loads((self.dir / "snug.json").read_text())
        self.assertEqual(definition["hook"]["args"], ["snug", "hook", "--output-dir", str(self.dir / "out")])
        self.assertEqual(definition["stages"], ["createRuntime"])

    def test_a_folder_that_is_not_there_is_refused(self):
        self.assert_status(self.hook("", "--install", self.dir / "no/such"), 2)


if __name__ == "__main__":
    main()
