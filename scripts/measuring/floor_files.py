# SPDX-License-Identifier: Apache-2.0
"""Floor files (profiles/schema/floor.schema.json): how they are laid out, and held against the shipped ones."""

import json
import textwrap
from pathlib import Path

SCHEMA = "snug.floor/1"
SHIPPED = Path(__file__).resolve().parents[2] / "profiles/floor"
WIDTH = 116


def render(floor):
    """The file's text: an entry's members a line each, lists of names in lines as long as those of our code."""
    head = [f'  {json.dumps(key)}: {json.dumps(value)},\n' for key, value in floor.items() if key != "entries"]
    entries = ",\n".join(render_entry(entry) for entry in floor["entries"])
    return "{\n" + "".join(head) + f'  "entries": [\n{entries}\n  ]\n}}\n'


def render_entry(entry):
    members = [f'      "{key}": {render_value(key, value)}' for key, value in entry.items()]
    return "    {\n" + ",\n".join(members) + "\n    }"


def render_value(key, value):
    text = json.dumps(value)
    if not isinstance(value, list) or len(f'      "{key}": {text},') <= WIDTH:
        return text
    lines = textwrap.fill(text[1:-1], WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return f"[\n{lines}\n      ]"


def numbers(version):
    return [int(number) for number in version.split(".")]


def speaks_of(entry, version):
    """Whether a shipped entry is for a version; a margin without a range is for all."""
    limits = entry.get("range", {})
    after = "from" not in limits or numbers(limits["from"]) <= numbers(version)
    return after and ("until" not in limits or numbers(version) < numbers(limits["until"]))


def situation_of(entry):
    """The situation of an entry in words."""
    if "phase" not in entry:
        return "as init"
    return f"{entry['phase']}, no_new_privileges {'on' if entry['no_new_privileges'] else 'off'}"


def calls_of(entries):
    return {call for entry in entries for call in entry["calls"]}


def differences(floor):
    """For each situation of a measured floor: the situation, what profiles/floor lacks, and what it has for no sight.

    The last are calls of entries that were measured too; margins are there for what is hardly ever seen.
    """
    path = SHIPPED / f"{floor.get('runtime') or floor['init']}.json"
    (version,) = {version for entry in floor["entries"] for version in entry["versions"]}
    shipped = json.loads(path.read_text())["entries"] if path.exists() else []
    shipped = [entry for entry in shipped if speaks_of(entry, version)]
    for situation in dict.fromkeys(map(situation_of, floor["entries"])):
        seen = calls_of(entry for entry in floor["entries"] if situation_of(entry) == situation)
        same = [entry for entry in shipped if situation_of(entry) == situation]
        measured = calls_of(entry for entry in same if entry["kind"] == "measured")
        yield f"{path.stem} {version} {situation}", sorted(seen - calls_of(same)), sorted(measured - seen)
