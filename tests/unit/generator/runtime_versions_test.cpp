// SPDX-License-Identifier: Apache-2.0
#include "generator/core/runtime_versions.hpp"

#include "tests/support/catch.hpp"

using namespace snug;

TEST_CASE("a version begins with numbers between dots") {
  for (const std::string_view text :
       {"1", "1.8.1", "0.19.0", "1.1.5+ds1", "1.4.0-rc.1", "1.8.1-1+deb12u1", "1.30~rc1"})
    CHECK(is_version(text));
  for (const std::string_view text : {"", "v1.2", "latest", ".5", "1.", "1..2", "1.2x", "-1"})
    CHECK_FALSE(is_version(text));
}

TEST_CASE("versions are ordered by their numbers, not by their digits") {
  CHECK(is_older("1.8.1", "1.28"));
  CHECK(is_older("1.1.5", "1.1.15"));
  CHECK(is_older("1.9", "1.14.1"));
  CHECK_FALSE(is_older("1.28", "1.8.1"));
}

TEST_CASE("a number that a version leaves out is 0") {
  CHECK_FALSE(is_older("1.2", "1.2.0"));
  CHECK_FALSE(is_older("1.2.0", "1.2"));
  CHECK(is_older("1.2", "1.2.1"));
}

TEST_CASE("what a distribution adds to a version says nothing about its order") {
  CHECK_FALSE(is_older("1.1.5", "1.1.5+ds1"));
  CHECK_FALSE(is_older("1.1.5+ds1", "1.1.5"));
}

TEST_CASE("a number too great for any runtime is greater than all others") {
  CHECK(is_older("1.5.1", "99999999999999999999"));
}

TEST_CASE("a range holds its first version and not the one that ends it") {
  const VersionRange range{"1.1.5", "1.2.0"};

  CHECK(is_within("1.1.5", range));
  CHECK(is_within("1.1.15", range));
  CHECK_FALSE(is_within("1.1.4", range));
  CHECK_FALSE(is_within("1.2.0", range));
  CHECK(is_within("9.0", VersionRange{"1.1.5", {}}));
}
