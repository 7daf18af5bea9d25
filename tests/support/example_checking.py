# SPDX-License-Identifier: Apache-2.0
"""Whether the examples do their work under their profiles, engine by engine; and a table of their summaries."""

import json

import engines
import harness
import rootfs
from engines import Confinement
from running import NotServed

# A column's name: the engine's class, and whether the workload has no_new_privileges.
COLUMNS = {
    "runc": (engines.Runc, False),
    "runc, no_new_privileges": (engines.Runc, True),
    "crun": (engines.Crun, False),
    "crun, no_new_privileges": (engines.Crun, True),
    "docker": (engines.Docker, False),
    "podman": (engines.Podman, False),
}
ORIGINS = ("observed", "always", "floor", "clock", "sibling")


def columns(wanted=None):
    """The columns whose engine's name is among `wanted`; all of them when it is None."""
    return {name: column for name, column in COLUMNS.items() if wanted is None or name.split(",")[0] in wanted}


def serve(engine, example, profile, no_new_privileges):
    """Starts, visits and gracefully ends the example under a profile; NotServed says what went wrong."""
    confinement = Confinement(profile, no_new_privileges, example.user)
    example.exercise(engine.run(rootfs.build(example.recipe), example.command, confinement))


class Table:
    """What became of every example in every column: "yes", "no", or "-" where the machine has no such engine."""

    def __init__(self, columns, profiles, folder):
        self.columns = columns
        self.profiles = profiles
        self.folder = folder
        self.cells = {}

    def fill(self, examples, say):
        for column, (engine_class, no_new_privileges) in self.columns.items():
            if not all(map(harness.has, engine_class.needs)):
                self.cells |= {(example.name, column): "-" for example in examples}
                continue
            engine = engine_class()
            try:
                for example in examples:
                    self.cells[example.name, column] = self.try_one(engine, example, no_new_privileges, say)
                    say(f"{column}: {example.name}: {self.cells[example.name, column]}")
            finally:
                engine.close()

    def try_one(self, engine, example, no_new_privileges, say):
        try:
            serve(engine, example, self.profiles / example.name / "profile.json", no_new_privileges)
        except NotServed as failure:
            say(f"{example.name}: {failure}")
            return "no"
        return "yes"

    def all_served(self):
        return all(cell == "yes" for cell in self.cells.values())

    def text(self):
        names = dict.fromkeys(name for name, _ in self.cells)
        return markdown(
            ["", *self.columns], [[name, *(self.cells[name, column] for column in self.columns)] for name in names]
        )


def markdown(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines)


def figures(folder):
    """The table of what the profiles in the folder allow, by the first reason of each call."""
    summaries = [json.loads(path.read_text()) for path in sorted(folder.glob("*/summary.json"))]
    header = ["", "version", "observed", "every process", "runtime floor", "clocks", "siblings", "**allowed**"]
    return markdown([*header, "Docker's default", "in part"], [figures_of(summary) for summary in summaries])


def figures_of(summary):
    profile = summary["profile"]
    version = next(iter(summary["packages"].values()))
    counts = [profile["by_origin"].get(origin, 0) for origin in ORIGINS]
    parts = len(profile["with_some_arguments_only"])
    return [summary["workload"], version, *counts, f"**{profile['allowed']}**", profile["docker_default_allows"], parts]
