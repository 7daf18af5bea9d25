// SPDX-License-Identifier: Apache-2.0
#include "generator/core/removal.hpp"

#include <cerrno>

#include "generator/core/meaning.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

Profile profile_that_allows(std::vector<std::string> names, Verdict otherwise) {
  return {otherwise, {Arch::x86_64}, {{std::move(names), {Action::allow}, {}, ""}}};
}

Verdict decide_on(const Profile& profile, std::string_view name) {
  return decide(profile, {Arch::x86_64, *syscall_number(Arch::x86_64, name)}, {});
}

}  // namespace

TEST_CASE("permitted are the names of rules that allow or log") {
  Profile profile = profile_that_allows({"read", "write"}, {Action::fail, EPERM});
  profile.rules.push_back({{"mount"}, {Action::log}, {}, ""});
  profile.rules.push_back({{"bpf"}, {Action::fail, EPERM}, {}, ""});

  CHECK(permitted_names(profile) == std::set<std::string>{"mount", "read", "write"});
}

TEST_CASE("a call that is taken out fails with the default verdict's errno") {
  const Profile profile = without(profile_that_allows({"read", "getuid"}, {Action::fail, EACCES}), {"getuid"});

  CHECK(decide_on(profile, "getuid") == Verdict{Action::fail, EACCES});
  CHECK(decide_on(profile, "read") == Verdict{Action::allow});
}

TEST_CASE("a call that is taken out does not kill, but seems not to exist") {
  const Profile profile = without(profile_that_allows({"read", "getuid"}, {Action::kill_process}), {"getuid"});

  CHECK(decide_on(profile, "getuid") == Verdict{Action::fail, ENOSYS});
  CHECK(decide_on(profile, "mount") == Verdict{Action::kill_process});
}

TEST_CASE("a call that libraries fall back from seems not to exist") {
  const Profile profile =
      without(profile_that_allows({"clone3", "getuid"}, {Action::fail, EPERM}), {"clone3", "getuid"});

  CHECK(decide_on(profile, "clone3") == Verdict{Action::fail, ENOSYS});
  CHECK(decide_on(profile, "getuid") == Verdict{Action::fail, EPERM});
}

TEST_CASE("a rule without names is left out, and a profile without any change is the same") {
  const Profile profile = profile_that_allows({"getuid"}, {Action::fail, ENOSYS});

  CHECK(without(profile, {"getuid"}).rules.empty());
  CHECK(without(profile, {}) == profile);
}

TEST_CASE("a call is taken out of rules with conditions too") {
  Profile profile = profile_that_allows({"read"}, {Action::fail, ENOSYS});
  profile.rules.push_back({{"socket"}, {Action::allow}, {{0, Comparison::eq, 1, 0}}, ""});

  CHECK(without(profile, {"socket"}) == profile_that_allows({"read"}, {Action::fail, ENOSYS}));
}
