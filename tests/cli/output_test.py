# SPDX-License-Identifier: Apache-2.0
"""Where snug writes: whole files or none, in their own place, with their own owner, and nothing beside them."""

import json
import os
import re
import select
import signal
import stat
import subprocess
from pathlib import Path

import harness
from recordings import take_rescued
import running

@harness.needs("ptrace")
class Outputs(harness.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.dir / "recording.json"

    def trace(self, *options, command=("true",), **popen):
        return harness.snug("trace", "-q", *options, "--", *command, cwd=self.dir, **popen)

    def names(self):
        return sorted(file.name for file in self.dir.iterdir())

    def assert_refused_before_the_run(self, options, path, reason):
        """The command would leave a file behind."""
        before = self.names()
        outcome = self.trace(*options, command=("touch", "touched"))

        self.assertEqual(
            (outcome.status, outcome.out, outcome.err),
            (
                125,
                "",
                f"snug: cannot write {path}\n"
                f"  cause: {reason}\n"
                "  try:   choose another place with -o; what was there before is unchanged\n",
            ),
        )
        self.assertEqual(self.names(), before)


class Places(Outputs):
    def test_the_recording_goes_into_the_current_folder_by_default_and_alone(self):
        self.assert_status(self.trace(), 0)

        self.assertEqual(self.names(), ["snug.recording.json"])

    def test_a_missing_folder_is_refused_before_the_run(self):
        path = self.dir / "missing/recording.json"

        self.assert_refused_before_the_run(["-o", path], path, "No such file or directory")

    def test_a_folder_is_refused_before_the_run(self):
        (self.dir / "folder").mkdir()

        for path in (self.dir / "folder", f"{self.dir}/folder/"):
            self.assert_refused_before_the_run(["-o", path], path, "Is a directory")

    def test_a_profile_that_cannot_be_written_is_refused_before_the_run(self):
        path = self.dir / "missing/profile.json"

        self.assert_refused_before_the_run(["--profile", path], path, "No such file or directory")

    def test_generate_and_merge_answer_2_when_they_cannot_write(self):
        self.trace("-o", self.recording)
        path = self.dir / "missing/file"

        for verb in ("generate", "merge"):
            outcome = harness.snug(verb, self.recording, "-o", path)

            self.assert_status(outcome, 2)
            self.assertEqual(
                outcome.err,
                f"snug: cannot write {path}\n"
                "  cause: No such file or directory\n"
                "  try:   choose another place with -o; what was there before is unchanged\n",
            )

    def test_devices_are_written_to_and_stay_devices(self):
        for option in ("-o", "--profile"):
            self.assert_status(self.trace(option, "/dev/null"), 0)

        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        self.assertEqual(self.names(), ["snug.recording.json"])

    def test_a_full_device_is_told(self):
        outcome = self.trace("-o", "/dev/full")
        talk, _ = take_rescued(outcome.err)

        self.assertEqual(
            (outcome.status, talk),
            (
                125,
                "snug: cannot write /dev/full\n"
                "  cause: No space left on device\n"
                "  try:   make room; what was there before is unchanged\n",
            ),
        )

    def test_where_nothing_can_be_rescued_either_the_failure_is_told_as_it_is(self):
        for place in ("/nonexistent", "/proc"):
            command = ["env", f"TMPDIR={place}", harness.SNUG, "trace", "-q", "-o", "/dev/full", "--", "true"]
            outcome = harness.run(*command, cwd=self.dir)

            self.assertEqual(
                (outcome.status, outcome.err),
                (
                    125,
                    "snug: cannot write /dev/full\n"
                    "  cause: No space left on device\n"
                    "  try:   make room; what was there before is unchanged\n",
                ),
            )

    def test_full_standard_output_is_told(self):
        self.trace("-o", self.recording)

        for verb in ("generate", "merge"):
            with self.subTest(verb=verb), open("/dev/full", "w") as full:
                command = [harness.SNUG, verb, self.recording]
                outcome = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

                self.assertEqual(outcome.returncode, 2)
                self.assertTrue(
                    outcome.stderr.startswith(
                        "snug: cannot write standard output\n  cause: No space left on device\n"
                    ),
                    msg=outcome.stderr,
                )


class Clashes(Outputs):
    def test_standard_output_under_its_other_name_is_added_to_and_not_replaced(self):
        self.trace("-o", self.recording)
        for verb in ("generate", "merge"):
            log = self.dir / "log"
            log.write_text("precious\n")
            script = '"$0" "$1" recording.json -o /dev/stdout >>log'

            self.assert_status(harness.run("sh", "-c", script, harness.SNUG, verb, cwd=self.dir), 0)

            self.assertTrue(log.read_text().startswith("precious\n{\n"), msg=log.read_text()[:40])

    def test_one_file_for_the_recording_and_the_profile_is_refused_before_the_run(self):
        for path in ("both", "./both"):
            outcome = self.trace("-o", "both", "--profile", path, command=("touch", "touched"))

            self.assert_status(outcome, 125)
            self.assertTrue(outcome.err.startswith("snug: "))
            self.assertEqual(self.names(), [])

    def test_a_profile_does_not_replace_the_recording_it_is_made_from(self):
        self.trace("-o", self.recording)
        before = self.recording.read_text()

        outcome = harness.snug("generate", self.recording, "-o", self.recording)

        self.assert_status(outcome, 2)
        self.assertEqual(self.recording.read_text(), before)


class Limits(Outputs):
    def test_a_limit_on_the_size_of_files_is_told_and_keeps_the_old_file(self):
        self.trace("-o", self.recording)
        old = self.dir / "old"
        old.write_text("precious")
        limited = ["sh", "-c", 'ulimit -f 1; exec "$0" "$@"', harness.SNUG]

        for status, words in (
            (125, ["trace", "-q", "-o", old, "--", "true"]),
            (2, ["generate", "-q", self.recording, "-o", old]),
            (2, ["merge", self.recording, "-o", old]),
        ):
            with self.subTest(verb=words[0]):
                outcome = harness.run(*limited, *words)

                self.assert_status(outcome, status)
                self.assertTrue(outcome.err.startswith(f"snug: cannot write {old}\n  cause: File too large\n"))
                self.assertEqual(old.read_text(), "precious")
                self.assertEqual(self.names(), ["old", "recording.json"])


class Identity(Outputs):
    def test_a_symbolic_link_stays_one_and_its_target_is_replaced(self):
        (self.dir / "place").mkdir()
        target = self.dir / "place/target.json"
        target.write_text("old")
        self.recording.symlink_to(target)

        self.assert_status(self.trace("-o", self.recording), 0)

        self.assertEqual(os.readlink(self.recording), str(target))
        self.assertTrue(json.loads(target.read_text())["complete"])
        self.assertEqual(os.listdir(self.dir / "place"), ["target.json"])

    def test_a_symbolic_link_to_a_file_that_is_not_there_yet_stays_one(self):
        self.recording.symlink_to("target.json")

        self.assert_status(self.trace("-o", self.recording), 0)

        self.assertEqual(self.names(), ["recording.json", "target.json"])
        self.assertTrue(self.recording.is_symlink())

    def test_the_permissions_of_a_replaced_file_stay(self):
        for mode in (0o600, 0o664, 0o640):
            self.recording.touch()
            self.recording.chmod(mode)

            self.assert_status(self.trace("-o", self.recording), 0)

            self.assertEqual(stat.S_IMODE(self.recording.stat().st_mode), mode)

    def test_a_file_that_may_not_be_written_is_not_replaced(self):
        self.recording.write_text("precious")
        self.recording.chmod(0o444)
        (self.dir / "touched").unlink(missing_ok=True)

        outcome = self.trace("-o", self.recording, command=("touch", "touched"))

        if os.geteuid() == 0:  # root may write any file
            self.assert_status(outcome, 0)
            self.assertEqual(stat.S_IMODE(self.recording.stat().st_mode), 0o444)
        else:
            self.assert_status(outcome, 125)
            self.assertIn("cause: Permission denied", outcome.err)
            self.assertEqual(self.recording.read_text(), "precious")
            self.assertFalse((self.dir / "touched").exists())

    def test_the_permissions_of_a_new_file_follow_the_umask(self):
        for mask in (0o022, 0o077, 0o002):
            self.recording.unlink(missing_ok=True)

            self.assert_status(self.trace("-o", self.recording, umask=mask), 0)

            self.assertEqual(stat.S_IMODE(self.recording.stat().st_mode), 0o666 & ~mask)

    @harness.needs("root")
    def test_the_owner_of_a_replaced_file_stays(self):
        self.recording.touch()
        os.chown(self.recording, 65533, 65532)

        self.assert_status(self.trace("-o", self.recording), 0)

        facts = self.recording.stat()
        self.assertEqual((facts.st_uid, facts.st_gid), (65533, 65532))

    def test_files_with_any_bytes_in_their_names_are_written_and_read(self):
        name = os.fsdecode(b"re\xffcord 'ing'\n.json")

        self.assert_status(self.trace("-o", name), 0)
        self.assert_status(harness.snug("generate", "-q", name, cwd=self.dir), 0)


class Survival(Outputs):
    def test_a_killed_tracer_takes_its_workload_with_it_and_leaves_the_old_file(self):
        for stops in ("seccomp", "syscall"):
            self.recording.write_text("precious")
            command = [harness.SNUG, "trace", "-o", self.recording, f"--stops={stops}", "--"]
            workload = ["sh", "-c", "exec 3<&0; cat <&3 & echo ready; cat"]
            with subprocess.Popen(
                command + workload, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.dir
            ) as tracer:
                self.assertEqual(tracer.stdout.readline(), b"ready\n")
                tracer.kill()

                # Standard output ends when its last holder does; standard input, which would end it, is still open.
                self.assertEqual(select.select([tracer.stdout], [], [], 10)[0], [tracer.stdout])
                self.assertEqual(tracer.stdout.read(), b"")

            self.assertEqual(self.recording.read_text(), "precious")
            self.assertEqual(self.names(), ["recording.json"])

    @harness.needs("strace")
    def test_a_tracer_killed_while_it_begins_leaves_no_process_behind(self):
        for call in range(1, 9):
            with self.subTest(ptrace_call=call):
                log = self.dir / "log"
                kill_at = ["strace", "-o", log, "-e", "trace=ptrace", "-e", f"inject=ptrace:signal=KILL:when={call}"]

                # Not by pipes, which a process that was left behind would keep open.
                streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
                tracer = [harness.SNUG, "trace", "-o", self.recording, "--", "sleep", "100"]
                subprocess.run(kill_at + tracer, timeout=60, check=False, **streams)

                seized = set(map(int, re.findall(r"PTRACE_SEIZE, (\d+)", log.read_text())))
                self.assertNotEqual(seized, set())
                self.assertEqual({pid for pid in seized if self.lives_on(pid)}, set())

    def lives_on(self, pid):
        try:
            running.until(lambda: self.has_ended(pid), 2, f"the end of process {pid}")
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    @staticmethod
    def has_ended(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return True

    def test_who_reads_the_old_file_reads_all_of_it(self):
        self.trace("-o", self.recording)
        old = self.recording.read_text()

        with open(self.recording) as reader:
            self.assertEqual(reader.read(1), old[0])
            self.assert_status(self.trace("-o", self.recording), 0)

            self.assertEqual(reader.read(), old[1:])
        self.assertNotEqual(self.recording.read_text(), old)

    @harness.needs("strace")
    def test_a_power_cut_finds_the_old_file_or_the_new_one(self):
        self.trace("-o", self.recording)
        log = self.dir / "log"
        strace = ["strace", "-o", log, "-e", "trace=fsync,rename,renameat,renameat2"]

        outcome = harness.run(*strace, harness.SNUG, "merge", self.recording, "-o", "new", cwd=self.dir)

        self.assert_status(outcome, 0)
        order = [line.partition("(")[0].rstrip("at2") for line in log.read_text().splitlines() if "(" in line]
        self.assertEqual(order, ["fsync", "rename", "fsync"])


if __name__ == "__main__":
    harness.main()
