# SPDX-License-Identifier: Apache-2.0
"""Attaching to what runs already: everybody is seized, nobody is disturbed, everybody is let go and works on."""

import hashlib
import json
import os
import signal
import struct
import subprocess

from attaching import PATIENCE, AttachingCase, processes_of, state_of, tracer_of
from harness import SNUG, main, needs, run
from recordings import call, tracee
from running import until

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
ECHO = "while read line; do echo $line; done; exit 5"
BYTES = 1000000  # each by two calls
# Ends by itself after so many executions.
EXECUTIONS = "i=0; while [ $i -lt 150 ]; do /bin/true || exit 1; (exit 7); i=$((i + 1)); done; echo done"


class Echoes(AttachingCase):
    """A shell that reads lines and writes them, as long as anybody wants it."""

    def start_echo(self, *before):
        target = self.start(*before, "sh", "-c", ECHO)
        self.assert_echoes(target, "begin")
        return target

    def assert_echoes(self, target, word="word"):
        target.stdin.write(f"{word}\n")
        target.stdin.flush()
        self.assertEqual(target.stdout.readline(), f"{word}\n")

    def assert_ends_as_alone(self, target, status=5):
        self.assertEqual(target.communicate("last\n", PATIENCE)[0], "last\n")
        self.assertEqual(target.returncode, status)


@needs("attach", "x86_64")
class Crowds(AttachingCase):
    """Threads and children are born and die all the time."""

    # A daemon that somebody else starts in the same moment may be theirs, for all that snug can know.
    possible_doubts = frozenset(
        ["a process ended while snug attached to it: children that it left may be missing"]
    )

    def start_churn(self, processes, threads):
        self.counters = self.dir / "counters"
        target = self.start(tracee("churn"), self.counters, processes, threads)
        until(lambda: len(self.counts()) == processes * threads and all(self.counts()), PATIENCE, "everybody at work")
        return target

    def counts(self):
        content = self.counters.read_bytes() if self.counters.exists() else b""
        return struct.unpack(f"{len(content) // 8}Q", content)

    def assert_works(self, target):
        before = self.counts()

        def have_all_counted():
            self.assertIsNone(target.poll())
            return all(now > then for now, then in zip(self.counts(), before, strict=True))

        until(have_all_counted, PATIENCE, "every thread counting on")

    def assert_holds_all_and_lets_all_go(self, processes, threads):
        target = self.start_churn(processes, threads)

        tracer = self.attach(target.pid)
        self.assert_traced_by(tracer.pid, target.pid)
        self.assert_works(target)
        run = self.let_go(tracer)

        self.assert_traced_by(0, target.pid)
        self.assert_works(target)
        self.assertGreaterEqual(run["accounting"]["tasks_attached"], processes * threads + 1)

    def test_many_processes_with_threads_are_held_and_let_go(self):
        self.assert_holds_all_and_lets_all_go(4, 4)

    def test_one_process_with_many_threads_is_held_and_let_go(self):
        self.assert_holds_all_and_lets_all_go(1, 40)

    def test_again_and_again_at_whatever_they_do(self):
        target = self.start_churn(3, 3)

        for _ in range(8):
            self.attach_and_let_go(target.pid)

        self.assert_traced_by(0, target.pid)
        self.assert_works(target)

    def test_a_tracer_that_is_killed_leaves_them_at_work(self):
        target = self.start_churn(3, 3)
        tracer = self.attach(target.pid)

        tracer.kill()
        tracer.wait()

        self.assert_traced_by(0, target.pid)
        self.assert_works(target)

    def test_their_end_is_the_end(self):
        target = self.start_churn(2, 2)
        tracer = self.attach(target.pid)

        self.kill_session(target.pid)

        self.finish(tracer, "last task")


@needs("attach")
class Stopped(Echoes):
    def test_who_is_stopped_stays_stopped_until_continued(self):
        target = self.start_echo()
        os.kill(target.pid, signal.SIGSTOP)
        self.await_state(target.pid, "T")
        target.stdin.write("word\n")
        target.stdin.flush()

        tracer = self.attach(target.pid)
        self.await_state(target.pid, "t")
        self.let_go(tracer)

        self.assertEqual((state_of(target.pid), tracer_of(target.pid)), ("T", 0))
        os.kill(target.pid, signal.SIGCONT)
        self.assertEqual(target.stdout.readline(), "word\n")
        self.assert_ends_as_alone(target)

    def test_who_is_continued_meanwhile_goes_on(self):
        target = self.start_echo()
        os.kill(target.pid, signal.SIGSTOP)
        self.await_state(target.pid, "T")
        tracer = self.attach(target.pid)

        os.kill(target.pid, signal.SIGCONT)

        self.assert_echoes(target)
        self.let_go(tracer)
        self.assert_ends_as_alone(target)

    def test_who_is_stopped_meanwhile_is_let_go_stopped(self):
        target = self.start_echo()
        tracer = self.attach(target.pid)
        os.kill(target.pid, signal.SIGSTOP)
        self.assertTrue(os.WIFSTOPPED(os.waitpid(target.pid, os.WUNTRACED)[1]))

        self.let_go(tracer)

        self.await_state(target.pid, "T")
        os.kill(target.pid, signal.SIGCONT)
        self.assert_echoes(target)


@needs("attach")
class Work(Echoes):
    def visit_until_it_ends(self, target):
        """Comes and goes as often as there is time for; what the target wrote."""
        visits = 0
        while target.poll() is None:
            tracer = self.begin_attaching(target.pid)
            if "attached" in tracer.stderr.readline():
                tracer.send_signal(signal.SIGINT)
                visits += 1
            tracer.wait(PATIENCE)
        self.assertGreater(visits, 0)
        self.assertEqual(target.wait(), 0)
        return target.stdout.read()

    def test_executions_and_ends_go_on_however_often_snug_comes_and_goes(self):
        self.assertEqual(self.visit_until_it_ends(self.start("sh", "-c", EXECUTIONS)), "done\n")

    def test_a_busy_program_writes_what_it_would_alone(self):
        target = self.start("sh", "-c", f"dd if=/dev/zero bs=1 count={BYTES} status=none | sha256sum")

        written = self.visit_until_it_ends(target)

        self.assertEqual(written.split()[0], hashlib.sha256(bytes(BYTES)).hexdigest())

    def test_the_ends_of_children_reach_their_parent(self):
        target = self.start("sh", "-c", "cat & wait $!; echo $?; read line", stdin=subprocess.DEVNULL)
        self.assertEqual(target.stdout.readline(), "0\n")

        family = self.start("sh", "-c", "exec 3<&0; cat <&3 & wait $!; echo $?")
        until(lambda: len(processes_of(family.pid)) == 2, PATIENCE, "a child")
        self.attach_and_let_go(family.pid)

        self.assertEqual(family.communicate("", PATIENCE)[0], "0\n")

    def test_what_a_target_has_started_since_is_let_go_too(self):
        target = self.start("sh", "-c", 'exec 3<&0; read line; cat <&3 & echo $!; wait')
        tracer = self.attach(target.pid)
        target.stdin.write("go\n")
        target.stdin.flush()
        child = int(target.stdout.readline())
        self.assertEqual(tracer_of(child), tracer.pid)

        run = self.let_go(tracer)

        self.assertEqual((run["accounting"]["tasks_born"], run["accounting"]["tasks_detached"]), (1, 2))
        self.assert_traced_by(0, target.pid)


@needs("attach")
class Ends(Echoes):
    def test_a_signal_lets_the_target_go_and_is_success(self):
        target = self.start_echo()
        for signo in SIGNALS:
            with self.subTest(signo=signo):
                tracer = self.attach(target.pid)
                self.assert_echoes(target)

                run = self.let_go(tracer, signo)

                self.assertEqual(run["exit"], {})
                self.assertEqual(run["accounting"]["tasks_detached"], 1)
                self.assertEqual(tracer_of(target.pid), 0)
        self.assert_ends_as_alone(target)

    def test_other_signals_neither_reach_it_nor_end_snug(self):
        target = self.start_echo()
        tracer = self.attach(target.pid)

        for signo in (signal.SIGUSR1, signal.SIGTSTP, signal.SIGWINCH, signal.SIGALRM):
            tracer.send_signal(signo)

        self.assert_echoes(target)
        self.assertNotIn(state_of(tracer.pid), "T")
        self.let_go(tracer)
        self.assert_ends_as_alone(target)

    def test_it_is_let_go_after_the_duration(self):
        target = self.start_echo()

        tracer = self.attach(target.pid, "--duration=0.2")
        self.assertTrue(tracer.talk.endswith("until the last one ends or for 0.2 s (Ctrl-C lets it go)\n"))
        run = self.finish(tracer)

        self.assertGreaterEqual(run["duration_ms"], 200)
        self.assert_ends_as_alone(target)

    def test_the_end_of_the_target_comes_before_the_duration(self):
        target = self.start_echo()
        tracer = self.attach(target.pid, "--duration=1000")

        self.assert_ends_as_alone(target)

        run = self.finish(tracer, "last task")
        self.assertEqual((run["exit"], run["accounting"]["tasks_gone"]), ({"code": 5}, 1))
        self.assertEqual(run["command"], ["sh", "-c", ECHO])


@needs("attach")
class Relatives(Echoes):
    """The target may be of snug's own family."""

    def attached_by(self, script):
        """What the shell says whose script attaches to somebody by "$@" and lets it go soon."""
        snug = [SNUG, "trace", "-q", "--duration=0.2", "-o", str(self.recording), "--pid"]
        shell = self.start("sh", "-c", script, "sh", *snug)
        until(self.recording.exists, PATIENCE, "a recording")
        return shell.communicate("word\n", PATIENCE)[0]

    def test_its_own_child(self):
        # exec makes the shell's child snug's.
        self.assertEqual(self.attached_by('exec 3<&0; cat <&3 & exec "$@" $!'), "word\n")

    def test_its_sibling(self):
        self.assertEqual(self.attached_by('exec 3<&0; cat <&3 & "$@" $! && wait && echo $?'), "word\n0\n")

    def test_its_parent(self):
        self.assertEqual(self.attached_by('"$@" $$; echo $?; read line; echo $line'), "0\nword\n")

    def test_its_grandparent_is_recorded_with_its_other_children_and_not_snug(self):
        script = """exec 3<&0; cat <&3 & sh -c '"$@"; exit $?' sh "$@" $$; echo $?; wait"""

        self.assertEqual(sorted(self.attached_by(script).split()), ["0", "word"])

        (run,) = json.loads(self.recording.read_text())["runs"]
        self.assertTrue(run["complete"], run["incomplete_because"])
        self.assertEqual(run["accounting"]["tasks_attached"], 3)


@needs("attach", "root")
class Surroundings(Echoes):
    @needs("unshare")
    def test_a_target_in_other_namespaces_is_held_with_its_descendants(self):
        target = self.start_echo("unshare", "-m", "-p", "-f", "--mount-proc")

        tracer = self.attach(target.pid)
        self.assert_traced_by(tracer.pid, target.pid)
        self.assert_echoes(target)
        run = self.let_go(tracer)

        self.assertEqual(run["accounting"]["tasks_attached"], 2)
        self.assert_traced_by(0, target.pid)
        self.assert_ends_as_alone(target)

    @needs("x86_64")
    def test_what_a_targets_own_filter_refuses_is_seen(self):
        uname, eperm = 63, 1
        script = "echo ready; read line; uname 2> /dev/null; echo $?"
        target = self.start(tracee("deny_call"), uname, eperm, "--", "sh", "-c", script)
        self.assertEqual(target.stdout.readline(), "ready\n")
        tracer = self.attach(target.pid)

        self.assertEqual(target.communicate("\n", PATIENCE)[0], "1\n")

        self.finish(tracer, "last task")
        recording = json.loads(self.recording.read_text())
        self.assertEqual(call(recording, "uname")["errors"], {"EPERM": 1})


if __name__ == "__main__":
    main()
