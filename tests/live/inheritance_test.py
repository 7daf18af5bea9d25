# SPDX-License-Identifier: Apache-2.0
"""What snug inherits from whoever starts it neither reaches its own work nor is kept from the command."""

import os
import signal

from harness import SNUG, Case, main, needs, run


@needs("ptrace")
class InheritanceTest(Case):
    def test_a_stopped_job_of_the_shell_is_not_waited_for(self):
        script = 'sleep 60 >&- 2>&- & echo $!; kill -STOP $!; exec "$0" trace -q -o "$1" -- true'

        outcome = run("timeout", "-s", "KILL", "20", "sh", "-c", script, SNUG, self.dir / "r.json")
        os.kill(int(outcome.out), signal.SIGKILL)

        self.assert_status(outcome, 0)

    def test_a_blocked_sigchld_stays_blocked_for_the_command(self):
        def block():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])

        show = ("grep", "SigBlk", "/proc/self/status")
        alone = run(*show, preexec_fn=block)
        watched = run(SNUG, "trace", "-q", "-o", self.dir / "r.json", "--", *show, preexec_fn=block)

        self.assertNotEqual(alone.out, run(*show).out)
        self.assertEqual(watched.out, alone.out)


if __name__ == "__main__":
    main()
