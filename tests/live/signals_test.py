# SPDX-License-Identifier: Apache-2.0
"""Signals come to a watched program as they come to it alone: the same ones, in the same order, from the same senders.

What does differ, and is left out of what the programs tell: TracerPid in /proc/PID/status, the state "t" in
/proc/PID/stat while snug looks at a stop, and that a child's end can be seen through a pidfd, or through the pipes that
it held, shortly before a wait call that does not block finds it.
"""

import ctypes
import os
import signal
import subprocess
import threading
from pathlib import Path

from harness import SNUG, main, needs
from recordings import tracee
from watching import STOPS, WatchingCase

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.sigqueue.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]


@needs("ptrace", "x86_64")
class DeliveryTest(WatchingCase):
    def test_a_handler_sees_how_a_signal_was_sent_and_by_whom(self):
        calls = {"kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"}
        told = self.assert_unchanged("delivery", "senders", calls=calls)

        self.assertIn("USR1 code -1 value 4711 from child", told)

    def test_a_signal_to_a_process_group_comes_from_its_sender(self):
        self.assertIn("code 0 value 0 from child", self.assert_unchanged("delivery", "group", calls={"kill"}))

    def test_real_time_signals_are_queued_in_order_and_standard_ones_are_kept_once(self):
        told = self.assert_unchanged("delivery", "queueing", calls={"rt_sigpending", "rt_sigqueueinfo"})

        self.assertIn("18 arrived", told)

    def test_a_handler_runs_under_its_mask_and_gives_back_the_former_one(self):
        self.assertIn("blocked afterwards: 0 0", self.assert_unchanged("delivery", "masks", calls={"rt_sigreturn"}))

    def test_a_handler_that_is_not_deferred_nests(self):
        self.assertIn("depth 3", self.assert_unchanged("delivery", "nesting", calls={"rt_sigreturn"}))

    def test_a_handler_that_is_deferred_does_not_nest(self):
        self.assertNotIn("depth 1", self.assert_unchanged("delivery", "deferring", calls={"rt_sigreturn"}))

    def test_the_handler_of_another_signal_interrupts_a_handler(self):
        self.assertIn("USR2 code -6 value 0 from self, depth 1", self.assert_unchanged("delivery", "interleaving"))

    def test_handlers_run_on_the_alternative_stack(self):
        told = self.assert_unchanged("delivery", "alternative stacks", calls={"sigaltstack"})

        self.assertIn("alternative stack", told)

    def test_a_handler_for_once_is_gone_the_second_time(self):
        self.assertIn("back to default: 1", self.assert_unchanged("delivery", "resetting", status=138))

    def test_a_thread_gets_its_own_signals_and_those_that_others_block(self):
        self.assertIn("pending for the main thread: 1", self.assert_unchanged("delivery", "threads", calls={"tgkill"}))

    def test_an_exec_keeps_what_is_blocked_pending_and_ignored(self):
        told = self.assert_unchanged("delivery", "inheriting", calls={"execve"})

        self.assertIn("pending in the child: 0\nignored: 1, handler gone: 1\n", told)


def states_below(pid):
    """What every thread of the process, and of its children, is at and is yet to be told."""
    wanted = ("Name", "State", "TracerPid", "SigPnd", "ShdPnd", "SigBlk", "SigCgt")
    states = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        states.append("; ".join(line for line in lines if line.partition(":")[0] in wanted))
        states[-1] += f"; in {(task / 'wchan').read_text()}, call {(task / 'syscall').read_text()}"
        for child in (task / "children").read_text().split():
            states += states_below(child)
    return states


@needs("ptrace", "x86_64")
class OutsideTest(WatchingCase):
    def tell_when_signalled(self, scene, send, *watcher):
        """What the program tells once `send` has signalled the command's process."""
        with subprocess.Popen(
            [*watcher, tracee("delivery"), scene], stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as command:
            hung = []
            timer = threading.Timer(60, lambda: (hung.extend(states_below(command.pid)), command.kill()))
            timer.start()
            self.assertEqual(command.stdout.readline(), "ready\n", hung)
            send(command.pid)
            told = command.communicate()[0]
            timer.cancel()
        self.assertEqual((command.returncode, hung), (0, []))
        return "".join(sorted(told.splitlines(keepends=True)))  # one handler may interrupt another

    def assert_told_to_all(self, scene, send, words):
        self.assertEqual(self.tell_when_signalled(scene, send), words)
        for stops in STOPS:
            with self.subTest(stops=stops):
                watcher = [SNUG, "trace", "-q", "--stops", stops, "-o", self.dir / "r.json", "--"]
                self.assertEqual(self.tell_when_signalled(scene, send, *watcher), words)

    def test_a_signal_sent_to_snug_comes_from_its_sender_with_its_value(self):
        def send(pid):
            os.kill(pid, signal.SIGUSR1)
            LIBC.sigqueue(pid, signal.SIGRTMIN, 11)
            LIBC.sigqueue(pid, signal.SIGRTMIN, 12)

        here = os.getpid()
        words = [*(f"34 code -1 value {n} from {here}\n" for n in (11, 12)), f"USR1 code 0 value 0 from {here}\n"]
        self.assert_told_to_all("from outside", send, "".join(words))

    def test_what_the_workload_sends_to_its_group_comes_once(self):
        self.assert_told_to_all("to its group", lambda pid: os.kill(pid, signal.SIGRTMAX), "50 of 50 arrived\n")


@needs("ptrace", "x86_64")
class StormTest(WatchingCase):
    def test_no_signal_is_lost_or_overtaken_while_calls_are_made(self):
        told = self.assert_unchanged("storm", "calls", calls={"getppid", "rt_sigreturn"})

        self.assertEqual(told, "counted 20000, out of order 0, of strangers 0, wrong results 0\n")

    def test_no_byte_is_lost_while_signals_come(self):
        self.assertIn("received 1000000", self.assert_unchanged("storm", "pipe", calls={"read", "write"}))

    def test_a_signal_just_before_a_call_and_one_within_it_interrupt_alike(self):
        told = self.assert_unchanged("storm", "interrupted reads", calls={"read", "rt_sigreturn"})

        self.assertEqual(told, "counted 1000, out of order 0, calls that ended otherwise 0\n")


@needs("ptrace", "x86_64")
class WaitingTest(WatchingCase):
    def test_signals_that_are_waited_for_come_with_their_values(self):
        self.assert_unchanged("timers", "waiting", calls={"rt_sigtimedwait"})

    def test_signals_are_read_from_files(self):
        self.assert_unchanged("timers", "signal files", calls={"signalfd4", "read"})

    def test_alarms_come_once_and_interrupt(self):
        self.assert_unchanged("timers", "alarm clock", calls={"setitimer", "alarm", "rt_sigsuspend"})

    def test_alarms_come_again_and_again(self):
        self.assert_unchanged("timers", "intervals", calls={"setitimer"})

    def test_timers_of_consumed_time_run_out(self):
        self.assert_unchanged("timers", "CPU time", calls={"setitimer"})

    def test_a_timer_signals_the_thread_it_was_made_for(self):
        self.assert_unchanged("timers", "thread timer", calls={"timer_create", "timer_settime"})

    def test_timers_are_read_from_files(self):
        self.assert_unchanged("timers", "timer files", calls={"timerfd_create", "timerfd_settime"})

    def test_an_ignored_alarm_does_not_cut_a_sleep_short(self):
        self.assert_unchanged("timers", "sleep through", calls={"clock_nanosleep"})


@needs("ptrace", "x86_64")
class ChildrenTest(WatchingCase):
    def test_the_parent_is_told_of_ends_stops_and_continuations(self):
        self.assert_unchanged("children", "life", calls={"wait4"})

    def test_a_parent_that_wants_no_news_of_stops_gets_none(self):
        self.assertIn("0 times", self.assert_unchanged("children", "without stops"))

    def test_a_parent_that_wants_no_zombies_gets_none(self):
        self.assertIn("nobody to reap: ECHILD", self.assert_unchanged("children", "without zombies"))

    def test_a_parent_that_ignores_its_children_waits_for_the_last_one(self):
        self.assertIn("the last one is gone: 1", self.assert_unchanged("children", "ignoring", calls={"wait4"}))

    def test_a_child_that_is_only_looked_at_stays(self):
        self.assert_unchanged("children", "looking", calls={"waitid", "wait4"})

    def test_each_wait_finds_its_child_whatever_signals_come(self):
        self.assert_unchanged("children", "many")

    def test_an_end_is_seen_through_a_pidfd(self):
        self.assert_unchanged("children", "by pidfd", calls={"pidfd_open", "waitid"})

    def test_a_parent_that_lent_its_memory_takes_its_signals_afterwards(self):
        self.assertIn("exited with 0", self.assert_unchanged("children", "borrowing", calls={"vfork"}))

    def test_the_death_of_the_parent_is_told(self):
        self.assert_unchanged("children", "orphaned", calls={"prctl"})


if __name__ == "__main__":
    main()
