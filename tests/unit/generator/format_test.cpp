// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/format.hpp"

#include <cerrno>

#include "generator/formats/bpf.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

// What every form can say, on any machine.
const Profile kSimple{{Action::fail, EPERM}, {}, {{{"read", "write"}, {Action::allow, 0}, {}, ""}}};

std::string written(Format format, const RenderOptions& options = {}) {
  const auto text = render(kSimple, format, options);
  if (!text) FAIL(text.error().because);
  return *text;
}

Error error_of(std::string_view text) {
  const auto profile = parse_any(text, "p");
  if (profile) FAIL("the profile was accepted");
  CHECK(profile.error().code == ErrorCode::bad_input);
  CHECK(profile.error().what == "cannot use the profile p");
  return profile.error();
}

}  // namespace

TEST_CASE("every format has a name of its own") {
  for (const Format format : kFormats) CHECK(format_named(name_of(format)) == format);
  CHECK_FALSE(format_named("xml"));
}

TEST_CASE("what is written in a format that can be read is recognized and read back") {
  for (const Format format : {Format::oci, Format::docker, Format::kubernetes, Format::systemd, Format::names}) {
    const auto again = parse_any(written(format), "p");
    REQUIRE(again);
    CHECK(*again == kSimple);
  }
}

TEST_CASE("Docker reads what the others read") {
  CHECK(written(Format::docker) == written(Format::oci));
}

TEST_CASE("a compiled profile is the bytes of its instructions") {
  const auto program = compile(kSimple, Denials::enforced);
  REQUIRE(program);

  const std::string bytes(reinterpret_cast<const char*>(program->data()), program->size() * sizeof(sock_filter));
  CHECK(written(Format::bpf) == bytes);
}

TEST_CASE("a profile that cannot be compiled is refused in the compiler's words") {
  const Condition condition{0, Comparison::eq, 1, 0};
  const Profile contradiction{
      {Action::fail, EPERM},
      {},
      {{{"read"}, {Action::allow, 0}, {condition}, ""}, {{"read"}, {Action::log, 0}, {condition}, ""}}};
  const auto text = render(contradiction, Format::bpf);

  REQUIRE_FALSE(text);
  CHECK(text.error().because == "two rules for read have the same conditions and different actions");
}

TEST_CASE("a Pod's path follows the profile's name unless it is given") {
  CHECK(written(Format::pod, {"nginx", ""}).find("localhostProfile: \"nginx.json\"\n") != std::string::npos);
  CHECK(written(Format::pod, {"nginx", "a/b.json"}).find("localhostProfile: \"a/b.json\"\n") != std::string::npos);
}

TEST_CASE("a SeccompProfile in JSON is recognized") {
  const auto profile =
      parse_any(R"({"apiVersion": "security-profiles-operator.x-k8s.io/v1", "kind": "SeccompProfile",
      "spec": {"defaultAction": "SCMP_ACT_LOG"}})",
                "p");

  REQUIRE(profile);
  CHECK(*profile == Profile{{Action::log, 0}, {}, {}});
}

TEST_CASE("comments and empty lines do not hide the form") {
  CHECK(parse_any("\n# calls\n\nread # note: first\n", "p"));
  CHECK(parse_any("# unit\n; of mine\n\n[Unit]\n[Service]\nSystemCallFilter=read\n", "p"));
  CHECK(parse_any("SystemCallFilter=read\n", "p"));
  CHECK(error_of("# object\n---\n# more\nkind: Pod\n").because == "kind is not SeccompProfile");
  CHECK(error_of("  \n\t").because == "line 2, column 2: the text ends before the JSON does");
  CHECK(error_of("[1, 2]").because == "the document must be an object, not [1,2]");
}

TEST_CASE("a Pod's securityContext holds no profile to read") {
  const Error error = error_of(written(Format::pod));

  CHECK(error.because == "it is a Pod's securityContext, which names a profile and does not hold it");
  CHECK(error.remedy == "give the profile that localhostProfile names");
}

TEST_CASE("a compiled filter cannot be read back") {
  const Error error = error_of(written(Format::bpf));

  CHECK(error.because == "it is binary, like a compiled filter, which cannot be turned back into a profile");
  CHECK(error.remedy == "give what it was compiled from");
}

TEST_CASE("text of no form is refused") {
  for (const std::string_view text : {"to be or not", "# nothing\n", "<xml/>", "=x"}) {
    const Error error = error_of(text);
    CHECK(error.because == "it is neither JSON, nor a SeccompProfile, systemd settings or a list of names");
    CHECK(error.remedy == "give a seccomp profile");
  }
}

TEST_CASE("a kernel version is two numbers and a dot") {
  CHECK(kernel_version_of("6.1") == KernelVersion{6, 1});
  for (const std::string_view text : {"", "6", "6.", ".1", "6.1.2", "6-1", "x.y"})
    CHECK_FALSE(kernel_version_of(text));
}

TEST_CASE("the form of a profile is told from its content") {
  const Profile profile{{Action::fail, 1}, {native_arch()}, {{{"read"}, {Action::allow}, {}, ""}}};
  for (const Format format : {Format::oci, Format::kubernetes, Format::systemd, Format::names}) {
    const auto text = render(profile, format);
    REQUIRE(text);
    CHECK(format_of(*text) == format);
  }
  CHECK(format_of(R"({"apiVersion": "v1", "kind": "SeccompProfile"})") == Format::kubernetes);
  CHECK(format_of("") == Format::oci);
}
