# SPDX-License-Identifier: Apache-2.0
"""How much memory a running process has needed.

A child's resource usage would not do: the kernel reports the largest of a process and its children, and a tracer is
its workload's parent. So /proc is read every millisecond until the process is gone. Its high-water mark never falls,
so that only what it gains in its last millisecond can be missed.
"""

import threading
import time


class HighWater(threading.Thread):
    """Follows the high-water mark of the resident memory of `process`, in KiB."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process = process
        self.marks = []
        self.start()

    def run(self):
        while (mark := high_water_of(self.process.pid)) is not None:
            self.marks.append(mark)
            time.sleep(0.001)

    def peak(self):
        self.join()
        return max(self.marks, default=0)

    def at_half_time(self):
        self.join()
        return self.marks[len(self.marks) // 2] if self.marks else 0


def high_water_of(pid):
    """VmHWM of a process in KiB; None once it has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), None)
    except (FileNotFoundError, ProcessLookupError):
        return None
