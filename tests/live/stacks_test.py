# SPDX-License-Identifier: Apache-2.0
"""The stack of a first call is right as far as it goes, says where it broke off, and costs what it may cost."""

import shutil
import struct
import time

import harness
from harness import SOURCE_DIR, Case, main, needs, run
from recordings import call, counts, record, tracee

GETSID_ASKS = "long {name}(void) {{ return syscall(SYS_getsid, 0) + 1; }} long ask(void) {{ return {name}() + 1; }}"
INCLUDES = "#define _GNU_SOURCE\n#include <sys/syscall.h>\n#include <unistd.h>\n"

# The functions of nested.c, from the innermost outwards.
NEST = ["syscall", "innermost", "middle", "outermost", "main"]


class StackCase(Case):
    def stack(self, *command, status=0):
        """The names of the functions on getsid's stack, the names of their files, and whether it is partial."""
        outcome, recording = record(self.dir / "r.json", *command)
        self.assert_status(outcome, status)
        self.assertTrue(recording["complete"], recording["incomplete_because"])
        (seen,) = call(recording, "getsid")["observations"]
        stack = seen["first"]["stack"]
        names = {entry["id"]: entry["path"].rpartition("/")[2] for entry in recording["objects"]}
        files = [names.get(frame[0], frame[0]) for frame in stack["frames"]]
        return [frame[2] for frame in stack["frames"]], files, stack["partial"]

    def compile(self, name, *options, text=None, compiler="gcc"):
        """A program made from tests/tracees/nested.c, or a library made from `text`."""
        target = self.dir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        source = SOURCE_DIR / "tests/tracees/nested.c"
        if text:
            source = self.dir / "source.c"
            source.write_text(INCLUDES + text)
        self.assert_status(run(compiler, "-O1", "-fno-optimize-sibling-calls", source, *options, "-o", target), 0)
        return target

    def assert_right(self, symbols, partial):
        """nested.c's stack, or the beginning of it."""
        self.assertEqual(symbols[:5], NEST[: len(symbols)])
        self.assertTrue(partial or symbols[:5] == NEST)


@needs("ptrace", "gcc")
class Kinds(StackCase):
    def test_a_static_program_that_can_be_moved_names_all(self):
        symbols, files, partial = self.stack(self.compile("program", "-static-pie"))

        self.assertEqual((symbols[:5], symbols[-1], partial), (NEST, "_start", False))
        self.assertEqual(set(files), {"program"})

    def test_a_static_program_without_unwind_table_says_that_its_stack_is_partial(self):
        symbols, _, partial = self.stack(self.compile("program", "-static"))

        self.assert_right(symbols, partial)

    @needs("musl-gcc")
    def test_musl_gives_right_names(self):
        symbols, _, partial = self.stack(self.compile("program", compiler="musl-gcc"))

        self.assert_right(symbols, partial)

    @needs("strip")
    def test_a_stripped_program_gives_no_wrong_names(self):
        program = self.compile("program")
        self.assert_status(run("strip", program), 0)

        symbols, files, partial = self.stack(program)

        self.assertEqual((symbols[:5], partial), (["syscall", "", "", "", ""], False))
        self.assertEqual(files[1:5], ["program"] * 4)


@needs("ptrace", "x86_64")
class OddStacks(StackCase):
    """odd_stack.c says what each of these stacks is."""

    def test_code_made_at_run_time_has_no_file_and_what_called_it_is_not_known(self):
        symbols, files, partial = self.stack(tracee("odd_stack"), "jit")

        self.assertEqual((symbols[0], files[0], partial), ("", "", True))
        self.assertNotIn("", files[1:])

    def test_a_stack_that_is_nowhere_ends_at_the_caller(self):
        self.assertEqual(self.stack(tracee("odd_stack"), "garbage"), (["main"], ["odd_stack"], True))

    def test_a_stack_that_is_a_loop_ends(self):
        symbols, _, partial = self.stack(tracee("odd_stack"), "loop")

        self.assertEqual((symbols[0], partial), ("main", True))

    def test_an_unwind_table_that_computes_for_ever_is_given_up(self):
        _, files, partial = self.stack(tracee("odd_stack"), "endless")

        self.assertEqual((files, partial), (["odd_stack"], True))

    def test_a_stack_that_the_program_itself_may_not_read_is_read(self):
        symbols, _, partial = self.stack(tracee("odd_stack"), "sealed")

        self.assertEqual((symbols[0], symbols[-1], partial), ("main", "_start", False))

    def test_a_deep_stack_is_cut(self):
        symbols, _, partial = self.stack(tracee("odd_stack"), "deep")

        self.assertEqual((symbols, partial), (["syscall"] + ["descend"] * 63, True))

    def test_a_handlers_stack_goes_on_to_what_it_interrupted(self):
        symbols, _, partial = self.stack(tracee("odd_stack"), "handler")

        self.assertEqual((symbols[:2], partial), (["syscall", "handle"], False))
        self.assertEqual(symbols[symbols.index("raise") + 1], "main")

    def test_a_deleted_program_keeps_its_right_names(self):
        copy = self.dir / "program"
        shutil.copy(tracee("odd_stack"), copy)

        symbols, _, _ = self.stack(copy, "gone")

        self.assertEqual(symbols[:1], ["syscall"])
        self.assertIn(symbols[1:2], ([], ["descend"], [""]))

    def test_many_mappings_cost_little(self):
        began = time.monotonic()
        symbols, _, partial = self.stack(tracee("odd_stack"), "crowd")

        self.assertEqual((symbols[:2], partial), (["syscall", "main"], False))
        self.assertLess(time.monotonic() - began, 30)

    def test_looking_at_stacks_changes_nothing_that_is_recorded(self):
        for kind in ("jit", "garbage", "loop", "endless", "sealed", "deep", "handler"):
            command = (tracee("odd_stack"), kind)
            _, watched = record(self.dir / "with.json", *command)
            _, plain = record(self.dir / "without.json", *command, options=["--no-stacks"])
            self.assertEqual(counts(watched), counts(plain), msg=kind)


def lie(program, change):
    """Changes the file's section headers: `change` is given each as a list of numbers, and its place in the list."""
    data = bytearray(program.read_bytes())
    table, size, number = (struct.unpack_from(form, data, at)[0] for form, at in (("<Q", 40), ("<H", 58), ("<H", 60)))
    for index in range(number):
        header = list(struct.unpack_from("<IIQQQQIIQQ", data, table + index * size))
        change(header)
        struct.pack_into("<IIQQQQIIQQ", data, table + index * size, *header)
    program.write_bytes(data)


TYPE, OFFSET, SIZE, LINK, ENTRY = 1, 4, 5, 6, 9  # fields of a section header
SYMBOLS = (2, 11)  # types: for linkers, for the loader
FAR = 0x7FFFFFFF0000


def lie_about_symbols(field, value):
    def change(header):
        if header[TYPE] in SYMBOLS:
            header[field] = value

    return change


@needs("ptrace", "x86_64", "gcc")
class LyingFiles(StackCase):
    """The kernel runs a program whatever its section headers say; packers and protectors leave them wrong."""

    def check(self, change):
        program = self.compile("program", "-static-pie")
        lie(program, change)
        symbols, files, partial = self.stack(program)
        self.assertEqual(files[0], "program")
        self.assertIn(symbols[0], ("", "syscall"))
        self.assertTrue(partial or len(symbols) > 5)

    def test_symbols_of_no_size_are_survived(self):
        self.check(lie_about_symbols(ENTRY, 0))

    def test_symbols_beyond_the_end_are_survived(self):
        self.check(lie_about_symbols(OFFSET, FAR))

    def test_endless_symbols_are_survived(self):
        self.check(lie_about_symbols(SIZE, FAR))

    def test_symbols_whose_names_are_nowhere_are_survived(self):
        self.check(lie_about_symbols(LINK, 0xFFFF))

    def test_names_beyond_the_end_are_survived(self):
        def change(header):
            if header[TYPE] == 3:  # texts
                header[OFFSET] = FAR

        self.check(change)

    def test_a_header_table_beyond_the_end_is_survived(self):
        program = self.compile("program", "-static-pie")
        data = bytearray(program.read_bytes())
        struct.pack_into("<Q", data, 40, 2**64 - 256)
        program.write_bytes(data)

        self.assertTrue(self.stack(program)[2])


harness.PROBES["sandbox"] = lambda: harness.has("bwrap") and run("bwrap", "--bind", "/", "/", "true").status == 0


@needs("ptrace", "gcc")
class OtherRoots(StackCase):
    @needs("sandbox")
    def test_names_come_from_the_file_that_the_task_sees_and_not_from_ours(self):
        ours = self.compile("lib/libask.so", "-shared", "-fPIC", text=GETSID_ASKS.format(name="of_our_file"))
        theirs = self.compile("theirs.so", "-shared", "-fPIC", text=GETSID_ASKS.format(name="of_their_file"))
        text = "long ask(void); int main(void) { return ask() == 0; }"
        program = self.compile("program", f"-Wl,-rpath,{ours.parent}", "-L", ours.parent, "-lask", text=text)

        symbols, _, partial = self.stack("bwrap", "--bind", "/", "/", "--bind", theirs, ours, program)

        self.assertEqual((symbols[:4], partial), (["syscall", "of_their_file", "ask", "main"], False))

    @needs("sandbox")
    def test_names_come_from_files_that_we_do_not_have(self):
        theirs = self.compile("libask.so", "-shared", "-fPIC", text=GETSID_ASKS.format(name="of_their_file"))
        text = "long ask(void); int main(void) { return ask() == 0; }"
        program = self.compile("program", "-Wl,-rpath,/mnt/only/theirs", "-L", self.dir, "-lask", text=text)
        mounts = ["--bind", "/", "/", "--tmpfs", "/mnt", "--bind", theirs, "/mnt/only/theirs/libask.so"]

        symbols, _, partial = self.stack("bwrap", *mounts, program)

        self.assertEqual((symbols[:4], partial), (["syscall", "of_their_file", "ask", "main"], False))

    @needs("root")
    def test_names_come_from_below_a_changed_root(self):
        program = self.compile("root/program", "-static-pie")

        symbols, _, partial = self.stack("chroot", program.parent, "/program")

        self.assert_right(symbols, partial)


if __name__ == "__main__":
    main()
