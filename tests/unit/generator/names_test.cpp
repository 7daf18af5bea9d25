// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/names.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, EPERM};

Error refusal_of(const Profile& profile) {
  const auto text = render_names(profile);
  if (text) FAIL("the list was written");
  CHECK(text.error().code == ErrorCode::bad_input);
  CHECK(text.error().what == "cannot write the profile as a list of names");
  return text.error();
}

}  // namespace

TEST_CASE("a list holds the allowed names sorted and once each") {
  const Profile profile{
      kDenied, {Arch::x86_64}, {{{"write", "read"}, kAllow, {}, "x"}, {{"read"}, kAllow, {}, ""}}};
  const auto text = render_names(profile);

  REQUIRE(text);
  CHECK(*text == "read\nwrite\n");
}

TEST_CASE("a rule that repeats the default is no obstacle to a list") {
  const auto text = render_names({kDenied, {}, {{{"read"}, kAllow, {}, ""}, {{"reboot"}, kDenied, {}, ""}}});

  REQUIRE(text);
  CHECK(*text == "read\n");
}

TEST_CASE("a list is read as calls that alone are allowed") {
  const auto profile = parse_names("write\n# a comment\n\n  read # why\r\nwrite\n", "calls.txt");

  REQUIRE(profile);
  CHECK(*profile == Profile{kDenied, {}, {{{"read", "write"}, kAllow, {}, ""}}});
}

TEST_CASE("a list that was written is read back as the same profile") {
  const Profile profile{kDenied, {}, {{{"close", "openat"}, kAllow, {}, ""}}};
  const auto text = render_names(profile);
  REQUIRE(text);
  const auto again = parse_names(*text, "calls.txt");

  REQUIRE(again);
  CHECK(*again == profile);
}

TEST_CASE("a line that is no system call is named") {
  const auto profile = parse_names("read\nopennat\n", "calls.txt");

  REQUIRE_FALSE(profile);
  CHECK(profile.error() == Error{ErrorCode::bad_input, "cannot use the profile calls.txt",
                                 "line 2 is \"opennat\", which is no system call",
                                 "write the name of one system call on each line"});
}

TEST_CASE("a list cannot say another default than EPERM") {
  const Error error = refusal_of({{Action::fail, ENOSYS}, {}, {{{"read"}, kAllow, {}, ""}}});

  CHECK(error.because ==
        "its default is SCMP_ACT_ERRNO ENOSYS, and a list of names stands for SCMP_ACT_ERRNO EPERM");
  CHECK(error.remedy == "choose a format that names the default, such as oci");
  CHECK(refusal_of({{Action::kill_process, 0}, {}, {}}).because ==
        "its default is SCMP_ACT_KILL_PROCESS, and a list of names stands for SCMP_ACT_ERRNO EPERM");
}

TEST_CASE("a list cannot say what happens to calls that it does not hold") {
  const Error error =
      refusal_of({kDenied, {}, {{{"read"}, kAllow, {}, ""}, {{"clone3"}, {Action::fail, ENOSYS}, {}, ""}}});

  CHECK(error.because == "it has SCMP_ACT_ERRNO ENOSYS for clone3, and a list names allowed calls only");
  CHECK(error.remedy == "remove that rule, or choose a format that can say it, such as oci or systemd");
}

TEST_CASE("a list cannot say conditions on arguments") {
  const Error error = refusal_of({kDenied, {}, {{{"ioctl"}, kAllow, {{1, Comparison::eq, 7, 0}}, ""}}});

  CHECK(error.because == "a rule for ioctl depends on arguments, which this form cannot name");
  CHECK(error.remedy == "allow or deny the call whatever its arguments are, or choose another format");
}

TEST_CASE("a list cannot say several ABIs") {
  const Error error = refusal_of({kDenied, {Arch::x86_64, Arch::i386}, {{{"read"}, kAllow, {}, ""}}});

  CHECK(error.because == "it is for several ABIs, and a list of names is for the machine's own");
  CHECK(error.remedy == "choose a format that names ABIs, such as oci");
}

TEST_CASE("a list cannot be empty") {
  const Error error = refusal_of({kDenied, {}, {}});

  CHECK(error.because == "it allows nothing, and the list would be empty");
  CHECK(error.remedy == "choose another format");
}
