// SPDX-License-Identifier: Apache-2.0
#include "generator/core/capability_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "generator/core/capability_advice.hpp"
#include "snug/syscalls.hpp"

namespace snug {
namespace {

constexpr CapabilitySet only(unsigned capability) {
  return CapabilitySet{1} << capability;
}

bool is_needed(CapabilityUse use) {
  return use == CapabilityUse::used || use == CapabilityUse::declared || use == CapabilityUse::checked;
}

// Whether findings of that class come from needs.
bool is_of_need(CapabilityClass what) {
  return what < CapabilityClass::attempted;
}

CapabilityClass class_of(CapabilityUse use) {
  switch (use) {
    case CapabilityUse::used:
      return CapabilityClass::used;
    case CapabilityUse::declared:
      return CapabilityClass::declared;
    case CapabilityUse::checked:
      return CapabilityClass::checked;
    case CapabilityUse::attempted:
      return CapabilityClass::attempted;
    case CapabilityUse::probe:
      return CapabilityClass::probe;
    case CapabilityUse::opportunistic:
      return CapabilityClass::opportunistic;
  }
  return CapabilityClass::unused;
}

constexpr std::string_view kFirstPhase = "startup";

// Whether any run got beyond its start-up: only then does it mean something that a need did not.
bool has_later_phases(const Recording& recording) {
  for (const auto& [call, observations] : recording.syscalls)
    for (const auto& [where, observation] : observations)
      for (const auto& [phase, times] : observation.phases)
        if (phase != kFirstPhase) return true;
  return false;
}

bool is_startup_only(const CapabilityEvidences& evidences) {
  return std::ranges::all_of(evidences, [](const auto& entry) {
    const auto& phases = entry.second.phases;
    return phases.size() == 1 && phases.begin()->first == kFirstPhase;
  });
}

std::string call_name(const SyscallKey& call) {
  const auto name = syscall_name(call.arch, call.number);
  return name ? std::string(*name) : fmt::format("call {} of {}", call.number, name_of(call.arch));
}

// "/usr/sbin/nginx: bind, port 80/tcp, 2 times".
std::string line_of(const Recording& recording, const CapabilityKey& key, const ExecutableId& executable,
                    std::uint64_t count) {
  std::string line = fmt::format("{}: {}", recording.executables.at(executable).path, call_name(key.call));
  const bool is_check = key.use == CapabilityUse::checked || key.use == CapabilityUse::opportunistic;
  if (is_check) line += ", where the kernel asks";
  if (!key.on.empty()) line += fmt::format("{} {}", is_check ? " in" : ",", key.on);
  return count == 1 ? line : fmt::format("{}, {} times", line, count);
}

// Collects what stands in a recording about one capability after the other.
class Collector {
 public:
  Collector(const Recording& recording, CapabilitySet recommended)
      : recording_(recording), recommended_(recommended), has_later_phases_(has_later_phases(recording)) {}

  void add(const CapabilityKey& key, const CapabilityEvidences& evidences) {
    for (unsigned number = 0; number < kCapabilities; ++number) {
      // All of its sets with that one, of which one line is enough.
      CapabilitySet common = ~CapabilitySet{0};
      bool is_asked = false;
      for (const CapabilitySet any : key.need) {
        if (!has(any, number)) continue;
        is_asked = true;
        common &= any;
      }
      if (is_asked) add(number, common, key, evidences);
    }
  }

  std::vector<CapabilityFinding> findings() {
    std::vector<CapabilityFinding> all;
    for (auto& [number, collected] : collected_) {
      CapabilityFinding& finding = collected.finding;
      finding.number = number;
      finding.only_at_startup = has_later_phases_ && collected.only_at_startup;
      finding.alternatives &= ~only(number);
      all.push_back(std::move(finding));
    }
    return all;
  }

 private:
  struct Collected {
    CapabilityFinding finding;
    bool only_at_startup = true;

    Collected() { finding.alternatives = ~CapabilitySet{0}; }
  };

  void add(unsigned number, CapabilitySet any, const CapabilityKey& key, const CapabilityEvidences& evidences) {
    // Of what else would have done as well, nothing else is to be told.
    const bool is_chosen = has(recommended_, number);
    CapabilityClass what = class_of(key.use);
    if (is_needed(key.use) && !is_chosen) what = CapabilityClass::alternative;
    Collected& collected = collected_[number];
    CapabilityFinding& finding = collected.finding;
    const bool is_weaker = what > finding.what;
    if (is_weaker && !is_needed(key.use)) return;
    if (what < finding.what) {
      if (!is_of_need(finding.what)) collected = {};
      finding.what = what;
      finding.evidence.clear();
    }
    // These two hold of every need, not of the strongest alone.
    finding.alternatives &= any;
    collected.only_at_startup = collected.only_at_startup && is_startup_only(evidences);
    if (is_weaker) return;
    std::map<ExecutableId, std::uint64_t> counts;
    for (const auto& [where, evidence] : evidences) counts[where.second] += evidence.count;
    for (const auto& [executable, count] : counts)
      finding.evidence.push_back(line_of(recording_, key, executable, count));
  }

  const Recording& recording_;
  CapabilitySet recommended_;
  bool has_later_phases_;
  std::map<unsigned, Collected> collected_;
};

// What must be met. Where no program may gain privilege, some calls need none.
CapabilityNeed need_of(const Recording& recording, NewPrivileges new_privileges) {
  CapabilityNeed need;
  for (const auto& [key, evidences] : recording.capabilities) {
    const bool is_spared = new_privileges == NewPrivileges::none && key.on.ends_with(kForLackOfNoNewPrivileges);
    if (is_needed(key.use) && !is_spared) need.insert(key.need.begin(), key.need.end());
  }
  return need;
}

Result<Done> check_runs(const Recording& recording, IncompleteRuns incomplete) {
  constexpr std::string_view kWhat = "cannot tell which capabilities are needed";
  if (recording.runs.empty())
    return Error{ErrorCode::refused, std::string(kWhat), "the recording has no runs", "record the workload first"};
  for (const auto& [id, run] : recording.runs) {
    if (!run.privilege) {
      return Error{ErrorCode::refused, std::string(kWhat),
                   fmt::format("the run of '{}' was recorded without looking at that", fmt::join(run.command, " ")),
                   "record again with this version of snug, without --no-capabilities"};
    }
    if (!run.incomplete_because.empty() && incomplete == IncompleteRuns::refused) {
      return Error{ErrorCode::refused, std::string(kWhat),
                   fmt::format("the run of '{}' is incomplete: {}", fmt::join(run.command, " "),
                               fmt::join(run.incomplete_because, "; ")),
                   "record again, or accept that something may be missing with --allow-incomplete"};
    }
  }
  return Done{};
}

void add_privilege(const Run& run, CapabilityReport& report, std::set<std::string>& warnings) {
  const Privilege& privilege = *run.privilege;
  report.had |= privilege.permitted | privilege.bounding;
  report.as_root = report.as_root && privilege.uid == 0;
  report.gaining.insert(privilege.gains.begin(), privilege.gains.end());
  warnings.insert(privilege.unjudged_because.begin(), privilege.unjudged_because.end());
  warnings.insert(run.incomplete_because.begin(), run.incomplete_because.end());
  if (run.tracer.privileged || privilege.no_new_privileges) return;
  warnings.insert("a tracer without privilege keeps programs from gaining any: what they would need was not seen");
}

}  // namespace

std::string_view name_of(CapabilityClass what) {
  constexpr std::array<std::string_view, 12> kNames{"required",  "flaky",   "untried",       "used",
                                                    "declared",  "checked", "tolerated",     "alternative",
                                                    "attempted", "probe",   "opportunistic", "unused"};
  return kNames.at(static_cast<std::size_t>(what));
}

CapabilitySet least_set(const CapabilityNeed& need) {
  CapabilitySet chosen = 0;
  const auto is_met = [&](CapabilitySet any) { return (any & chosen) != 0; };
  const auto are_met = [&] { return std::ranges::all_of(need, is_met); };
  // First where there is no choice, which may meet other needs too.
  for (const CapabilitySet any : need)
    if ((any & (any - 1)) == 0) chosen |= any;
  for (const CapabilitySet any : need)
    if (!is_met(any)) chosen |= only(by_danger(any).back());
  // A choice may have made an earlier one needless.
  for (const unsigned number : by_danger(chosen)) {
    chosen &= ~only(number);
    if (!are_met()) chosen |= only(number);
  }
  return chosen;
}

Result<CapabilityReport> report_capabilities(const Recording& recording, IncompleteRuns incomplete) {
  if (const auto checked = check_runs(recording, incomplete); !checked) return checked.error();
  CapabilityReport report;
  std::set<std::string> warnings;
  for (const auto& [id, run] : recording.runs) add_privilege(run, report, warnings);
  report.new_privileges = report.gaining.empty() ? NewPrivileges::none : NewPrivileges::gained;
  report.recommended = least_set(need_of(recording, report.new_privileges));
  Collector collector(recording, report.recommended);
  for (const auto& [key, evidences] : recording.capabilities) collector.add(key, evidences);
  report.findings = collector.findings();
  report.runs = recording.runs.size();
  report.warnings.assign(warnings.begin(), warnings.end());
  return report;
}

CapabilitySet suspected_capabilities(const Recording& recording) {
  CapabilitySet set = 0;
  for (const CapabilitySet any : need_of(recording, NewPrivileges::unknown)) set |= any;
  return set;
}

bool works_in_user_namespace(unsigned capability) {
  // SYS_BOOT is for a pid namespace's reboot(2), CHECKPOINT_RESTORE for choosing pids in it.
  constexpr std::array<std::string_view, 20> kNames{
      "CHOWN",      "DAC_OVERRIDE", "DAC_READ_SEARCH",  "FOWNER",
      "FSETID",     "KILL",         "SETGID",           "SETUID",
      "SETPCAP",    "SETFCAP",      "NET_BIND_SERVICE", "NET_BROADCAST",
      "NET_RAW",    "NET_ADMIN",    "IPC_OWNER",        "SYS_CHROOT",
      "SYS_PTRACE", "SYS_ADMIN",    "SYS_BOOT",         "CHECKPOINT_RESTORE"};
  return std::ranges::any_of(kNames, [&](std::string_view name) { return capability_number(name) == capability; });
}

}  // namespace snug
