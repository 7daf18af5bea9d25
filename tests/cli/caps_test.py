# SPDX-License-Identifier: Apache-2.0
"""`snug caps` as a command line: what it refuses, and what it makes of recordings in every format."""

import json

import harness
from needing import CHOWN, LISTEN, MOUNT, need, recording

READ = need(("CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"), "open", 2, "/etc/shadow (uid 0, gid 42, mode 640)")
KILL = need("CAP_KILL", "kill", 62, "signal 9 to a process of uid 7", use="attempted")
GUESSED = need("CAP_NET_RAW", "ioctl", 16, "some_driver", use="checked")

NOTHING = (
    "snug: nothing to find capabilities for\n"
    "  cause: there is neither a recording nor a command behind '--'\n"
    "  try:   snug caps RECORDING...; or snug caps --verify -- COMMAND\n"
)
BOTH = (
    "snug: cannot use both recordings and a command\n"
    "  cause: either tells what is needed by itself\n"
    "  try:   add --verify, to run the command without what the recordings do not show to be needed\n"
)
NO_COMMAND = (
    "snug: no command to verify with\n"
    "  cause: nothing stands behind '--'\n"
    "  try:   snug caps --verify [RECORDING...] -- COMMAND [ARGUMENT...]\n"
)
NO_VERIFY = (
    "snug: --engine goes with --verify only\n"
    "  cause: a container is recorded by snug's runtime (snug runtime)\n"
    "  try:   snug caps RECORDING..., or add --verify\n"
)
CAVEAT = (
    "snug: warning: programs of a user other than root do not get these by being added: their files must have them "
    "(setcap), or the program must start as root\n"
)

TEXT = """\
2 capabilities are needed, by 1 run
CAP_CHOWN, as good as root
  /bin/app: chown, /srv
  instead: give the files their owner when the image is built
CAP_NET_BIND_SERVICE
  /bin/app: bind, port 80/tcp
  instead: a port above 1023, or the sysctl net.ipv4.ip_unprivileged_port_start=0
no program gained privilege: no_new_privileges can be set
docker run --cap-drop=ALL --cap-add=CHOWN --cap-add=NET_BIND_SERVICE --security-opt=no-new-privileges
"""

# What each format says of who needs to change owners and to serve on a low port.
FORMATS = {
    "text": TEXT,
    "docker": "--cap-drop=ALL --cap-add=CHOWN --cap-add=NET_BIND_SERVICE --security-opt=no-new-privileges\n",
    "compose": (
        "cap_drop:\n  - ALL\ncap_add:\n  - CHOWN\n  - NET_BIND_SERVICE\n"
        "security_opt:\n  - no-new-privileges:true\n"
    ),
    "kubernetes": (
        "# Pod Security: baseline\nsecurityContext:\n  allowPrivilegeEscalation: false\n  capabilities:\n    drop:\n"
        "    - ALL\n    add:\n    - CHOWN\n    - NET_BIND_SERVICE\n"
    ),
    "quadlet": "[Container]\nDropCapability=all\nAddCapability=CHOWN NET_BIND_SERVICE\nNoNewPrivileges=true\n",
    "systemd": "[Service]\nCapabilityBoundingSet=CAP_CHOWN CAP_NET_BIND_SERVICE\nNoNewPrivileges=yes\n",
}


class Caps(harness.Case):
    def write(self, name, content):
        path = self.dir / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    def caps(self, *words):
        return harness.snug("caps", *words, cwd=self.dir)

    def of(self, *needs, words=(), **privilege):
        self.write("r.json", recording(*needs, **privilege))
        return self.caps("r.json", *words)

    def assert_refused(self, outcome, status, message):
        self.assertEqual((outcome.status, outcome.out, outcome.err), (status, "", message))


class Misuse(Caps):
    def test_there_must_be_a_recording_or_a_command(self):
        self.assert_refused(self.caps(), 2, NOTHING)
        self.assert_refused(self.caps("--"), 2, NOTHING)

    def test_recordings_and_a_command_go_together_only_to_verify(self):
        self.assert_refused(self.caps("unread", "--", "touch", "touched"), 125, BOTH)
        self.assertFalse((self.dir / "touched").exists())

    def test_to_verify_takes_a_command(self):
        for words in (["--verify", "unread"], ["unread", "--engine", "docker"]):
            with self.subTest(words=words):
                self.assert_refused(self.caps(*words), 2, NO_COMMAND)
        for words in (["--verify"], ["--verify", "--engine", "docker"]):
            with self.subTest(words=words):
                self.assert_refused(self.caps(*words), 2, NOTHING)

    def test_a_few_runs_prove_nothing(self):
        outcome = self.caps("--verify", "--runs", "3", "--", "touch", "touched")

        self.assert_status(outcome, 125)
        self.assertTrue(outcome.err.startswith("snug: cannot verify in 3 runs\n"))
        self.assertFalse((self.dir / "touched").exists())

    def test_an_engine_goes_with_verifying_only(self):
        self.assert_refused(self.caps("--engine", "docker", "--", "--rm", "image"), 125, NO_VERIFY)

    def test_where_it_cannot_be_written_nothing_is_run(self):
        outcome = self.caps("-o", "missing/caps", "--", "touch", "touched")

        self.assert_status(outcome, 125)
        self.assertTrue(outcome.err.startswith("snug: cannot write missing/caps\n"))
        self.assertFalse((self.dir / "touched").exists())


class Recordings(Caps):
    def test_a_missing_file_is_2_and_125_beside_a_command(self):
        message = (
            "snug: cannot read missing\n"
            "  cause: No such file or directory\n"
            "  try:   check the name and the permissions\n"
        )

        self.assert_refused(self.caps("missing"), 2, message)
        self.assert_refused(self.caps("--verify", "missing", "--", "true"), 125, message)

    def test_what_is_no_recording_is_2(self):
        self.assert_status(self.caps(self.write("profile", {"defaultAction": "SCMP_ACT_ERRNO"})), 2)
        self.assert_status(self.caps(self.write("list", "read\n")), 2)

    def test_a_recording_in_which_that_was_not_looked_at_is_refused(self):
        unwatched = recording()
        del unwatched["runs"][0]["privilege"]
        message = (
            "snug: cannot tell which capabilities are needed\n"
            "  cause: the run of 'app' was recorded without looking at that\n"
            "  try:   record again with this version of snug, without --no-capabilities\n"
        )

        self.assert_refused(self.caps(self.write("r.json", unwatched)), 4, message)
        self.assert_refused(self.caps("r.json", "--allow-incomplete"), 4, message)

    @harness.needs("ptrace")
    def test_looking_at_it_can_be_turned_off(self):
        for words, status in ((["--no-capabilities"], 4), ([], 0)):
            with self.subTest(words=words):
                recorded = harness.snug("trace", "-q", "-o", "r.json", *words, "--", "/bin/true", cwd=self.dir)
                self.assert_status(recorded, 0)

                self.assertEqual("privilege" in json.loads((self.dir / "r.json").read_text())["runs"][0], status == 0)
                self.assert_status(self.caps("r.json"), status)

    def test_an_incomplete_recording_is_refused_unless_that_is_accepted(self):
        missed = {"incomplete_because": ["a task was lost sight of"]}
        refused = self.of(CHOWN, **missed)
        accepted = self.of(CHOWN, **missed, words=["--allow-incomplete", "--format", "docker"])

        self.assert_refused(
            refused,
            4,
            "snug: cannot tell which capabilities are needed\n"
            "  cause: the run of 'app' is incomplete: a task was lost sight of\n"
            "  try:   record again, or accept that something may be missing with --allow-incomplete\n",
        )
        self.assertEqual((accepted.status, accepted.err), (0, "snug: warning: a task was lost sight of\n"))
        self.assertEqual(accepted.out, "--cap-drop=ALL --cap-add=CHOWN --security-opt=no-new-privileges\n")

    def test_several_recordings_are_taken_together(self):
        other = json.loads(json.dumps(recording(LISTEN)).replace("r-1", "r-2"))
        outcome = self.caps(self.write("one", recording(CHOWN)), self.write("other", other))

        self.assert_status(outcome, 0)
        self.assertTrue(outcome.out.startswith("2 capabilities are needed, by 2 runs\nCAP_CHOWN, "))

    def test_standard_input_can_be_one(self):
        outcome = harness.snug("caps", "-", "--format", "docker", input=json.dumps(recording(CHOWN)))

        self.assertEqual((outcome.status, outcome.err), (0, ""))
        self.assertIn("--cap-add=CHOWN", outcome.out)

    def test_a_tracer_without_privilege_is_warned_of(self):
        self.assertIn("snug: warning: a tracer without privilege keeps", self.of(CHOWN, privileged=False).err)


class Answers(Caps):
    def test_every_format_says_it_in_its_own_words(self):
        for name, text in FORMATS.items():
            with self.subTest(format=name):
                outcome = self.of(CHOWN, LISTEN, words=["--format", name])

                self.assertEqual((outcome.status, outcome.out, outcome.err), (0, text, ""))

    def test_oci_gives_root_the_three_sets_that_it_needs(self):
        names = ["CAP_CHOWN", "CAP_NET_BIND_SERVICE"]
        found = json.loads(self.of(CHOWN, LISTEN, words=["--format", "oci"]).out)

        sets = {"bounding": names, "effective": names, "permitted": names, "inheritable": [], "ambient": []}
        self.assertEqual(found, {"capabilities": sets, "noNewPrivileges": True})

    def test_another_user_gets_them_as_ambient_ones_where_there_are_such(self):
        sets = json.loads(self.of(LISTEN, uid=1000, words=["--format", "oci"]).out)["capabilities"]
        systemd = self.of(LISTEN, uid=1000, words=["--format", "systemd"])

        self.assertEqual(set(map(tuple, sets.values())), {("CAP_NET_BIND_SERVICE",)})
        self.assertIn("AmbientCapabilities=CAP_NET_BIND_SERVICE\n", systemd.out)
        self.assertEqual(systemd.err, "")

    def test_another_user_is_warned_where_adding_them_does_not_help(self):
        self.assertEqual(self.of(LISTEN, uid=1000, words=["--format", "docker"]).err, CAVEAT)
        kubernetes = self.of(LISTEN, uid=1000, words=["--format", "kubernetes"])

        self.assertEqual(kubernetes.err, CAVEAT)
        self.assertTrue(kubernetes.out.startswith("# Pod Security: restricted\n"))
        self.assertEqual(self.of(uid=1000, words=["--format", "docker"]).err, "")

    def test_json_tells_everything_of_each(self):
        outcome = self.of(CHOWN, READ, KILL, words=["--format", "json"])
        report = json.loads(outcome.out)

        self.assert_status(outcome, 0)
        self.assertEqual(report["recommended"], ["CAP_CHOWN", "CAP_DAC_OVERRIDE"])
        self.assertEqual(
            [(each["name"], each["class"], each["alternatives"]) for each in report["capabilities"]],
            [
                ("CAP_CHOWN", "used", []),
                ("CAP_DAC_OVERRIDE", "used", ["CAP_DAC_READ_SEARCH"]),
                ("CAP_DAC_READ_SEARCH", "alternative", ["CAP_DAC_OVERRIDE"]),
                ("CAP_KILL", "attempted", []),
            ],
        )
        self.assertEqual((report["no_new_privileges"], report["runs"]), (True, 1))

    @harness.needs("jsonschema")
    def test_json_is_what_its_schema_says(self):
        import jsonschema

        schema = json.loads((harness.SOURCE_DIR / "profiles/schema/capabilities.schema.json").read_text())
        for needs, privilege in (((), {}), ((CHOWN, READ, KILL, GUESSED), {"gains": ["/bin/su"], "uid": 7})):
            with self.subTest(needs=needs):
                jsonschema.validate(json.loads(self.of(*needs, **privilege, words=["--format", "json"]).out), schema)

    def test_what_is_lacked_is_told_and_not_recommended(self):
        outcome = self.of(KILL)

        self.assertIn("no capability is needed, by 1 run\nCAP_KILL: lacked; give it only where", outcome.out)
        self.assertIn("docker run --cap-drop=ALL --security-opt=no-new-privileges\n", outcome.out)

    def test_what_the_kernel_asked_for_is_recommended_by_the_place_that_asks(self):
        outcome = self.of(GUESSED)

        self.assertIn("CAP_NET_RAW\n  /bin/app: ioctl, where the kernel asks in some_driver\n", outcome.out)

    def test_programs_that_gained_privilege_are_named(self):
        outcome = self.of(MOUNT, gains=["/bin/su"])

        self.assertIn("no_new_privileges cannot be set: /bin/su gained privilege\n", outcome.out)
        self.assertNotIn("--security-opt", outcome.out)


class Output(Caps):
    def test_the_answer_is_written_to_a_file(self):
        outcome = self.of(CHOWN, LISTEN, words=["-o", "caps"])

        self.assertEqual((outcome.status, outcome.out, outcome.err), (0, "", ""))
        self.assertEqual((self.dir / "caps").read_text(), TEXT)

    def test_an_answer_that_there_is_not_replaces_nothing(self):
        path = self.dir / "caps"
        path.write_text("precious")
        incomplete = self.of(CHOWN, incomplete_because=["a task was lost sight of"], words=["-o", path])

        self.assert_status(incomplete, 4)
        self.assert_status(self.caps("missing", "-o", path), 2)
        self.assert_status(self.caps("r.json", "-o", path, "--format", "xml"), 125)
        self.assert_status(self.caps("-q", "-o", path, "--", "/nonexistent"), 127)
        self.assertEqual(path.read_text(), "precious")

    def test_a_recording_is_not_replaced(self):
        outcome = self.of(CHOWN, LISTEN, words=["-o", "r.json"])

        self.assert_status(outcome, 2)
        self.assertIn("cause: it is one of the recordings\n", outcome.err)
        self.assertEqual(self.caps("r.json").out, TEXT)

    def test_where_it_cannot_be_written_is_2(self):
        outcome = self.of(CHOWN, words=["-o", "missing/caps"])

        self.assert_status(outcome, 2)
        self.assertTrue(outcome.err.startswith("snug: cannot write missing/caps\n"))


@harness.needs("ptrace")
class Command(Caps):
    def test_a_command_is_recorded_and_nothing_of_that_kept(self):
        outcome = self.caps("--", "/bin/true")

        self.assert_status(outcome, 0)
        self.assertTrue(outcome.err.startswith("snug: recording what the command needs\n"))
        self.assertRegex(outcome.out, r"\A(no capability is|\d+ capabilit(y is|ies are)) needed, by 1 run\n")
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_a_command_that_does_not_exist_is_127(self):
        self.assert_status(self.caps("-q", "--", "/nonexistent"), 127)

    def test_the_summary_of_a_trace_names_what_is_needed(self):
        command = ["/bin/sh", "-c", "touch file; chown 7 file"]
        outcome = harness.snug("trace", "-o", "r.json", "--", *command, cwd=self.dir)
        needed = "      needs CAP_CHOWN; why: snug caps r.json\n"

        self.assertEqual(needed in outcome.err, outcome.status == 0, msg=repr(outcome))


if __name__ == "__main__":
    harness.main()
