// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/capability_reader.hpp"

#include "generator/formats/capability_words.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::RecordingBuilder;

namespace {

constexpr const char* kAgain = "make the report again: snug caps --format json RECORDING -o FILE";

Error unusable(std::string because, std::string remedy = kAgain) {
  return {ErrorCode::bad_input, "cannot read the report on capabilities caps.json", std::move(because),
          std::move(remedy)};
}

}  // namespace

TEST_CASE("what a report says of needs is read back") {
  const Recording recording = RecordingBuilder()
                                  .needed("SYS_ADMIN", "mount", "/mnt")
                                  .needed("SYS_TIME", "settimeofday", "", CapabilityUse::attempted)
                                  .gained_privilege("/bin/su")
                                  .missed("a task was not followed");
  const auto report = report_capabilities(recording, IncompleteRuns::accepted);
  REQUIRE(report);
  const auto read = parse_capabilities(render_json(*report), "caps.json");

  REQUIRE(read);
  CHECK(*read == needs_of(*report));
  CHECK(read->gaining == std::set<std::string>{"/bin/su"});
  CHECK(read->warnings == std::set<std::string>{"a task was not followed"});
}

TEST_CASE("a report of trials alone does not tell who gains privilege") {
  const auto read = parse_capabilities(render_json(CapabilityReport{}), "caps.json");

  REQUIRE(read);
  CHECK_FALSE(read->gaining);
}

TEST_CASE("what is no report on capabilities is told with where it is wrong") {
  const std::string head = R"({"schema": "snug.capabilities/1", "recommended": )";
  const auto [text, error] = GENERATE_COPY(table<std::string, Error>({
      {"",
       unusable("line 1, column 1: the text ends before the JSON does", "restore the file, or generate it again")},
      {"[]", unusable("the document must be an object, not []", "write an object there")},
      {"{}", unusable("schema is missing")},
      {R"({"schema": "snug.capabilities/2"})",
       unusable("schema is \"snug.capabilities/2\", and this snug reads \"snug.capabilities/1\"")},
      {R"({"schema": "snug.capabilities/1"})", unusable("recommended is missing")},
      {head + R"(["CAP_MAGIC"]})", unusable("recommended[0] is \"CAP_MAGIC\", which is no capability")},
      {head + R"([1]})", unusable("recommended[0] must be a string, not 1", "write a string there")},
      {head + "[]}", unusable("capabilities is missing")},
      {head + R"([], "capabilities": [{"name": "CAP_KILL"}]})", unusable("capabilities[0].evidence is missing")},
      {head + R"([], "capabilities": []})", unusable("gaining is missing")},
  }));
  const auto read = parse_capabilities(text, "caps.json");

  REQUIRE_FALSE(read);
  CHECK(read.error() == error);
}
