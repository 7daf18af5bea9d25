# SPDX-License-Identifier: Apache-2.0
"""Real recordings are what profiles/schema/recording.schema.json says, and the schema refuses what they must not be."""

import copy
import functools
import json
import re
import tempfile
from collections import Counter
from pathlib import Path

import harness
from harness import SOURCE_DIR, Case, main, needs, run, snug
from recordings import record, tracee

PYTHON = ("/usr/bin/python3", "-B", "-c")
THREADS = "import threading as t; [t.Thread(target=print, args=('x',)).start() for _ in range(4)]"
# PTRACE_TRACEME, which a process that is traced already cannot do.
TRACED = "import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)"

# Commands and the status they end with.
COMMANDS = {
    "a pipeline": (("/bin/sh", "-c", "echo hi | cat | tr a-z A-Z"), 0),
    "a death by signal": (("/bin/sh", "-c", "kill -TERM $$"), 143),
    "a failure": (("/bin/ls", "/nonexistent"), 2),
    "threads": ((*PYTHON, THREADS), 0),
    "three ABIs": ((tracee("abis"),), 0),
    "calls without a name": ((tracee("unnamed"),), 0),
    "an argument that is not UTF-8": (("/bin/echo", "caf\udce9"), 0),
    "something unseen": ((*PYTHON, TRACED), 0),
}

# The keys that may be missing, and those under which other keys may.
OPTIONAL = (("stack",), ("arguments",), ("phases",), ("privilege",), ("capabilities",))
NAMED_FREELY = (("exit",), ("errors",), ("arguments",), ("phases",))

# Makes one call, exit(0), as a 32-bit program does.
PROGRAM_32_BIT = 'void _start(void) { __asm__("int $0x80" : : "a"(1), "b"(0)); }'


@functools.cache
def real_texts():
    """Every command's recording, once for each kind of stops, by name."""
    texts = {}
    with tempfile.TemporaryDirectory(prefix="snug-test-") as folder:
        for name, (command, status) in COMMANDS.items():
            for stops in ("seccomp", "syscall"):
                path = Path(folder, "recording.json")
                outcome = snug("trace", "-q", "-o", path, "--stops", stops, "--", *command)
                if outcome.status != status:
                    raise AssertionError(f"{name}: {outcome}")
                texts[f"{name}, {stops}"] = path.read_text()
    return texts


def real_recordings():
    return {name: json.loads(text) for name, text in real_texts().items()}


def schema():
    return json.loads((SOURCE_DIR / "profiles/schema/recording.schema.json").read_text())


def without_room(part):
    """The schema, refusing also what it does not describe."""
    if isinstance(part, list):
        return [without_room(item) for item in part]
    if not isinstance(part, dict):
        return part
    tight = {key: without_room(value) for key, value in part.items()}
    if part.get("type") == "object":
        tight.setdefault("additionalProperties", False)
    return tight


def validator(of=None):
    import jsonschema

    jsonschema.Draft7Validator.check_schema(of or schema())
    return jsonschema.Draft7Validator(of or schema())


def places(value, path=()):
    """Where there is anything in a JSON value: the path of keys and indexes to each of its parts."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def at(value, path):
    return functools.reduce(lambda inner, key: inner[key], path, value)


def observations(recording):
    return (seen for call in recording["syscalls"] for seen in call["observations"])


class RealRecordings(Case):
    @needs("jsonschema")
    def test_they_are_valid_and_hold_nothing_that_the_schema_does_not_describe(self):
        strict = validator(without_room(schema()))
        for name, recording in real_recordings().items():
            with self.subTest(name):
                self.assertEqual([error.message for error in strict.iter_errors(recording)], [])

    @needs("jsonschema")
    def test_a_recording_of_several_runs_is_valid(self):
        path = self.dir / "recording.json"
        for command in ("/bin/true", "/bin/false"):
            record(path, command, options=["--append"])

        recording = json.loads(path.read_text())

        self.assertEqual(len(recording["runs"]), 2)
        self.assertEqual([error.message for error in validator().iter_errors(recording)], [])

    def test_their_totals_are_those_of_the_observations(self):
        for name, recording in real_recordings().items():
            with self.subTest(name):
                for call in recording["syscalls"]:
                    seen = call["observations"]
                    self.assertEqual(call["count"], sum(each["count"] for each in seen))
                    self.assertEqual(call["outcomes"], sum(each["outcomes"] for each in seen))
                    self.assertEqual(call["errors"], sum((Counter(each["errors"]) for each in seen), Counter()))
                    self.assertEqual(call["runs"], sorted({each["run"] for each in seen}))
                    self.assertEqual(call["executables"], sorted({each["executable"] for each in seen}))

    def test_their_observations_are_possible(self):
        for name, recording in real_recordings().items():
            with self.subTest(name):
                for seen in observations(recording):
                    self.assertLessEqual(seen["outcomes"], seen["count"])
                    self.assertLessEqual(sum(seen["errors"].values()), seen["outcomes"])

    def test_their_books_balance(self):
        for name, recording in real_recordings().items():
            with self.subTest(name):
                (run_,) = recording["runs"]
                books = run_["accounting"]
                self.assertEqual(books["calls"], sum(call["count"] for call in recording["syscalls"]))
                self.assertEqual(
                    books["tasks_born"] + books["tasks_attached"], books["tasks_gone"] + books["tasks_detached"]
                )
                self.assertLess(books["calls"], books["syscall_stops"])
                self.assertLess(books["syscall_stops"], books["stops"])

    def test_nothing_is_first_seen_after_the_end_of_its_run(self):
        for name, recording in real_recordings().items():
            with self.subTest(name):
                latest = max(seen["first"]["elapsed_ms"] for seen in observations(recording))
                self.assertLessEqual(latest, recording["runs"][0]["duration_ms"])

    def test_they_are_sorted_and_name_each_thing_once(self):
        abis = schema()["definitions"]["arch"]["enum"]
        for name, recording in real_recordings().items():
            with self.subTest(name):
                ids = [executable["id"] for executable in recording["executables"]]
                self.assertEqual(ids, sorted(set(ids)))
                calls = [(abis.index(call["arch"]), call["number"]) for call in recording["syscalls"]]
                self.assertEqual(calls, sorted(set(calls)))

    def test_one_is_incomplete_exactly_when_something_could_not_be_seen(self):
        for name, recording in real_recordings().items():
            self.assertEqual(recording["complete"], "unseen" not in name, msg=name)
            self.assertEqual(recording["incomplete_because"], recording["runs"][0]["incomplete_because"])

    def test_reading_and_writing_them_changes_no_byte(self):
        for name, text in real_texts().items():
            merged = snug("merge", "-", input=text)
            self.assertEqual((merged.status, merged.out), (0, text), msg=name)

    @needs("jsonschema")
    def test_merged_in_either_order_they_are_the_same_valid_bytes(self):
        paths = [self.dir / f"{number}.json" for number in range(len(real_texts()))]
        for path, text in zip(paths, real_texts().values()):
            path.write_text(text)

        merged = snug("merge", *paths)

        self.assertEqual(merged.out, snug("merge", *reversed(paths)).out)
        self.assertEqual([error.message for error in validator().iter_errors(json.loads(merged.out))], [])
        self.assertEqual(len(json.loads(merged.out)["runs"]), len(paths))


def build_32_bit(folder):
    """The path of a 32-bit program with a build id; None when the machine cannot build or run it."""
    source, program = Path(folder, "program.c"), Path(folder, "program")
    source.write_text(PROGRAM_32_BIT)
    options = ("-m32", "-nostdlib", "-static", "-fno-pic", "-no-pie", "-Wl,--build-id")
    built = run("gcc", *options, "-o", program, source)
    try:
        return program if built.status == 0 and run(program).status == 0 else None
    except OSError:  # The kernel runs no 32-bit programs.
        return None


def can_build_32_bit():
    with tempfile.TemporaryDirectory(prefix="snug-test-") as folder:
        return harness.has("gcc") and build_32_bit(folder) is not None


harness.PROBES["ia32"] = can_build_32_bit


class BuildIds(Case):
    def check(self, program):
        notes = run("readelf", "-n", program).out
        (told,) = re.findall(r"Build ID: ([0-9a-f]+)", notes)

        _, recording = record(self.dir / "recording.json", program)

        self.assertEqual([executable["build_id"] for executable in recording["executables"]], [told])
        return recording

    @needs("readelf")
    def test_a_programs_build_id_is_what_readelf_says(self):
        self.check("/bin/true")

    @needs("readelf", "ia32")
    def test_so_is_that_of_a_32_bit_program_and_its_calls_are_kept_as_i386(self):
        recording = self.check(build_32_bit(self.dir))

        self.assertEqual([(call["arch"], call["name"]) for call in recording["syscalls"]], [("i386", "exit")])


def small_recording():
    """A valid recording of one run, with one call that failed."""
    recording = real_recordings()["a pipeline, seccomp"]
    recording["syscalls"] = [next(call for call in recording["syscalls"] if call["errors"])]
    del recording["syscalls"][0]["observations"][1:]
    del recording["executables"][1:]
    return recording


@needs("jsonschema")
class Refusals(Case):
    """Each test spoils a valid recording, in one place at a time."""

    def setUp(self):
        super().setUp()
        self.valid = small_recording()
        self.schema = validator()
        self.assertTrue(self.schema.is_valid(self.valid))

    def refused(self, change):
        spoilt = copy.deepcopy(self.valid)
        change(spoilt)
        self.assertFalse(self.schema.is_valid(spoilt))

    def test_nothing_may_be_missing(self):
        for path in places(self.valid):
            optional = path[-1:] in OPTIONAL or path[-2:-1] in NAMED_FREELY
            if path and isinstance(path[-1], str) and not optional:
                with self.subTest(path):
                    self.refused(lambda spoilt: at(spoilt, path[:-1]).pop(path[-1]))

    def test_nothing_may_be_of_another_type(self):
        for path in places(self.valid):
            if path:
                with self.subTest(path):
                    self.refused(lambda spoilt: at(spoilt, path[:-1]).__setitem__(path[-1], 1.5))

    def test_no_number_may_be_negative(self):
        for path in places(self.valid):
            if type(at(self.valid, path)) is int:
                with self.subTest(path):
                    self.refused(lambda spoilt: at(spoilt, path[:-1]).__setitem__(path[-1], -1))

    def test_ids_have_their_form(self):
        self.refused(lambda spoilt: spoilt["runs"][0].update(id="r-12"))
        self.refused(lambda spoilt: spoilt["runs"][0].update(id=spoilt["executables"][0]["id"]))
        self.refused(lambda spoilt: spoilt["executables"][0].update(id="x-00000000000000AA"))
        self.refused(lambda spoilt: spoilt["executables"][0].update(build_id="abc"))

    def test_complete_and_its_reasons_agree(self):
        for place in (lambda spoilt: spoilt, lambda spoilt: spoilt["runs"][0]):
            self.refused(lambda spoilt: place(spoilt).update(complete=False))
            self.refused(lambda spoilt: place(spoilt).update(incomplete_because=["a call was lost"]))

    def test_a_run_ends_in_one_way(self):
        self.refused(lambda spoilt: spoilt["runs"][0].update(exit={"code": 1, "signal": 9}))
        self.refused(lambda spoilt: spoilt["runs"][0].update(exit={"status": 0}))

    def test_times_are_universal_and_exact(self):
        for time in ("yesterday", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000006+01:00"):
            self.refused(lambda spoilt: spoilt["runs"][0].update(started=time))

    def test_calls_are_named_as_the_kernel_does_and_were_made(self):
        for change in ({"name": "READ"}, {"arch": "amd64"}, {"number": 2**32}, {"count": 0}, {"observations": []}):
            self.refused(lambda spoilt: spoilt["syscalls"][0].update(change))
        self.refused(lambda spoilt: spoilt["syscalls"][0].update(errors={"enoent": 1}))

    def test_frames_have_their_form(self):
        frames = ("syscalls", 0, "observations", 0, "first", "stack", "frames")
        self.assertTrue(at(self.valid, frames))
        file = self.valid["objects"][0]["id"]
        for bad in (file, [file, 12], [file, -1, ""], [file, 12, "open", ""], ["/bin/sh", 12, "open"]):
            self.refused(lambda spoilt: at(spoilt, frames).append(bad))
        self.refused(lambda spoilt: at(spoilt, frames).clear())

    def test_another_schema_version_is_refused(self):
        self.refused(lambda spoilt: spoilt.update(schema="snug.recording/2"))

    def test_the_format_may_grow(self):
        for path in ((), ("runs", 0), ("runs", 0, "host"), ("syscalls", 0), ("syscalls", 0, "observations", 0)):
            at(self.valid, path)["news"] = {"of": [1]}
        self.assertTrue(self.schema.is_valid(self.valid))


class Documentation(Case):
    def fields(self):
        """Every field that the schema names: its name and what is said about it."""
        for path in places(schema()):
            part = at(schema(), path)
            if isinstance(part, dict) and part.get("type") == "object":
                yield from part.get("properties", {}).items()

    def test_the_schema_describes_every_field(self):
        self.assertEqual([name for name, field in self.fields() if not field.get("description")], [])

    def page(self):
        return (SOURCE_DIR / "docs/recording-format.md").read_text()

    def test_the_page_about_the_format_names_every_field(self):
        named = set(re.findall(r"[`\"](\w+)[`\"]", self.page()))
        self.assertEqual({name for name, _ in self.fields()} - named, set())

    @needs("jsonschema")
    def test_the_example_on_that_page_is_a_recording(self):
        (example,) = re.findall(r"^```\n(.*?)^```$", self.page(), re.DOTALL | re.MULTILINE)

        self.assertEqual([error.message for error in validator().iter_errors(json.loads(example))], [])
        self.assert_status(snug("merge", "-", input=example), 0)


if __name__ == "__main__":
    main()
