# SPDX-License-Identifier: Apache-2.0
"""scripts/check-layers accepts this source tree, and notices each breach that it is there to notice."""

import tempfile
from pathlib import Path

import harness

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"

# A file, the line that breaks a rule there, and words of the rule.
BREACHES = [
    ("include/snug/values.hpp", '#include "tracer/core/session.hpp"', "values only"),
    ("include/snug/values.hpp", "#include <sys/ptrace.h>", "values only"),
    ("include/snug/values.hpp", "#include <seccomp.h>", "values only"),
    ("tracer/core/session.cpp", '#include "generator/core/rules.hpp"', "the tracer knows neither"),
    ("tracer/linux/wait.cpp", '#include "cli/main.hpp"', "the tracer knows neither"),
    ("generator/formats/oci.cpp", '#include "tracer/core/stop.hpp"', "the generator knows neither"),
    ("tracer/core/session.cpp", '#include "tracer/linux/kernel.hpp"', "tracer/core does not know"),
    ("generator/core/rules.cpp", '#include "generator/formats/oci.hpp"', "generator/core does not know"),
    ("tracer/core/session.cpp", "  waitpid(-1, nullptr, 0);", "only tracer/linux calls"),
    ("cli/trace.cpp", "  if (::ptrace(PTRACE_SEIZE, pid, 0, 0)) return;", "only tracer/linux calls"),
    ("tracer/linux/filter.cpp", "  seccomp_load(context);", "only generator/formats calls"),
    ("generator/core/rules.cpp", "  std::cerr << rule;", "only cli prints"),
    ("generator/core/rules.cpp", "  std::printf(text);", "only cli prints"),
    ("tracer/linux/launch.cpp", "  std::exit(1);", "only cli prints"),
    ("include/snug/values.cpp", "// TO" "DO", "unfinished"),
    ("bench/measure.py", "# FIX" "ME", "unfinished"),
]

# Lines that only look like breaches.
INNOCENT = [
    ("tracer/linux/wait.cpp", "  waitpid(-1, nullptr, __WALL);"),
    ("tracer/core/stop.hpp", "// ptrace(2) says so, and waitpid() too."),
    ("generator/formats/oci.cpp", "  seccomp_load(context);"),
    ("tracer/linux/launch.cpp", "  ::_exit(127);"),
    ("generator/core/rules.cpp", '  std::snprintf(text, sizeof text, "%d", 1);'),
    ("cli/main.cpp", "  std::cout << profile;"),
]


class Layers(harness.Case):
    def check(self, tree):
        return harness.run(harness.SOURCE_DIR / "scripts/check-layers", tree)

    def tree_with(self, name, text):
        """What the check says about a tree that holds this one file."""
        tree = Path(tempfile.mkdtemp(dir=self.dir))
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text(text)
        return self.check(tree)

    def test_this_source_tree_keeps_its_layers(self):
        self.assert_status(self.check(harness.SOURCE_DIR), 0)

    def test_every_breach_is_reported_with_its_place_and_rule(self):
        for name, line, rule in BREACHES:
            with self.subTest(name=name, line=line):
                outcome = self.tree_with(name, LICENCE + line + "\n")

                self.assert_status(outcome, 1)
                self.assertIn(rule, outcome.out)
                self.assertIn(f"{name}:2:", outcome.out)

    def test_what_is_allowed_in_its_place_is_not_reported(self):
        for name, line in INNOCENT:
            with self.subTest(name=name, line=line):
                self.assert_status(self.tree_with(name, LICENCE + line + "\n"), 0)

    def test_a_file_of_more_than_400_lines_is_reported_unless_it_is_a_table(self):
        long_file = LICENCE + "\n" * 400

        self.assert_status(self.tree_with("tracer/core/rows.inc", long_file), 0)
        outcome = self.tree_with("tracer/core/session.cpp", long_file)

        self.assert_status(outcome, 1)
        self.assertIn("tracer/core/session.cpp: 401", outcome.out)

    def test_a_source_file_without_a_licence_is_reported(self):
        outcome = self.tree_with("generator/core/rules.cpp", "int rules;\n")

        self.assert_status(outcome, 1)
        self.assertIn("names its licence", outcome.out)


if __name__ == "__main__":
    harness.main()
