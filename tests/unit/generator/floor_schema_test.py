# SPDX-License-Identifier: Apache-2.0
"""The shipped floors are what their schema says, and the schema refuses what a floor must not be."""

import json

from harness import SOURCE_DIR, Case, main, needs

FLOORS = sorted((SOURCE_DIR / "profiles/floor").glob("*.json"))
CRUN, TINI = (SOURCE_DIR / f"profiles/floor/{name}.json" for name in ("crun", "tini"))


def validator():
    import jsonschema

    schema = json.loads((SOURCE_DIR / "profiles/schema/floor.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@needs("jsonschema")
class FloorSchema(Case):
    def test_every_shipped_floor_is_valid(self):
        self.assertTrue(FLOORS)
        for path in FLOORS:
            errors = [error.message for error in validator().iter_errors(json.loads(path.read_text()))]
            self.assertEqual(errors, [], msg=path)

    def test_a_floor_carries_the_name_of_its_file(self):
        for path in FLOORS:
            floor = json.loads(path.read_text())
            self.assertEqual(floor.get("runtime", floor.get("init")), path.stem)

    def refused(self, change, path=CRUN):
        floor = json.loads(path.read_text())
        self.assertTrue(validator().is_valid(floor))
        change(floor)
        self.assertFalse(validator().is_valid(floor))

    def test_a_measured_entry_names_its_versions(self):
        self.refused(lambda floor: floor["entries"][0].pop("versions"))

    def test_a_measured_entry_says_for_which_versions_it_speaks(self):
        self.refused(lambda floor: floor["entries"][0].pop("range"))
        self.refused(lambda floor: floor["entries"][0].update(range={"until": "1.9"}))
        self.refused(lambda floor: floor["entries"][0].update(range={"from": "1.x"}))

    def test_a_margin_names_no_version(self):
        self.refused(lambda floor: floor["entries"][-1].update(versions=["1.8.1"]))

    def test_a_margin_requires_nothing(self):
        self.refused(lambda floor: floor["entries"][-1].update(required=["execve"]))

    def test_a_floor_is_of_a_runtime_or_of_an_init(self):
        self.refused(lambda floor: floor.pop("runtime"))
        self.refused(lambda floor: floor.update(init="crun"))

    def test_a_runtime_s_entry_says_when_and_with_which_privileges(self):
        self.refused(lambda floor: floor["entries"][0].pop("phase"))
        self.refused(lambda floor: floor["entries"][0].pop("no_new_privileges"))

    def test_an_init_has_only_one_phase(self):
        self.refused(lambda floor: floor["entries"][0].update(phase="start"), TINI)
        self.refused(lambda floor: floor["entries"][0].update(no_new_privileges=True), TINI)

    def test_an_entry_says_where_it_comes_from(self):
        self.refused(lambda floor: floor["entries"][0].pop("source"))
        self.refused(lambda floor: floor["entries"][0].update(source=""))

    def test_a_call_is_named_once_and_in_lower_case(self):
        self.refused(lambda floor: floor["entries"][0].update(calls=["read", "read"]))
        self.refused(lambda floor: floor["entries"][0].update(calls=["READ"]))

    def test_another_schema_version_is_refused(self):
        self.refused(lambda floor: floor.update(schema="snug.floor/2"))


main()
