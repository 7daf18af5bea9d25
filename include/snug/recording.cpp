// SPDX-License-Identifier: Apache-2.0
#include "snug/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace snug {
namespace {

// FNV-1a, 64 bits: ids must be equal for equal content everywhere, not secret. Fields are told apart by a zero
// byte.
class Fingerprint {
 public:
  Fingerprint& operator<<(std::string_view field) {
    for (const char byte : field) add(static_cast<unsigned char>(byte));
    add(0);
    return *this;
  }

  std::string id(char kind) const { return fmt::format("{}-{:016x}", kind, value_); }

 private:
  void add(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }

  std::uint64_t value_ = 0xcbf29ce484222325U;
};

// The union of two maps. Two values of one key are two reports of the same fact; the greater one, which saw more,
// is right. Any total order would do to make the union commutative, associative and idempotent.
template <typename Map>
void unite(Map& into, const Map& from) {
  for (const auto& [key, value] : from) {
    const auto [place, is_new] = into.try_emplace(key, value);
    if (!is_new) place->second = std::max(place->second, value);
  }
}

}  // namespace

RunId id_of(const Run& run, std::string_view boot_id, std::int32_t tracer_pid) {
  Fingerprint fingerprint;
  for (const std::string& word : run.command) fingerprint << word;
  fingerprint << run.started << run.host.kernel << boot_id << std::to_string(tracer_pid);
  return fingerprint.id('r');
}

ExecutableId id_of(const Executable& executable) {
  return (Fingerprint{} << executable.path << executable.build_id).id('x');
}

std::string_view name_of(Run::Begin begin) {
  switch (begin) {
    case Run::Begin::launch:
      return "launch";
    case Run::Begin::attach:
      return "attach";
  }
  return {};
}

std::string_view name_of(Run::End end) {
  switch (end) {
    case Run::End::checkpoint:
      return "checkpoint";
    case Run::End::last_task:
      return "last task";
    case Run::End::command:
      return "command";
    case Run::End::detach:
      return "detach";
  }
  return {};
}

std::string_view name_of(CapabilityUse use) {
  switch (use) {
    case CapabilityUse::used:
      return "used";
    case CapabilityUse::declared:
      return "declared";
    case CapabilityUse::checked:
      return "checked";
    case CapabilityUse::attempted:
      return "attempted";
    case CapabilityUse::probe:
      return "probe";
    case CapabilityUse::opportunistic:
      return "opportunistic";
  }
  return {};
}

Recording merge(Recording into, const Recording& from) {
  unite(into.runs, from.runs);
  unite(into.executables, from.executables);
  for (const auto& [key, observations] : from.syscalls) unite(into.syscalls[key], observations);
  for (const auto& [key, evidences] : from.capabilities) unite(into.capabilities[key], evidences);
  return into;
}

std::vector<std::string> incomplete_because(const Recording& recording) {
  std::set<std::string> reasons;
  for (const auto& [id, run] : recording.runs) {
    reasons.insert(run.incomplete_because.begin(), run.incomplete_because.end());
  }
  return {reasons.begin(), reasons.end()};
}

std::uint64_t total_count(const Observations& observations) {
  std::uint64_t total = 0;
  for (const auto& [where, observation] : observations) total += observation.count;
  return total;
}

}  // namespace snug
