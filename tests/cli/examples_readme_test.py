# SPDX-License-Identifier: Apache-2.0
"""profiles/examples/README.md says what the profiles and summaries beside it say, and these tell nothing private."""

import json
import re

import example_checking
import harness

EXAMPLES_DIR = harness.SOURCE_DIR / "profiles/examples"


def folders():
    return sorted(path.parent for path in EXAMPLES_DIR.glob("*/profile.json"))


class Examples(harness.Case):
    def test_the_table_of_figures_is_that_of_the_summaries(self):
        self.assertIn(example_checking.figures(EXAMPLES_DIR), (EXAMPLES_DIR / "README.md").read_text())

    def test_every_profile_allows_as_many_calls_as_its_summary_counts(self):
        for folder in folders():
            with self.subTest(example=folder.name):
                counted = json.loads((folder / "summary.json").read_text())["profile"]
                rules = json.loads((folder / "profile.json").read_text())["syscalls"]
                allowed = {name for rule in rules if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}

                self.assertEqual(len(allowed), counted["allowed"])
                self.assertEqual(sum(counted["by_origin"].values()), counted["allowed"])

    def test_every_example_comes_from_several_complete_runs(self):
        for folder in folders():
            with self.subTest(example=folder.name):
                recording = json.loads((folder / "summary.json").read_text())["recording"]
                self.assertTrue(recording["complete"])
                self.assertGreaterEqual(recording["runs"], 2)

    def test_every_example_served_in_every_engine(self):
        rows = re.findall(r"^\| ([a-z-]+) \|((?: (?:yes|no|-) \|)+)$", (EXAMPLES_DIR / "README.md").read_text(), re.M)
        self.assertEqual([name for name, _ in rows], [folder.name for folder in folders()])
        for name, cells in rows:
            self.assertEqual(cells.split(), ["yes", "|"] * len(example_checking.COLUMNS), msg=name)


if __name__ == "__main__":
    harness.main()
