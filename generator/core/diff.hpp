// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generator/core/meaning.hpp"
#include "snug/profile.hpp"

// What one profile lets through and another does not. Only the meaning counts, not order, grouping or names.
namespace snug {

enum class Change : std::uint8_t {
  added,      // was allowed with no arguments, and is with some
  loosened,   // is allowed with more arguments
  shifted,    // is allowed with arguments that were not, and not with some that were
  tightened,  // is allowed with fewer arguments
  removed,    // was allowed with some arguments, and is with none
  answered,   // what is not allowed fails otherwise, or what is allowed is logged, or no longer
};

// The change's name in our files, e.g. "added".
std::string_view name_of(Change change);

// Whether something is allowed that was not.
bool allows_more(Change change);

// A call with arguments that the two profiles decide differently.
struct Witness {
  CallId call;
  Arguments arguments{};
  Verdict before;
  Verdict after;

  auto operator<=>(const Witness&) const = default;
};

// What became of one call.
struct CallChange {
  std::string name;
  Change change = Change::answered;
  std::vector<Arch> archs;  // the ABIs where that is so
  Witness witness;          // of what is allowed now, if more is; else of what no longer is, or fails otherwise

  bool operator==(const CallChange&) const = default;
};

// An ABI whose calls only one of the profiles lets through; the other kills for every one of them.
struct ArchChange {
  Arch arch = Arch::unknown;
  bool is_added = false;
  std::size_t allowed = 0;  // calls of it that are, or were, allowed
  Witness witness;

  bool operator==(const ArchChange&) const = default;
};

struct ProfileDiff {
  std::vector<CallChange> calls;  // by name; without calls that merely follow the default verdict
  std::vector<ArchChange> archs;
  std::optional<Witness> unnamed;  // what the default verdict does to calls that no table names, where it changed

  bool empty() const { return calls.empty() && archs.empty() && !unnamed; }
  bool operator==(const ProfileDiff&) const = default;
};

// Empty exactly when both decide alike on every call that was tried: every call of every ABI, at the arguments
// where a rule of either profile changes its mind (telling_arguments()).
ProfileDiff diff(const Profile& before, const Profile& after);

}  // namespace snug
