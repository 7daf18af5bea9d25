# SPDX-License-Identifier: Apache-2.0
"""Who sleeps when snug attaches or lets go sleeps on, and who cannot be stopped is let go all the same."""

import re

from attaching import PATIENCE, AttachingCase, tasks_of, tracer_of
from harness import main, needs, run
from recordings import tracee


@needs("attach", "x86_64")
class Sleepers(AttachingCase):
    """A call that sleeps sleeps on, and nothing in the program shows that somebody came and went."""

    def alone(self, program):
        outcome = run(tracee(program), input="\n", cwd=self.dir)
        self.assertNotIn("cannot", outcome.out)
        return outcome.out

    def start_sleepers(self, program):
        target = self.start(tracee(program))
        self.assertEqual(target.stdout.readline(), "asleep\n")
        return target

    def rest(self, target):
        return "asleep\n" + target.communicate("\n", PATIENCE)[0]

    def test_no_call_is_interrupted_by_coming_and_going(self):
        alone = self.alone("sleepers")
        target = self.start_sleepers("sleepers")

        run = self.attach_and_let_go(target.pid)

        self.assertEqual(self.rest(target), alone)
        self.assertEqual(re.findall(r"(?m): (.*)$", alone).count("-1 EINTR"), 33)
        self.assertEqual(run["accounting"]["tasks_attached"], 1 + 33 + 2)  # two have a child to wait for

    def test_none_is_interrupted_by_coming_and_staying(self):
        alone = self.alone("sleepers")
        target = self.start_sleepers("sleepers")

        tracer = self.attach(target.pid)

        self.assertEqual(self.rest(target), alone)
        self.finish(tracer, "last task")

    def test_each_returns_what_it_waited_for(self):
        alone = self.alone("woken")
        self.assertNotIn("-1", alone)
        for stays in (False, True):
            with self.subTest(stays=stays):
                target = self.start_sleepers("woken")
                tracer = self.attach(target.pid)
                if not stays:
                    self.let_go(tracer)

                self.assertEqual(self.rest(target), alone)
                self.assertEqual(target.wait(PATIENCE), 0)
                if stays:
                    self.finish(tracer, "last task")


@needs("attach", "x86_64")
class Unstoppable(AttachingCase):
    """Whoever cannot stop cannot be let go; the kernel does it when snug ends."""

    def start_leaderless(self, *arguments):
        target = self.start(tracee("leaderless"), *arguments)
        if not arguments:
            self.await_state(target.pid, "Z")
        self.assertEqual(target.stdout.readline(), "ready\n")
        return target

    def assert_echoes_on(self, target):
        self.assertEqual([tracer_of(tid) for tid in tasks_of(target.pid)], [None, 0])
        self.assertEqual(target.communicate("abc", PATIENCE)[0], "abc")
        self.assertEqual(target.returncode, 5)

    def test_a_process_whose_leader_has_exited_is_attached_to_and_let_go(self):
        target = self.start_leaderless()

        run = self.attach_and_let_go(target.pid)

        self.assertEqual(run["accounting"]["tasks_attached"], 1)
        self.assert_echoes_on(target)

    def test_its_end_is_the_end(self):
        target = self.start_leaderless()
        tracer = self.attach(target.pid)

        self.assertEqual(target.communicate("abc", PATIENCE)[0], "abc")

        self.assertEqual(self.finish(tracer, "last task")["accounting"]["tasks_gone"], 1)

    def test_a_leader_that_exits_meanwhile_is_let_go_with_the_others(self):
        target = self.start_leaderless("wait")
        tracer = self.attach(target.pid)
        target.stdin.write("\n")
        target.stdin.flush()
        self.await_state(target.pid, "Z")

        run = self.let_go(tracer)

        self.assertEqual((run["accounting"]["tasks_attached"], run["accounting"]["tasks_detached"]), (2, 2))
        self.assert_echoes_on(target)

    def test_a_parent_in_vfork_is_let_go(self):
        target = self.start(tracee("slow_vfork"))
        self.assertEqual(target.stdout.readline(), "ready\n")

        run = self.attach_and_let_go(target.pid)

        self.assertEqual(run["accounting"]["tasks_detached"], 2)
        self.assert_traced_by(0, target.pid)
        target.communicate("\n", PATIENCE)
        self.assertEqual(target.returncode, 5)


if __name__ == "__main__":
    main()
