# SPDX-License-Identifier: Apache-2.0
"""Runs unit tests and writes what became of each, by name, to a JSON file: FILE TEST… (as `python3 -m unittest` takes).

A program of its own, so that it can run under snug.
"""

import json
import sys
import unittest

from test import support


class Outcomes(unittest.TextTestResult):
    """Notes one word a test; of a skipped one the reason too."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.of = {}

    def startTest(self, test):
        super().startTest(test)
        self.of[test.id()] = "passed"

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.of[test.id()] = "failed"

    def addError(self, test, err):
        super().addError(test, err)
        self.of[test.id()] = "raised"

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.of[test.id()] = f"skipped: {reason}"


def main(path, names):
    support.use_resources = []  # neither the network nor much of the machine
    runner = unittest.TextTestRunner(resultclass=Outcomes, verbosity=0)
    outcomes = runner.run(unittest.defaultTestLoader.loadTestsFromNames(names)).of
    with open(path, "w", encoding="utf-8") as file:
        json.dump(outcomes, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
