# SPDX-License-Identifier: Apache-2.0
"""A workload that is a file system itself: whoever looks at its files waits for it, and it may be waiting for snug."""

import json
import os

from harness import SNUG, Case, main, needs, run

# A file system without files, and a program that looks for one. Requests and answers are those of linux/fuse.h.
SERVER = """
import ctypes, errno, os, select, struct, sys

INIT, LOOKUP = 26, 1
folder = sys.argv[1]
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
libc = ctypes.CDLL(None, use_errno=True)
assert libc.mount(b"none", folder.encode(), b"fuse", 0, options) == 0, os.strerror(ctypes.get_errno())
client = os.fork()
if client == 0:
    try:
        os.chown(folder + "/file", 7, 7)
    except FileNotFoundError:
        os._exit(5)
while True:
    if select.select([device], [], [], 0.05)[0]:
        _, request, unique = struct.unpack_from("IIQ", os.read(device, 1 << 20))
        body = struct.pack("IIIIHHII36x", 7, 31, 0, 0, 0, 0, 4096, 1) if request == INIT else b""
        error = 0 if request == INIT else -errno.ENOENT if request == LOOKUP else -errno.ENOSYS
        os.write(device, struct.pack("IiQ", 16 + len(body), error, unique) + body)
    ended, status = os.waitpid(client, os.WNOHANG)
    if ended:
        libc.umount2(folder.encode(), 2)
        sys.exit(os.waitstatus_to_exitcode(status))
"""


@needs("ptrace", "root", "unshare")
class FileServers(Case):
    def test_nobody_waits_for_anybody(self):
        if not os.path.exists("/dev/fuse"):
            self.skipTest("there is no /dev/fuse")
        script = self.dir / "server.py"
        script.write_text(SERVER)
        folder = self.dir / "mounted"
        folder.mkdir()
        command = ("/usr/bin/python3", "-B", "-S", script, folder)
        self.assertEqual(run("unshare", "--mount", *command, timeout=20).status, 5)

        recording = self.dir / "recording.json"
        outcome = run("unshare", "--mount", SNUG, "trace", "-q", "-o", recording, "--", *command, timeout=40)
        self.assert_status(outcome, 5)
        (ran,) = json.loads(recording.read_text())["runs"]
        self.assertEqual(ran["incomplete_because"], [])
        self.assertIn("a task serves a file system (/dev/fuse)", "".join(ran["privilege"]["unjudged_because"]))


if __name__ == "__main__":
    main()
