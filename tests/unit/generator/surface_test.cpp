// SPDX-License-Identifier: Apache-2.0
#include "generator/core/surface.hpp"

#include <algorithm>

#include "generator/formats/bpf.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, 1};
constexpr Verdict kAbsent{Action::fail, 38};
constexpr Verdict kKilled{Action::kill_thread, 0};

Rule rule(std::vector<std::string> names, Verdict verdict, std::vector<Condition> conditions = {}) {
  return {std::move(names), verdict, std::move(conditions), ""};
}

Program filter_of(const Profile& profile) {
  const auto program = compile(profile, Denials::enforced);
  REQUIRE(program);
  return *program;
}

CallSurface surface_on(const AbiSurface& abi, std::string_view name) {
  const auto found =
      std::find_if(abi.calls.begin(), abi.calls.end(), [&](const auto& call) { return call.name == name; });
  REQUIRE(found != abi.calls.end());
  return *found;
}

const Condition kSeven{0, Comparison::masked_eq, 0xffffffff, 7};

}  // namespace

TEST_CASE("a filter's surface has every call of the table with what becomes of it") {
  const FilterStack filters{filter_of(
      {kDenied, {}, {rule({"read"}, kAllow), rule({"clone3"}, kAbsent), rule({"kill"}, kAllow, {kSeven})}})};

  const AbiSurface abi = surface_of(filters, native_arch());

  CHECK(abi.calls.size() == syscalls_of(native_arch()).size());
  CHECK(surface_on(abi, "read").verdicts == std::set{kAllow});
  CHECK(surface_on(abi, "write").verdicts == std::set{kDenied});
  CHECK(surface_on(abi, "clone3").verdicts == std::set{kAbsent});
  CHECK(surface_on(abi, "kill").verdicts == std::set{kAllow, kDenied});
  CHECK(abi.beyond == std::set{kDenied});
  CHECK_FALSE(abi.everything);
}

TEST_CASE("a surface's counts are those of calls that can be made, and of those that depend on arguments") {
  const FilterStack filters{
      filter_of({kDenied,
                 {},
                 {rule({"read"}, kAllow), rule({"write"}, {Action::log, 0}), rule({"kill"}, kAllow, {kSeven})}})};

  const AbiSurface abi = surface_of(filters, native_arch());

  CHECK(abi.count_reachable() == 3);
  CHECK(abi.count_dependent() == 1);
}

TEST_CASE("an ABI that a filter does not know gets one verdict for everything") {
  const Arch other = native_arch() == Arch::riscv64 ? Arch::aarch64 : Arch::riscv64;

  CHECK(surface_of({filter_of({kDenied, {}, {}})}, other).everything == kKilled);
  CHECK(surface_of({}, other).everything == kAllow);
}

TEST_CASE("of stacked filters the strictest decides each call") {
  const FilterStack filters{filter_of({kAllow, {}, {rule({"read"}, kAbsent)}}),
                            filter_of({kDenied, {}, {rule({"read", "write"}, kAllow)}})};

  const AbiSurface abi = surface_of(filters, native_arch());

  CHECK(surface_on(abi, "read").verdicts == std::set{kAbsent});
  CHECK(surface_on(abi, "write").verdicts == std::set{kAllow});
  CHECK(surface_on(abi, "kill").verdicts == std::set{kDenied});
}

TEST_CASE("of two failures of one call that of the later filter counts") {
  const FilterStack filters{filter_of({kAllow, {}, {rule({"read"}, kAbsent)}}),
                            filter_of({kAllow, {}, {rule({"read"}, kDenied)}})};

  CHECK(surface_on(surface_of(filters, native_arch()), "read").verdicts == std::set{kAbsent});
}

TEST_CASE("the outcome of one call is that of its arguments") {
  const FilterStack filters{filter_of({kDenied, {}, {rule({"kill"}, kAllow, {kSeven})}})};
  const CallId kill{native_arch(), *syscall_number(native_arch(), "kill")};

  CHECK(outcome_of(filters, kill, {7}) == kAllow);
  CHECK(outcome_of(filters, kill, {8}) == kDenied);
}
