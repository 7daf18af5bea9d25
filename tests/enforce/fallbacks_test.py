# SPDX-License-Identifier: Apache-2.0
"""A profile from a machine without the young calls serves programs that try them, by their libraries' old ways."""

import json
import os

from harness import SOURCE_DIR, Case, main, needs, run, snug
from recordings import tracee

# By number on x86_64; these are the same for both libraries.
YOUNG = {"statx": 332, "clone3": 435, "close_range": 436, "faccessat2": 439}


@needs("ptrace", "x86_64")
class Fallbacks(Case):
    def check(self, compiler):
        self.program = str(self.dir / "program")
        source = SOURCE_DIR / "tests/tracees/libc_calls.c"
        self.assert_status(run(compiler, "-pthread", source, "-o", self.program), 0)
        for form in ("ENOSYS", "EPERM"):
            with self.subTest(form=form):
                profile = self.profile_of_an_old_machine(form)
                self.assertEqual(self.outcome_under(profile), "all work\n")
        return profile

    def profile_of_an_old_machine(self, form):
        """Made where the young calls do not exist."""
        words = [word for number in YOUNG.values() for word in (tracee("deny_call"), str(number), "38", "--")]
        traced = run(*words, os.environ["SNUG"], "trace", "-q", "-o", self.dir / "r.json", "--", self.program)
        self.assertEqual((traced.status, traced.out), (0, "all work\n"), traced.err)
        generated = snug("generate", "-q", "--no-floor", "--errno", form, self.dir / "r.json")
        self.assert_status(generated, 0)
        return json.loads(generated.out)

    def outcome_under(self, profile):
        """What the program prints, where nothing is denied but young calls."""
        (self.dir / "p.json").write_text(json.dumps(profile))
        verified = snug("verify", "--profile", self.dir / "p.json", "--", self.program)
        denied = {line.split()[1] for line in verified.err.splitlines() if " time, by " in line or " times, by " in line}
        self.assertLessEqual(denied, YOUNG.keys(), verified.err)
        return verified.out

    @needs("gcc")
    def test_glibc_falls_back(self):
        profile = self.check("gcc")

        self.assertIn("pthread_create: Operation not permitted\n", self.outcome_under(all_forbidden(profile)))

    @needs("musl-gcc")
    def test_musl_falls_back(self):
        self.check("musl-gcc")


def all_forbidden(profile):
    """The profile as other tools make it: whatever it does not allow fails with EPERM."""
    allowing = [rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    return profile | {"defaultErrnoRet": 1, "syscalls": allowing}


if __name__ == "__main__":
    main()
