// SPDX-License-Identifier: Apache-2.0
#include "generator/core/errno_design.hpp"

#include <cerrno>

#include "generator/core/generate.hpp"
#include "generator/core/meaning.hpp"
#include "generator/formats/proof.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::RecordingBuilder;

namespace {

Profile profile_in(ErrnoForm form, const Recording& recording = RecordingBuilder().saw(Arch::x86_64, "read")) {
  const auto generated = generate(recording, {.floor = FloorChoice::none, .errno_form = form});
  if (!generated) FAIL(generated.error().because);
  return generated->profile;
}

Verdict verdict_on(const Profile& profile, std::string_view name) {
  const auto number = syscall_number(Arch::x86_64, name);
  if (!number) FAIL("x86_64 has no " << name);
  return decide(profile, {Arch::x86_64, *number}, {});
}

constexpr Verdict kAbsent{Action::fail, ENOSYS};
constexpr Verdict kForbidden{Action::fail, EPERM};

}  // namespace

TEST_CASE("unnamed calls fail as if they did not exist, refused ones as forbidden") {
  const Profile profile = profile_in(ErrnoForm::enosys);

  CHECK(verdict_on(profile, "mkdir") == kAbsent);
  CHECK(verdict_on(profile, "mount") == kForbidden);
  CHECK(verdict_on(profile, "clone3") == kAbsent);
  CHECK(decide(profile, {Arch::x86_64, 600}, {}) == kAbsent);
}

TEST_CASE("with EPERM for unnamed calls, those that libraries can do without still do not exist") {
  const Profile profile = profile_in(ErrnoForm::eperm);

  CHECK(verdict_on(profile, "mkdir") == kForbidden);
  CHECK(verdict_on(profile, "mount") == kForbidden);
  CHECK(verdict_on(profile, "clone3") == kAbsent);
  CHECK(verdict_on(profile, "cachestat") == kAbsent);
}

TEST_CASE("the errno of a call with a fallback does not depend on an engine's default") {
  Profile profile = profile_in(ErrnoForm::enosys);
  profile.default_verdict = kForbidden;  // Docker before 23 ignores defaultErrnoRet

  CHECK(verdict_on(profile, "clone3") == kAbsent);
}

TEST_CASE("a call that was seen is never absent, however young or powerful") {
  RecordingBuilder builder;
  for (const auto& [number, name] : syscalls_of(Arch::x86_64)) builder.saw(Arch::x86_64, name);

  for (const ErrnoForm form : {ErrnoForm::enosys, ErrnoForm::eperm}) {
    for (const Rule& rule : profile_in(form, builder).rules) CHECK(rule.verdict.action == Action::allow);
  }
}

TEST_CASE("the filter of every form does what the profile says") {
  for (const ErrnoForm form : {ErrnoForm::enosys, ErrnoForm::eperm}) {
    const auto report = prove(profile_in(form));

    REQUIRE(report);
    CHECK(report->holds());
    CHECK(report->calls > 1000);
  }
}
