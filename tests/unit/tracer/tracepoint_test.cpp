// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/tracepoint.hpp"

#include <array>

#include "tests/support/catch.hpp"

using namespace snug::tracer;

namespace {

constexpr auto kFormat = R"(name: cap_capable
ID: 2073
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:const struct cred * cred;	offset:8;	size:8;	signed:0;
	field:int cap;	offset:32;	size:4;	signed:1;

print fmt: "cred %p, cap %d", REC->cred, REC->cap
)";

}  // namespace

TEST_CASE("a tracepoint's fields are found by their names") {
  const auto fields = fields_of(kFormat);

  REQUIRE(fields.size() == 4);
  CHECK(fields.at("common_type") == EventField{0, 2, false});
  CHECK(fields.at("cred") == EventField{8, 8, false});
  CHECK(fields.at("cap") == EventField{32, 4, true});
}

TEST_CASE("a field's value has its sign, and is nothing where the data is too short") {
  constexpr std::array kData{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}};

  CHECK(value_of({0, 4, true}, kData) == -1);
  CHECK(value_of({0, 4, false}, kData) == 0xffffffff);
  CHECK(value_of({2, 2, false}, kData) == 0xffff);
  CHECK(value_of({1, 4, false}, kData) == std::nullopt);
  CHECK(value_of({9, 1, false}, kData) == std::nullopt);
  CHECK(value_of({0, 3, false}, kData) == std::nullopt);
}
