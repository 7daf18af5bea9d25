# SPDX-License-Identifier: Apache-2.0
"""The command cannot tell that snug stands around it: its streams, its environment, all it inherits are its own."""

import copy
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import harness
import running

ALL_BYTES = bytes(range(256)) * 4096

# Prints all that a process inherits, except for what tracing must change (its parent, its tracer, its filters).
PORTRAIT = r"""
import json, os, resource, signal, sys
status = dict(line.rstrip("\n").split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
kept = ("Umask", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd",
        "CapAmb", "NoNewPrivs", "Cpus_allowed", "THP_enabled")
json.dump({
    "arguments": [open("/proc/self/cmdline").read().split("\0")[0], *sys.argv[1:]],
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "group": os.getpgrp(),
    "session": os.getsid(0),
    "files": {fd: os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if int(fd) < 100
              and os.path.exists(f"/proc/self/fd/{fd}")},
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if "RLIMIT_" in name},
    "nice": os.nice(0),
    "scheduler": os.sched_getscheduler(0),
    "personality": open("/proc/self/personality").read(),
    "out of memory": open("/proc/self/oom_score_adj").read(),
    "timer slack": open("/proc/self/timerslack_ns").read(),
    "status": {key: status.get(key) for key in kept},
}, sys.stdout, sort_keys=True)
"""


def prepare_unusual_process():
    os.umask(0o027)
    os.nice(3)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGTERM, signal.SIGUSR2})


@harness.needs("ptrace")
class Streams(harness.Case):
    def trace(self, *options):
        return [harness.SNUG, "trace", "-o", self.dir / "recording.json", *options, "--"]


class Bytes(Streams):
    def test_standard_input_reaches_the_command(self):
        outcome = harness.run(*self.trace("-q"), "cat", input="hello\n")

        self.assertEqual((outcome.status, outcome.out, outcome.err), (0, "hello\n", ""))

    def test_what_the_command_does_not_read_stays_in_standard_input(self):
        script = '"$@" head -n 0 <&0; cat'

        outcome = harness.run("sh", "-c", script, "sh", *self.trace("-q"), input="hello\n")

        self.assertEqual((outcome.status, outcome.out), (0, "hello\n"))

    def test_binary_data_passes_through_each_stream_unchanged_and_unmixed(self):
        (self.dir / "errors").write_bytes(ALL_BYTES[::-1])
        for option in ("--stops=auto", "--stops=syscall"):
            command = [*self.trace("-q", option), "sh", "-c", 'cat; cat "$0" >&2', self.dir / "errors"]

            answer = subprocess.run(command, input=ALL_BYTES, capture_output=True, check=True)

            self.assertTrue(answer.stdout == ALL_BYTES and answer.stderr == ALL_BYTES[::-1])

    def test_snug_talks_on_standard_error_only_and_after_the_command(self):
        outcome = harness.run(*self.trace(), "sh", "-c", "echo out; echo err >&2")

        self.assertEqual(outcome.out, "out\n")
        self.assertRegex(
            outcome.err,
            r"\Aerr\n"
            r"snug: \d+ calls of \d+ system calls by 1 process in \d+\.\d s, recorded in \S+/recording\.json\n"
            r"      complete: every task and every call is accounted for\n"
            r"      next: snug generate \S+/recording\.json -o seccomp\.json\n\Z",
        )

    def test_quiet_says_nothing(self):
        outcome = harness.run(*self.trace("--quiet", "--profile", self.dir / "profile.json"), "true")

        self.assertEqual((outcome.status, outcome.out, outcome.err), (0, "", ""))

    def test_a_reader_that_went_away_kills_the_command_and_not_snug(self):
        pipeline = '"$@" yes | head -n 1; echo "${PIPESTATUS[0]}"'

        outcome = harness.run("bash", "-c", pipeline, "bash", *self.trace("-q"))

        self.assertEqual(outcome.out, f"y\n{128 + signal.SIGPIPE}\n")
        self.assertEqual(json.loads((self.dir / "recording.json").read_text())["runs"][0]["exit"], {"signal": 13})

    def test_a_closed_stream_stays_closed(self):
        for number in (0, 1, 2):
            with self.subTest(number=number):
                script = f'exec {number}<&-; "$@"'
                probe = f'test -e /proc/self/fd/{number} && exit 9; exit 0'

                outcome = harness.run("sh", "-c", script, "sh", *self.trace("-q"), "sh", "-c", probe)

                self.assert_status(outcome, 0)


class TalkThatNobodyReads(Streams):
    """Standard error is a pipe whose reader has gone: what snug has to say is lost, and nothing else."""

    def start_unread(self, *command):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w") as errors:
            started = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.addCleanup(started.wait)
        self.addCleanup(started.stdout.close)
        self.addCleanup(started.stdin.close)
        return started

    def assert_complete_recording(self):
        self.assertTrue(json.loads((self.dir / "recording.json").read_text())["complete"])

    def test_recording_and_profile_are_written_and_the_status_is_the_commands(self):
        profile = self.dir / "profile.json"

        tracer = self.start_unread(*self.trace("--profile", profile), "sh", "-c", "exit 5")

        self.assertEqual(tracer.wait(60), 5)
        self.assert_complete_recording()
        self.assertEqual(json.loads(profile.read_text())["defaultAction"], "SCMP_ACT_ERRNO")

    def test_descendants_of_the_command_live_on_and_are_recorded(self):
        script = "exec 3<&0; { read line <&3; echo $line; } & echo $$; exit 5"

        tracer = self.start_unread(*self.trace(), "sh", "-c", script)
        command = Path("/proc", tracer.stdout.readline().strip())
        # snug speaks of the descendants as soon as it has seen the end of the command.
        running.until(lambda: not command.exists(), 60, "the end of the command")

        self.assertEqual(tracer.communicate("the end\n", 60)[0], "the end\n")
        self.assertEqual(tracer.returncode, 5)
        self.assert_complete_recording()


class Pipelines(Streams):
    def test_recording_profile_and_verification_flow_through_pipes(self):
        command = "sh -c 'uname -s >&2'"
        pipeline = (
            f'"$0" trace -q -o - -- {command} | "$0" generate -q - | "$0" verify -q --profile - -- {command}'
        )

        outcome = harness.run("bash", "-c", f"set -o pipefail; {pipeline}", harness.SNUG, cwd=self.dir)

        self.assertEqual((outcome.status, outcome.out, outcome.err), (0, "", "Linux\nLinux\n"), msg=repr(outcome))
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_merge_reads_one_recording_from_standard_input(self):
        first, second = self.dir / "first", self.dir / "second"
        for path in (first, second):
            self.assert_status(harness.snug("trace", "-q", "-o", path, "--", "true"), 0)

        piped = harness.snug("merge", first, "-", input=second.read_text())

        self.assert_status(piped, 0)
        self.assertEqual(piped.out, harness.snug("merge", second, first).out)


class Inheritance(Streams):
    def portrait(self, *prefix):
        streams = {name: open(self.dir / name, "w") for name in ("portrait", "errors", "inherited")}
        answer = subprocess.run(
            [*prefix, sys.executable, "-c", PORTRAIT, "an argument", "", "--"],
            stdin=subprocess.DEVNULL,
            stdout=streams["portrait"],
            stderr=streams["errors"],
            cwd=self.dir,
            env={"PATH": os.environ["PATH"], "ODD": "a\nb=c \xe9", "EMPTY": "", "LD_BIND_NOW": "1"},
            pass_fds=[streams["inherited"].fileno()],
            preexec_fn=prepare_unusual_process,
            check=False,
        )
        for stream in streams.values():
            stream.close()
        self.assertEqual((answer.returncode, (self.dir / "errors").read_text()), (0, ""))
        return json.loads((self.dir / "portrait").read_text())

    def test_everything_that_a_process_inherits_is_what_it_is_without_snug(self):
        native = self.portrait()
        self.assertEqual(native["nice"], min(os.nice(0) + 3, 19))
        self.assertEqual(native["status"]["Umask"], "0027")

        (self.dir / "allow.json").write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
        ways = {
            "one stop a call": self.trace("-q", "--stops=auto"),
            "two stops a call": self.trace("-q", "--stops=syscall"),
            "verify": [harness.SNUG, "verify", "-q", "--profile", self.dir / "allow.json", "--"],
        }
        for name, prefix in ways.items():
            with self.subTest(way=name):
                expected = copy.deepcopy(native)
                if name == "verify" and os.geteuid() != 0:
                    expected["status"]["NoNewPrivs"] = "1"  # the kernel takes no filter from an ordinary user otherwise
                self.assertEqual(self.portrait(*prefix), expected)


if __name__ == "__main__":
    harness.main()
