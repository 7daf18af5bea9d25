// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor_request.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/floors.hpp"

using namespace snug;

namespace {

ChosenRuntimes chosen_in(std::string_view text) {
  const auto chosen = parse_runtimes(text, shipped_floors());
  REQUIRE(chosen);
  return *chosen;
}

Error refusal_of(std::string_view text) {
  const auto chosen = parse_runtimes(text, shipped_floors());
  REQUIRE_FALSE(chosen);
  return chosen.error();
}

}  // namespace

TEST_CASE("runtimes are read with their versions and without") {
  CHECK(chosen_in("runc,crun@1.8.1") == ChosenRuntimes{{{"runc", {}}, {"crun", "1.8.1"}}, {}});
}

TEST_CASE("a version between two that were measured needs no warning") {
  CHECK(chosen_in("crun@1.15") == ChosenRuntimes{{{"crun", "1.15"}}, {}});
}

TEST_CASE("the version of a distribution's package is one") {
  CHECK(chosen_in("runc@1.1.5+ds1") == ChosenRuntimes{{{"runc", "1.1.5+ds1"}}, {}});
}

TEST_CASE("the oldest measured version stands for all older ones, with a warning") {
  CHECK(chosen_in("runc@1.0.3") ==
        ChosenRuntimes{{{"runc", "1.1.5"}},
                       {"runc 1.0.3 is older than 1.1.5, the oldest that was measured, whose calls are taken"}});
}

TEST_CASE("the newest measured version stands for all newer ones, with a warning") {
  CHECK(chosen_in("runc@2.0") ==
        ChosenRuntimes{{{"runc", "1.5.1"}},
                       {"runc 2.0 is newer than 1.5.1, the newest that was measured, whose calls are taken"}});
}

TEST_CASE("a runtime without a floor is refused") {
  CHECK(refusal_of("runc,rnc") == Error{ErrorCode::usage, "no floor is known for the container runtime \"rnc\"",
                                        "those that were measured are crun, runc",
                                        "name one of these, or several with commas between them"});
}

TEST_CASE("an init is no container runtime, and a missing name is none either") {
  for (const std::string_view text : {"tini", "", "runc,", ",runc", "@1.2", "runc, crun"})
    CHECK(refusal_of(text).code == ErrorCode::usage);
}

TEST_CASE("what is no version is refused") {
  CHECK(refusal_of("crun@latest") == Error{ErrorCode::usage, "cannot take \"latest\" for a version of crun",
                                           "a version begins with numbers and dots between them",
                                           "write it as 'crun --version' does, for example crun@1.2.3"});
  CHECK(refusal_of("crun@").code == ErrorCode::usage);
}

TEST_CASE("inits are read by name") {
  const auto inits = parse_inits("tini,catatonit", shipped_floors());

  REQUIRE(inits);
  CHECK(*inits == std::set<std::string>{"catatonit", "tini"});
}

TEST_CASE("an init without a floor is refused") {
  const auto inits = parse_inits("systemd", shipped_floors());

  REQUIRE_FALSE(inits);
  CHECK(inits.error() == Error{ErrorCode::usage, "no floor is known for the init \"systemd\"",
                               "those that were measured are catatonit, tini",
                               "name one of these, or several with commas between them"});
}
