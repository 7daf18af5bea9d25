# SPDX-License-Identifier: Apache-2.0
"""A workload that says what reaches it: listener.py END [SIGNAL...]

Prints its process id, then a line for every delivery of each SIGNAL (a number) and for every line of input. An empty
line or the end of the input ends it: by the signal END, or with status 0 when END is 0.
"""

import os
import select
import signal
import sys


def listen(signals):
    # The handler in C writes the number itself, so that each delivery counts, and none waits for the interpreter.
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    for number in signals:
        signal.signal(number, lambda *_: None)

    print(f"<process {os.getpid()}>", flush=True)
    line = "?"
    while line:
        for ready in select.select([wake, sys.stdin], [], [])[0]:
            if ready == wake:
                for number in os.read(wake, 64):
                    print(f"<signal {number}>", flush=True)
            else:
                line = os.read(0, 1024).decode().strip()
                print(f"<{line or 'end'}>", flush=True)


if __name__ == "__main__":
    end, *caught = map(int, sys.argv[1:])
    listen(caught)
    if end:
        signal.signal(end, signal.SIG_DFL)
        os.kill(os.getpid(), end)
