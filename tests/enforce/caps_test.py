# SPDX-License-Identifier: Apache-2.0
"""snug caps finds what a command needs, by what becomes of it without: its status, its credentials, its files."""

import json
import os
from pathlib import Path

from harness import SNUG, SOURCE_DIR, Case, main, needs, run, snug

PYTHON = ("/usr/bin/python3", "-B", "-S", "-c")
NOBODY = 65534


@needs("ptrace", "root", "unshare", "jsonschema")
class Needs(Case):
    def caps(self, *command):
        """In a network namespace of its own, where low ports take a capability whatever this machine says."""
        words = ("unshare", "--net", SNUG, "caps", "-q", "--verify", "--format", "json", "--", *command)
        outcome = run(*words, timeout=120)
        self.assert_status(outcome, 0)
        report = json.loads(outcome.out)
        import jsonschema

        jsonschema.validate(report, json.loads((SOURCE_DIR / "profiles/schema/capabilities.schema.json").read_text()))
        return report

    def assert_needs(self, names, *command):
        found = self.caps(*command)
        self.assertEqual(found["recommended"], [f"CAP_{name}" for name in names])
        return [each for each in found["capabilities"] if each["name"] in found["recommended"]]

    def python(self, names, code):
        return self.assert_needs(names, *PYTHON, "import ctypes, os, signal, socket\n" + code)

    def test_what_needs_nothing(self):
        self.assert_needs((), "/bin/true")
        self.assert_needs((), "/bin/ls", "/")

    def test_files_owners_and_modes(self):
        path = self.dir / "file"
        path.touch()
        chown = f"os.chown('{path}', 7, 7); os.chown('{path}', 0, 0)"
        self.python(("CHOWN",), chown)
        self.python(("FOWNER",), f"os.chmod('{self.other()}', 0o640)")
        self.python(("DAC_OVERRIDE",), f"open('{self.other()}', 'a')")

    def other(self):
        """A file that root may do nothing with but for its capabilities."""
        path = self.dir / "other"
        path.write_text("text")
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o600)
        return path

    def test_reading_takes_one_of_two_and_the_lesser_is_recommended(self):
        (found,) = self.python(("DAC_OVERRIDE",), f"open('{self.other()}').read()")
        self.assertEqual(found["class"], "required")
        self.assertTrue(found["gives_root"])

    def test_becoming_another_user(self):
        self.python(("SETGID", "SETUID"), "os.setgroups([]); os.setgid(7); os.setuid(7)")

    def test_who_ignores_that_it_could_not_give_up_root_needs_it(self):
        (found,) = self.python(("SETUID",), "try: os.setuid(7)\nexcept OSError: pass")
        self.assertRegex(found["evidence"][0], r"it ended well, but not as before: .*uid 7 7 7 7")

    def test_a_bit_that_is_lost_silently(self):
        path = self.dir / "shared"
        path.touch()
        os.chown(path, 0, NOBODY)
        (found,) = self.python(("FSETID",), f"os.chmod('{path}', 0o2755)")
        self.assertIn("mode 2755", found["evidence"][0])

    def test_what_changes_is_found_through_proc_self(self):
        path = self.dir / "shared"
        path.touch()
        os.chown(path, 0, NOBODY)
        self.python(("FSETID",), f"fd = os.open('{path}', os.O_RDONLY)\nos.chmod(f'/proc/self/fd/{{fd}}', 0o2755)")

    def test_single_calls(self):
        self.python(("NET_BIND_SERVICE",), "socket.socket().bind(('127.0.0.1', 81))")
        self.python(("NET_RAW",), "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)")
        self.python(("SYS_CHROOT",), "os.chroot('/')")
        self.python(("SYS_ADMIN",), "assert ctypes.CDLL(None).sethostname(*(lambda n: (n, len(n)))(os.uname().nodename.encode())) == 0")
        self.python(("MKNOD",), f"path = '{self.dir}/null'\nos.mknod(path, 0o020600, os.makedev(1, 3)); os.remove(path)")
        child = "child = os.fork()\nif child == 0:\n os.setresuid(7, 7, 7)\n os.write(ends[1], b'x')\n time.sleep(1); os._exit(0)\n"
        parent = "os.close(ends[1])\nassert os.read(ends[0], 1)\nos.kill(child, 9); os.wait()"
        self.python(("KILL", "SETUID"), "import time; ends = os.pipe()\n" + child + parent)

    def test_what_the_kernel_asks_without_a_call_that_shows_it(self):
        self.assert_needs(("SETFCAP",), "/usr/bin/unshare", "--user", "--map-root-user", "/bin/true")

    def test_who_filters_itself_needs_nothing_where_nobody_gains_privilege(self):
        allow = "b'\\x06\\0\\0\\0\\0\\0\\xff\\x7f'"  # BPF_RET | BPF_K, SECCOMP_RET_ALLOW
        program = f"import struct\nrule = ctypes.create_string_buffer({allow}, 8)\n"
        program += "filter = ctypes.create_string_buffer(struct.pack('HP', 1, ctypes.addressof(rule)))\n"
        self.python((), program + "assert ctypes.CDLL(None).prctl(22, 2, filter) == 0")

    def test_many_names_are_found_in_one_search(self):
        found = self.python(("CHOWN", "NET_RAW", "SYS_CHROOT"), f"os.chown('{self.touched()}', 7, 7); os.chown('{self.touched()}', 0, 0)\n"
                            "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nos.chroot('/')")
        self.assertEqual({each["class"] for each in found}, {"required"})

    def touched(self):
        path = self.dir / "touched"
        path.touch()
        return path

    def test_a_program_with_file_capabilities_counts_what_it_must_be_given(self):
        program = self.dir / "capable"
        program.write_bytes(Path("/bin/true").read_bytes())
        program.chmod(0o755)
        # cap_chown=ep, as setcap writes it: version 2, effective, permitted bit 0
        os.setxattr(program, "security.capability", b"\x01\x00\x00\x02" + b"\x01\x00\x00\x00" + bytes(12))
        self.assert_needs(("CHOWN",), program)


@needs("ptrace", "root")
class Answers(Case):
    def test_a_command_that_fails_anyway_tells_nothing(self):
        outcome = snug("caps", "-q", "--verify", "--", "/bin/false")
        self.assert_status(outcome, 4)
        self.assertIn("it fails with all of them too: exit status 1", outcome.err)

    def test_a_command_that_cannot_be_run_again_after_it_failed_is_noticed(self):
        path = self.dir / "left"
        code = f"import os\nassert not os.path.exists('{path}'); open('{path}', 'x')\nos.chroot('/'); os.remove('{path}')"
        outcome = snug("caps", "-q", "--verify", "--", *PYTHON, code)
        self.assert_status(outcome, 4)
        self.assertIn("after it has failed without CAP_SYS_CHROOT", outcome.err)

    def test_a_run_that_does_not_end_has_failed(self):
        code = "import os, time\ntry: os.chroot('/')\nexcept OSError: time.sleep(60)"
        outcome = snug("caps", "-q", "--verify", "--timeout", "2", "--", *PYTHON, code)
        self.assert_status(outcome, 0)
        self.assertIn("CAP_SYS_CHROOT\n  without it: still running after 2 s\n", outcome.out)

    def test_a_command_that_does_not_exist(self):
        self.assert_status(snug("caps", "-q", "--", "/nonexistent"), 127)

    def test_progress_is_told_and_the_result_is_written_to_a_file(self):
        path = self.dir / "caps.txt"
        outcome = snug("caps", "--verify", "-o", path, "--", "/usr/sbin/chroot", "/", "/bin/true")
        self.assert_status(outcome, 0)
        self.assertRegex(outcome.err, r"(?m)^snug: run \d+ of at most \d+, without CAP_SYS_CHROOT: failed")
        text = path.read_text()
        self.assertIn("1 capability is needed", text)
        self.assertIn("CAP_SYS_CHROOT\n  without it: exit status 125\n  /usr/sbin/chroot: chroot, /\n", text)
        self.assertIn("docker run --cap-drop=ALL --cap-add=SYS_CHROOT --security-opt=no-new-privileges\n", text)

    def test_what_the_runs_print_is_dropped_or_logged(self):
        log = self.dir / "log"
        outcome = snug("caps", "-q", "--verify", "--log", log, "--", "/bin/echo", "spoken")
        self.assertNotIn("spoken", outcome.out + outcome.err)
        self.assertGreater(log.read_text().count("spoken"), 5)

    @needs("setpriv")
    def test_an_ordinary_user_is_told_that_there_is_nothing_to_take(self):
        outcome = run("setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", snug_for_all(self.dir), "caps", "--verify", "--", "/bin/true")
        self.assert_status(outcome, 125)
        self.assertIn("no capability to take away", outcome.err)


def snug_for_all(folder):
    """A copy that every user can read."""
    copy = folder / "snug"
    copy.write_bytes(Path(SNUG).read_bytes())
    copy.chmod(0o755)
    folder.chmod(0o755)
    return copy


if __name__ == "__main__":
    main()
