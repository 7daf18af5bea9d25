// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "snug/profile.hpp"

namespace snug {

using Arguments = std::array<std::uint64_t, 6>;

// A call of one ABI; x32's numbers are without kX32SyscallBit.
using CallId = std::pair<Arch, std::uint32_t>;

// The call that `call` is, as libseccomp tells ABIs apart: every number from x32's bit upwards is an x32 call.
CallId identity_of(const seccomp_data& call);

// The call as a filter sees it.
seccomp_data call_of(CallId id, const Arguments& arguments);

// Whether the ABI's filters look at the lower 32 bits of registers only. x32's do, although its registers are
// wider.
bool has_32_bit_arguments(Arch arch);

// Whether the condition holds for a call of that ABI with these arguments.
bool holds(const Condition& condition, const Arguments& arguments, Arch arch);

// What a profile means for every call, read straight from its rules and independently of the filter that libseccomp
// makes of them:
//   - A call of an ABI that is neither listed nor the host's own kills the thread. The number -1, by which a tracer
//     cancels a call, gets the default verdict.
//   - Rules that repeat the default verdict say nothing. Of the others, an unconditional one wins over those with
//     conditions, and the first of several wins.
//   - All conditions of a rule must hold, unless it names an argument twice: then one of them is enough.
//   - Conditions compare 64 bits, and the lower 32 on ABIs whose arguments have no more.
//   - Where socket and System V IPC calls go through one multiplexer, a rule for one of them holds for its share of
//     the multiplexer, unless a rule names that as a whole. What such a rule says of argument 0 is then void, since
//     that tells the share; its other conditions meet the multiplexer's own arguments.
class Meaning {
 public:
  // `profile` must outlive it. `unknown` are calls that the library which builds the filter does not know, so that
  // rules for them do nothing.
  explicit Meaning(const Profile& profile, std::set<CallId> unknown = {});

  Verdict decide(CallId id, const Arguments& arguments) const;
  Verdict decide(const seccomp_data& call) const;

  // The rules that say something about a call of that ABI, and depend on its arguments.
  std::vector<const Rule*> conditional_rules(CallId id) const;

 private:
  using Rules = std::vector<const Rule*>;

  const Rules& rules_for(std::string_view name) const;
  bool covers(Arch arch) const;

  const Profile& profile_;
  std::set<CallId> unknown_;
  std::map<std::string_view, Rules> rules_;  // without those that repeat the default verdict
};

// What `profile` means for one call.
Verdict decide(const Profile& profile, CallId id, const Arguments& arguments);

}  // namespace snug
