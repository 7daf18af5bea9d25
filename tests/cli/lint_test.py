# SPDX-License-Identifier: Apache-2.0
"""`snug lint`: what it says of profiles and filters, in which words, with which statuses."""

import errno
import json
import struct
import subprocess

import harness

X86_64 = 0xC000003E
ALLOW, EPERM = 0x7FFF0000, 0x00050001
NEEDED = "execve exit exit_group restart_syscall rt_sigreturn".split()
FLOOR = (
    "close close_range epoll_ctl fcntl fstat fstatfs futex getdents64 getpid mmap openat openat2 prlimit64 statx write"
)

REPORT = """\
profile {file}
  proof    the filter decides all of {calls} calls as the profile says
  default  a call that no rule names fails with EPERM
  x86_64   allows 23 of {known} system calls, 1 of them with some arguments only; Docker's default profile 309

powerful system calls that it allows
  bpf                    loads programs into the kernel; its verifier has been fooled many times

what becomes of the others
  x86_64   fails with EPERM ({refused}): {names} and {more} more
  x86_64   fails with ENOSYS (1): clone3
  x86_64   a number without a call fails with EPERM

what runtimes add
  runc     on x86_64 a number above 437 (openat2) fails with ENOSYS: {newer} and {newest} more
           elsewhere it fails with EPERM
  crun     nothing

findings
  note     fallback-errno: each of these, which libraries try first and replace when it fails with ENOSYS, fails with \
EPERM on x86_64: {replaced} and {others} more
           try: give them SCMP_ACT_ERRNO with errnoRet 38
  note     misread: crun up to 1.29.1 may take the filter it cached for a profile that differs in errnos only
  note     misread: Docker before 20.10.10 ignores errnoRet, and fails calls with EPERM
"""


def rule(names, action="ALLOW", **more):
    return {"names": names, "action": f"SCMP_ACT_{action}", **more}


def profile(*rules, default=errno.EPERM):
    archs = ["SCMP_ARCH_X86_64"]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": default,
        "architectures": archs,
        "syscalls": rules,
    }


NO_NAMESPACES = {"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
SOUND = profile(rule([*NEEDED, *FLOOR.split(), "read"]), default=errno.ENOSYS)
# clone without clone3 breaks the C library's threads.
SUSPECT = profile(rule([*NEEDED, *FLOOR.split(), "clone"]))
# libseccomp 2.5 and 2.6 let 0xffffffff through here.
MISCOMPILED = profile(
    rule(["kill"], args=[{"index": 0, "value": 0x200000008, "op": "SCMP_CMP_GE"}]),
    rule(["kill"], args=[{"index": 0, "value": 0xFFFFFFFF, "op": "SCMP_CMP_LT"}]),
)
CONTRADICTORY = profile(
    rule(["kill"], args=[{"index": 0, "value": 7, "op": "SCMP_CMP_EQ"}]),
    rule(["kill"], "TRAP", args=[{"index": 0, "value": 7, "op": "SCMP_CMP_EQ"}]),
)


# Of a default other than EPERM every profile has this note.
OLD_DOCKER = "Docker before 23.0 ignores the default's errno, and fails calls with EPERM"


def instructions(*rows):
    """Classic BPF, as seccomp_export_bpf writes it: code, jt, jf, k."""
    return b"".join(struct.pack("=HBBI", *row) for row in rows)


def only(number):
    """A filter that allows one x86_64 call and fails all others with EPERM."""
    return instructions(
        (0x20, 0, 0, 4),
        (0x15, 0, 3, X86_64),
        (0x20, 0, 0, 0),
        (0x15, 0, 1, number),
        (0x06, 0, 0, ALLOW),
        (0x06, 0, 0, EPERM),
    )


class LintCase(harness.Case):
    def write(self, content):
        path = self.dir / "profile.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def lint(self, content, *options, status=0):
        outcome = harness.snug("lint", self.write(content), *options)
        self.assertEqual((outcome.status, outcome.err), (status, ""))
        return outcome.out

    def json_of(self, content, *options):
        return json.loads(self.lint(content, "--format", "json", *options))

    def ids(self, content, *options):
        return [finding["id"] for finding in self.json_of(content, *options)["findings"]]


@harness.needs("x86_64")
class Reports(LintCase):
    def test_a_report_says_what_a_profile_does(self):
        content = profile(
            rule([*NEEDED, *FLOOR.split(), "read", "bpf"]),
            rule(["clone"], args=[NO_NAMESPACES]),
            rule(["clone3"], "ERRNO", errnoRet=errno.ENOSYS),
        )
        as_json = self.json_of(content)
        (abi,) = as_json["abis"]
        refused = sorted(call["name"] for call in abi["denied"] if call["name"] != "clone3")
        newer = as_json["runc"][0]["calls"]
        replaced = as_json["findings"][0]["text"].partition("x86_64: ")[2].split(" and ")

        self.assertEqual(
            self.lint(content),
            REPORT.format(
                file=self.dir / "profile.json",
                calls=f"{as_json['proof']['calls']:,}",
                known=abi["known"],
                refused=len(refused),
                names=", ".join(refused[:12]),
                more=len(refused) - 12,
                newer=", ".join(newer[:12]),
                newest=len(newer) - 12,
                replaced=replaced[0],
                others=replaced[1].split()[0],
            ),
        )

    def test_a_sound_profile_has_no_findings_but_what_old_engines_misread(self):
        said = self.lint(SOUND, "--strict")

        self.assertIn("\npowerful system calls that it allows\n  none\n", said)
        self.assertIn("\nwhat runtimes add\n  runc     nothing\n  crun     nothing\n", said)
        self.assertTrue(said.endswith(f"\nfindings\n  note     misread: {OLD_DOCKER}\n"))

    def test_a_finding_says_what_is_wrong_and_what_to_do(self):
        self.assertIn(
            "\n  warning  clone3-errno: clone3 fails with EPERM on x86_64, and pthread_create, posix_spawn, system "
            "and popen of the C library fail with it; they fall back to clone when it fails with ENOSYS\n"
            '           try: add a rule: "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38\n',
            self.lint(SUSPECT),
        )

    def test_a_filter_that_is_not_what_the_profile_says_is_an_error(self):
        said = self.lint(MISCOMPILED)

        self.assertRegex(
            said, r"\n  proof    FAILED: the filter decides \d+ of [\d,]+ calls otherwise than the profile says\n"
        )
        self.assertIn(
            "\n  error    wrong-filter: libseccomp compiles the profile into a filter that does something else: kill "
            "(x86_64, 62) with arguments 0xffffffff ",
            said,
        )
        self.assertIn(": SCMP_ACT_ALLOW instead of SCMP_ACT_ERRNO(1)\n", said)

    def test_runtimes_are_told_apart(self):
        self.assertIn("\nwhat runtimes add\n  runc     on x86_64 ", self.lint(SUSPECT, "--runtime", "runc"))
        self.assertNotIn("crun", self.lint(SUSPECT, "--runtime", "runc"))
        self.assertIn("\nwhat runtimes add\n  crun     nothing\n\nfindings", self.lint(SUSPECT, "--runtime", "crun"))

    def test_under_runc_a_clone3_above_the_largest_number_is_absent(self):
        content = profile(rule([*NEEDED, "clone"]))

        self.assertIn("clone3-errno", self.ids(content))
        self.assertIn("clone3-errno", self.ids(content, "--runtime", "crun"))
        self.assertNotIn("clone3-errno", self.ids(content, "--runtime", "runc"))

    def test_a_profile_comes_from_standard_input_too(self):
        outcome = harness.snug("lint", "-", input=json.dumps(SOUND))

        self.assert_status(outcome, 0)
        self.assertTrue(outcome.out.startswith("profile -\n"))

    def test_the_json_report_names_its_schema_and_subject_first(self):
        said = self.lint(SOUND, "--format", "json")

        self.assertTrue(said.startswith('{\n  "schema": "snug.lint/1",\n  "subject": "profile '))
        self.assertEqual([finding["text"] for finding in self.json_of(SOUND)["findings"]], [OLD_DOCKER])


@harness.needs("x86_64")
class Statuses(LintCase):
    def test_findings_are_no_failure_unless_that_is_asked_for(self):
        for content, strict in ((SOUND, 0), (SUSPECT, 1), (MISCOMPILED, 1)):
            self.lint(content)
            self.lint(content, "--strict", status=strict)
            self.lint(content, "--strict", "--format", "json", status=strict)

    def test_notes_are_no_failure(self):
        content = profile(rule([*NEEDED, *FLOOR.split()]))

        self.assertEqual(set(self.ids(content)), {"fallback-errno"})
        self.lint(content, "--strict")

    def refusal(self, content):
        outcome = harness.snug("lint", self.write(content), "--strict")
        self.assertEqual((outcome.status, outcome.out), (2, ""))
        return outcome.err.replace(str(self.dir), "DIR")

    def test_what_engines_would_refuse_or_misread_is_refused(self):
        self.assertEqual(
            self.refusal(profile(rule(["raed"]))),
            "snug: cannot use the profile DIR/profile.json\n"
            '  cause: syscalls[0].names[0] is "raed", which is no system call; engines silently ignore such names\n'
            "  try:   correct or remove the name\n",
        )
        self.assertEqual(
            self.refusal(CONTRADICTORY),
            "snug: cannot compile the profile into a filter\n"
            "  cause: two rules for kill have the same conditions and different actions\n"
            "  try:   correct the profile's rules for kill\n",
        )

    def test_what_is_no_profile_is_refused(self):
        for content, because in (
            (b"no profile", "line 1, column 2: this is not JSON"),
            (b"", "line 1, column 1: the text ends before the JSON does"),
        ):
            self.assertEqual(
                self.refusal(content),
                "snug: cannot use the profile DIR/profile.json\n"
                f"  cause: {because}\n"
                "  try:   restore the file, or generate it again\n",
            )

    def test_a_file_that_is_not_there_is_told(self):
        outcome = harness.snug("lint", self.dir / "missing.json")

        self.assertEqual((outcome.status, outcome.out), (2, ""))
        self.assertEqual(
            outcome.err,
            f"snug: cannot read {self.dir}/missing.json\n"
            "  cause: No such file or directory\n"
            "  try:   check the name and the permissions\n",
        )

    def test_a_report_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            said = subprocess.run(
                [harness.SNUG, "lint", self.write(SOUND)], stdout=full, stderr=subprocess.PIPE, check=False
            )

        self.assertEqual(said.returncode, 2)
        self.assertTrue(said.stderr.startswith(b"snug: cannot write standard output\n"))


@harness.needs("x86_64")
class Programs(LintCase):
    def test_a_filter_of_instructions_is_evaluated(self):
        said = self.lint(only(0))

        self.assertTrue(said.startswith(f"filter {self.dir}/profile.json, 6 instructions\n  x86_64   allows 1 of "))
        self.assertNotIn("proof", said)
        self.assertNotIn("what runtimes add", said)
        self.assertEqual(self.json_of(only(0))["abis"][0]["allowed"], ["read"])

    def test_a_filter_that_allows_everything_says_so(self):
        report = self.json_of(instructions((0x06, 0, 0, ALLOW)))

        self.assertEqual(len(report["abis"]), 9)
        self.assertIn("ptrace", [call["name"] for call in report["powerful"]])
        self.assertEqual({finding["id"] for finding in report["findings"]}, {"default-allows"})

    def test_what_the_kernel_would_not_load_is_refused(self):
        for content, because in (
            (only(0)[:-1], "its length is no multiple of 8"),
            (instructions((0x20, 0, 0, 0)), "its last instruction is no return"),
            (instructions((0x15, 0, 9, 0), (0x06, 0, 0, 0)), "instruction 0 jumps beyond the end"),
        ):
            with self.subTest(because=because):
                outcome = harness.snug("lint", self.write(content))

                self.assertEqual((outcome.status, outcome.out), (2, ""))
                self.assertEqual(
                    outcome.err,
                    f"snug: cannot use the filter {self.dir}/profile.json\n"
                    f"  cause: {because}\n"
                    "  try:   give a profile as JSON, or a filter as seccomp_export_bpf writes it\n",
                )


class Misuse(harness.Case):
    def test_exactly_one_thing_is_looked_at(self):
        for words in ([], ["profile.json", "--pid", "1"]):
            outcome = harness.snug("lint", *words)

            self.assertEqual((outcome.status, outcome.out), (2, ""))
            self.assertEqual(
                outcome.err,
                "snug: nothing to lint, or two things\n"
                "  cause: give either a file or --pid\n"
                "  try:   snug lint FILE, or snug lint --pid PID\n",
            )

    def test_a_process_has_the_filters_that_its_runtime_made(self):
        outcome = harness.snug("lint", "--pid", "1", "--runtime", "runc")

        self.assertEqual(outcome.status, 2)
        self.assertTrue(outcome.err.startswith("snug: --runtime goes with a profile only\n"))


if __name__ == "__main__":
    harness.main()
