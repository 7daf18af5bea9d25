// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/rewriting.hpp"

#include "generator/formats/format.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

Profile allowing(std::vector<std::string> names) {
  return {{Action::fail, 1}, {Arch::x86_64}, {{std::move(names), {Action::allow}, {}, ""}}};
}

const Profile kBefore = allowing({"read"});
const Profile kAfter = allowing({"read", "write"});

}  // namespace

TEST_CASE("a file that snug wrote is rewritten in its own form") {
  const Format format = GENERATE(Format::oci, Format::kubernetes, Format::systemd, Format::names);
  const auto text = render(kBefore, format, {.name = "web", .localhost_profile = ""});
  const auto expected = render(kAfter, format, {.name = "web", .localhost_profile = ""});
  REQUIRE(text);

  const auto result = rewritten(*text, "file", kBefore, kAfter);

  REQUIRE(result);
  CHECK(*result == *expected);
}

TEST_CASE("what else a JSON profile says stays") {
  const std::string text =
      R"({"x-owner": "web team", "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
          "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}], "flags": ["SECCOMP_FILTER_FLAG_LOG"]})";

  const auto result = rewritten(text, "file", kBefore, kAfter);

  REQUIRE(result);
  CHECK(result->find("\"x-owner\": \"web team\"") != std::string::npos);
  CHECK(result->find("SECCOMP_FILTER_FLAG_LOG") != std::string::npos);
  const auto parsed = parse_any(*result, "file");
  REQUIRE(parsed);
  CHECK(parsed->rules == kAfter.rules);
}

TEST_CASE("a file that would lose something is refused") {
  const std::string text = GENERATE(as<std::string>{},
                                    R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
                                        {"names": ["read"], "action": "SCMP_ACT_ALLOW",
                                         "includes": {"caps": ["CAP_CHOWN"]}}]})",
                                    R"({"archMap": [], "syscalls": []})", "# the web server reads\nread\n");

  const auto result = rewritten(text, "the file", kBefore, kAfter);

  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::unsupported);
  CHECK(result.error().what == "cannot write the change into the file");
}
