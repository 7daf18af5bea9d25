// SPDX-License-Identifier: Apache-2.0
#include "generator/core/allowing.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "generator/core/always_needed.hpp"
#include "generator/core/fallbacks.hpp"
#include "generator/core/portability.hpp"
#include "snug/subcalls.hpp"
#include "snug/syscalls.hpp"

namespace snug {

namespace {

constexpr std::uint32_t kLargestSubcall = 31;

bool exists_in(Arch arch, std::string_view name) {
  return syscall_number(arch, name).has_value();
}

bool exists_in_any(const std::vector<Arch>& archs, std::string_view name) {
  return std::ranges::any_of(archs, [&](Arch arch) { return exists_in(arch, name); });
}

bool is_subcall(std::string_view multiplexer, std::string_view name) {
  for (std::uint32_t number = 1; number <= kLargestSubcall; ++number)
    if (subcall_name(multiplexer, number) == name) return true;
  return false;
}

class Allowing {
 public:
  explicit Allowing(const Needs& needs) : needs_(needs) {}

  Entries decide() {
    for (const auto& [name, seen] : needs_.evidence.named)
      if (!is_always_absent(seen)) add(name, Origin::observed);
    for (const std::string_view name : kAlwaysNeeded) add(name, Origin::always);
    if (needs_.has_threads)
      for (const std::string_view name : kNeededByThreads) add(name, Origin::always);
    for (const std::string& name : needs_.runtime_calls) add(name, Origin::floor);
    predict();
    if (needs_.portability.siblings) add_siblings();
    if (needs_.portability.clocks)
      for (const std::string_view name : clock_calls()) add(name, Origin::clock);
    return std::move(entries_);
  }

 private:
  void add(std::string_view name, Origin origin) {
    if (exists_in_any(needs_.recorded, name) || exists_in_any(needs_.further, name))
      entries_[std::string(name)].origins.insert(origin);
  }

  bool is_usable_where_recorded(std::string_view name) const {
    return std::ranges::any_of(needs_.recorded,
                               [&](Arch arch) { return exists_in(arch, name) && !is_obsolete(arch, name); });
  }

  // What was seen fail as if it did not exist need not be there elsewhere either; libraries do without the calls
  // that they fall back from.
  bool is_worth_adding(std::string_view name) const {
    const auto seen = needs_.evidence.named.find(std::string(name));
    if (seen != needs_.evidence.named.end() && is_always_absent(seen->second)) return false;
    return !has_fallback(name);
  }

  void add_siblings() {
    for (const auto& [name, seen] : needs_.evidence.named) {
      if (is_always_absent(seen)) continue;
      for (const std::string_view sibling : siblings_of(name)) {
        if (!is_worth_adding(sibling) || !is_usable_where_recorded(sibling)) continue;
        add(sibling, Origin::sibling);
        entries_[std::string(sibling)].siblings.insert(name);
      }
    }
  }

  void predict() {
    const Entries recorded = entries_;
    for (const Arch arch : needs_.further) {
      for (const auto& [name, entry] : recorded) predict(arch, name, entry);
      for (const std::string_view name : own_calls_of(arch)) note_prediction(arch, name, {});
    }
  }

  // The call by the names that the ABI has for it. Of what was seen, all that a library there might use: that one
  // name exists does not make it the one that is used.
  void predict(Arch arch, const std::string& name, const Entry& entry) {
    if (exists_in(arch, name)) note_prediction(arch, name, {});
    if (exists_in(arch, name) && !entry.origins.contains(Origin::observed)) return;
    for (const std::string_view substitute : substitutes_in(arch, name)) note_prediction(arch, substitute, name);
    for (const std::string_view multiplexer : {"socketcall", "ipc"})
      if (exists_in(arch, multiplexer) && is_subcall(multiplexer, name)) note_prediction(arch, multiplexer, name);
  }

  // Siblings that the ABI has; those with a fallback only where they are all there is.
  static std::vector<std::string_view> substitutes_in(Arch arch, const std::string& name) {
    std::vector<std::string_view> substitutes;
    for (const std::string_view sibling : siblings_of(name))
      if (exists_in(arch, sibling) && !is_obsolete(arch, sibling)) substitutes.push_back(sibling);
    const auto is_spared = [&](std::string_view each) {
      return has_fallback(each) && !has_no_fallback_on(arch, each);
    };
    if (exists_in(arch, name) || !std::ranges::all_of(substitutes, is_spared))
      std::erase_if(substitutes, is_spared);
    return substitutes;
  }

  void note_prediction(Arch arch, std::string_view name, const std::string& substituted) {
    Entry& entry = entries_[std::string(name)];
    entry.origins.insert(Origin::predicted);
    entry.predicted.insert(arch);
    if (!substituted.empty()) entry.siblings.insert(substituted);
  }

  const Needs& needs_;
  Entries entries_;
};

}  // namespace

std::string_view name_of(Origin origin) {
  switch (origin) {
    case Origin::observed:
      return "observed";
    case Origin::always:
      return "always";
    case Origin::floor:
      return "floor";
    case Origin::clock:
      return "clock";
    case Origin::sibling:
      return "sibling";
    case Origin::predicted:
      return "predicted";
  }
  return "observed";
}

Entries allowed_calls(const Needs& needs) {
  return Allowing(needs).decide();
}

}  // namespace snug
