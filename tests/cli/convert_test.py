# SPDX-License-Identifier: Apache-2.0
"""snug convert: from any form to any other, or one message that says why not."""

import json
import subprocess

import harness

ALLOWED = {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}
NOT_THERE = {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
READABLE = ("oci", "docker", "kubernetes", "systemd")


def profile(*rules, **more):
    head = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64"]}
    return json.dumps({**head, "syscalls": list(rules), **more})


def convert(text, *options, file="-"):
    return harness.snug("convert", file, *options, input=text)


class Convert(harness.Case):
    def converted(self, text, *options):
        outcome = convert(text, *options)
        self.assert_status(outcome, 0)
        return outcome.out

    def assert_fails(self, outcome, message):
        self.assertEqual((outcome.status, outcome.out, outcome.err), (2, "", message))

    def test_every_form_leads_to_every_other_and_back(self):
        text = self.converted(profile(ALLOWED, NOT_THERE), "-q", "--format", "oci")
        for first in READABLE:
            for second in READABLE:
                with self.subTest(first=first, second=second):
                    there = self.converted(text, "-q", "--format", first)
                    back = self.converted(self.converted(there, "-q", "--format", second), "-q", "--format", "oci")
                    self.assertEqual(back, text)

    def test_names_become_a_profile_and_are_left_of_it(self):
        text = self.converted("write\nread\n", "--format", "docker")

        self.assertEqual(json.loads(text)["syscalls"], [ALLOWED])
        self.assertEqual(self.converted(text, "--format", "names"), "read\nwrite\n")

    def test_a_filter_is_whole_instructions(self):
        (self.dir / "p.json").write_text(profile(ALLOWED))
        outcome = harness.snug("convert", self.dir / "p.json", "--format", "bpf", "-o", self.dir / "p.bpf")
        content = (self.dir / "p.bpf").read_bytes()

        self.assertEqual((outcome.status, outcome.out, outcome.err), (0, "", ""))
        self.assertEqual(len(content) % 8, 0)
        self.assertEqual(content[:8], b"\x20\0\0\0\x04\0\0\0")  # it loads the ABI first

    def test_objects_have_the_name_that_is_asked_for(self):
        expected = {
            ("kubernetes", "--name", "nginx"): '\n  name: "nginx"\n',
            ("pod", "--name", "nginx"): 'localhostProfile: "nginx.json"\n',
            ("pod", "--localhost-profile", "a/b.json"): 'localhostProfile: "a/b.json"\n',
        }
        for words, line in expected.items():
            with self.subTest(words):
                self.assertIn(line, self.converted(profile(), "--format", *words))

    def test_rules_that_depend_on_the_container_are_read_for_the_one_that_is_told(self):
        needs_time = {**ALLOWED, "names": ["settimeofday"], "includes": {"caps": ["CAP_SYS_TIME"]}}
        without_chown = {**ALLOWED, "names": ["sync"], "excludes": {"caps": ["CAP_CHOWN"]}}
        needs_kernel = {**ALLOWED, "names": ["ptrace"], "includes": {"minKernel": "4.8"}}
        needs_arch = {**ALLOWED, "names": ["s390_runtime_instr"], "includes": {"arches": ["s390x"]}}
        text = profile(needs_time, without_chown, needs_kernel, needs_arch)

        def names(*options):
            rules = json.loads(self.converted(text, "--format", "oci", *options))["syscalls"]
            return [name for rule in rules for name in rule["names"]]

        self.assertEqual(names(), ["ptrace"])
        self.assertEqual(names("--capabilities", "SYS_TIME,CAP_CHOWN"), ["settimeofday", "ptrace"])
        self.assertEqual(names("--capabilities", "none"), ["sync", "ptrace"])
        self.assertEqual(names("--kernel", "4.4"), [])
        self.assertEqual(names("--architecture", "s390x"), ["ptrace", "s390_runtime_instr"])

    def test_who_would_misread_the_result_is_a_warning(self):
        expected = {
            "docker": "snug: warning: Docker before 20.10.10 ignores errnoRet, and fails calls with EPERM\n",
            "systemd": "snug: warning: systemd before 248 denies all calls alike, as the default does\n",
            "pod": "",
        }
        for form, warning in expected.items():
            with self.subTest(form):
                self.assertEqual(convert(profile(ALLOWED, NOT_THERE), "--format", form).err, warning)
                self.assertEqual(convert(profile(ALLOWED, NOT_THERE), "-q", "--format", form).err, "")

    def test_what_a_form_cannot_say_is_2_and_nothing_is_written(self):
        (self.dir / "names").write_text("precious")
        outcome = convert(profile(ALLOWED, NOT_THERE), "--format", "names", "-o", self.dir / "names")

        self.assert_fails(
            outcome,
            "snug: cannot write the profile as a list of names\n"
            "  cause: it has SCMP_ACT_ERRNO ENOSYS for clone3, and a list names allowed calls only\n"
            "  try:   remove that rule, or choose a format that can say it, such as oci or systemd\n",
        )
        self.assertEqual((self.dir / "names").read_text(), "precious")

    def test_what_is_no_profile_is_2(self):
        self.assert_fails(
            convert("to be or not\n", "--format", "oci"),
            "snug: cannot use the profile -\n"
            "  cause: it is neither JSON, nor a SeccompProfile, systemd settings or a list of names\n"
            "  try:   give a seccomp profile\n",
        )

    def test_a_file_that_cannot_be_read_is_2(self):
        missing = f"{self.dir}/missing"
        self.assert_fails(
            convert("", "--format", "oci", file=missing),
            f"snug: cannot read {missing}\n"
            "  cause: No such file or directory\n"
            "  try:   check the name and the permissions\n",
        )

    def test_a_circumstance_that_cannot_be_is_2(self):
        mistakes = {
            ("--capabilities", "chown"): "snug: 'chown' is no capability\n"
            "  try:   --capabilities NET_ADMIN,SYS_TIME, or --capabilities none\n",
            ("--kernel", "6.1.2"): "snug: '6.1.2' is no kernel version of the form 6.1\n  try:   --kernel 6.1\n",
            ("--architecture", "pdp11"): "snug: snug knows no architecture 'pdp11'\n"
            "  try:   --architecture x86_64, or another name that 'uname -m' prints\n",
        }
        for words, message in mistakes.items():
            with self.subTest(words):
                self.assert_fails(convert(profile(), "--format", "oci", *words), message)

    @harness.needs("ptrace")
    def test_verify_reads_what_convert_writes(self):
        for form in READABLE:
            with self.subTest(form):
                default = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"]}
                denied = {"names": ["sched_yield"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}
                text = self.converted(json.dumps({**default, "syscalls": [denied]}), "-q", "--format", form)
                (self.dir / "profile").write_text(text)
                command = f"{harness.BINARY_DIR}/tracees/one_call 24; echo $?"
                outcome = harness.snug("verify", "--profile", self.dir / "profile", "--", "sh", "-c", command)
                self.assertEqual((outcome.status, outcome.out), (3, "13\n"), msg=outcome.err)

    def test_a_result_that_cannot_be_written_is_2(self):
        with open("/dev/full", "w") as full:
            command = [harness.SNUG, "convert", "-", "--format", "oci"]
            answer = subprocess.run(command, input=profile().encode(), stdout=full, stderr=subprocess.PIPE, check=False)

        self.assertEqual(answer.returncode, 2)
        self.assertTrue(answer.stderr.startswith(b"snug: cannot write standard output\n"))


if __name__ == "__main__":
    harness.main()
