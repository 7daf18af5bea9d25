// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/capability_watcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "snug/syscalls.hpp"
#include "tracer/core/check_sites.hpp"

namespace snug::tracer {
namespace {

// So many different files, ports and so on are told of one executable and call.
constexpr std::size_t kPlacesKept = 16;

constexpr std::string_view kExec = "exec";

bool is_denial(const SyscallReturned& outcome) {
  return outcome.failed && (outcome.result == -EPERM || outcome.result == -EACCES);
}

bool is_exec(const Call& call) {
  return syscall_name(call.arch, call.number).value_or("").starts_with(kExec);
}

CapabilityNeed one_by_one(CapabilitySet set) {
  CapabilityNeed need;
  for (unsigned number = 0; number < kCapabilities; ++number)
    if (has(set, number)) need.insert(CapabilitySet{1} << number);
  return need;
}

}  // namespace

void CapabilityWatcher::begun(pid_t tid) {
  pending_.erase(tid);
  views_.forget(tid);
  kernel_.watch(tid);
}

void CapabilityWatcher::ended(pid_t tid) {
  pending_.erase(tid);
  views_.forget(tid);
  kernel_.forget(tid);
}

void CapabilityWatcher::moved(pid_t from, pid_t to) {
  auto pending = pending_.extract(from);
  pending_.erase(to);
  views_.forget(to);
  kernel_.renew(to, from);
  if (pending.empty()) return;
  pending.key() = to;
  pending_.insert(std::move(pending));
}

void CapabilityWatcher::note_start(const Credentials& own) {
  home_ = own.user_namespace;
  constexpr std::uint64_t kFirstNamespace = 0xeffffffd;  // PROC_USER_INIT_INO
  privilege_ = Privilege{.uid = own.uid.effective,
                         .gid = own.gid.effective,
                         .bounding = own.bounding,
                         .permitted = own.permitted,
                         .effective = own.effective,
                         .ambient = own.ambient,
                         .no_new_privileges = own.no_new_privileges,
                         .in_first_namespace = own.user_namespace == kFirstNamespace,
                         .gains = {},
                         .unjudged_because = {},
                         .no_kernel_evidence = {}};
}

// Whether any rule has something to say of this call, as far as is plain without looking at the task.
bool CapabilityWatcher::concerns(std::span<const CapabilityRule> rules, const Call& call) const {
  return std::ranges::any_of(rules, [&](const CapabilityRule& rule) {
    return rule.only_for == OnlyFor::any || tracked_.contains(static_cast<int>(call.arguments[0]));
  });
}

// A task that has none of what a rule is about can succeed by other means only.
bool CapabilityWatcher::applies(const CapabilityRule& rule, const Call& call, const Credentials& own) const {
  if (rule.only_for == OnlyFor::tracked && !tracked_.contains(static_cast<int>(call.arguments[0]))) return false;
  if (rule.relevant == 0 || rule.reaches_out) return true;
  return own.user_namespace == home_ && (rule.relevant & own.effective) != 0;
}

void CapabilityWatcher::judge(const Call& call, Surroundings& around, Pending& pending) const {
  const Credentials& own = around.own();
  for (const CapabilityRule& rule : capability_rules(call.arch, call.number)) {
    if (!pending.is_judged && !applies(rule, call, own)) continue;
    if (own.user_namespace != home_ && rule.reaches_out) {
      Judgement outside;
      rule.judge(call, around, outside);
      pending.reaching_out.insert(outside.need.begin(), outside.need.end());
      pending.judgement.on = outside.on;
    } else {
      rule.judge(call, around, pending.judgement);
    }
  }
}

Decision CapabilityWatcher::entered(const Caller& caller, const Call& call, std::uint16_t filter_data) {
  Decision decision = recorder_.entered(caller, call, filter_data);
  kernel_.watch(caller.tid);
  kernel_.drain(caller.tid);  // page faults and signals since its last call: nothing that it asked for
  if (caller.launching) return decision;
  if (!privilege_) note_start(views_.of(caller.tid).own());
  if (!has_capability_rules(call.arch)) note_unjudged(caller, call);
  const auto rules = capability_rules(call.arch, call.number);
  if (!kernel_.is_listening() && !concerns(rules, call)) return decision;

  Surroundings& around = views_.of(caller.tid);
  Pending pending;
  pending.recorder_asked = decision.watch_outcome;
  pending.is_exec = is_exec(call);
  judge(call, around, pending);
  const bool matters = !pending.judgement.need.empty() || pending.judgement.declared != 0 ||
                       pending.judgement.tracks_result || pending.judgement.serves_files ||
                       !pending.reaching_out.empty() || pending.is_exec || kernel_.is_listening();
  if (matters || decision.watch_outcome) {
    pending.before = around.own();
    pending_.insert_or_assign(caller.tid, std::move(pending));
  }
  const auto changes_view = [](const CapabilityRule& rule) { return rule.changes_view; };
  if (std::ranges::any_of(rules, changes_view)) views_.forget(caller.tid);
  decision.watch_outcome |= matters;
  return decision;
}

void CapabilityWatcher::note_unjudged(const Caller& caller, const Call& call) {
  std::string reason = fmt::format("calls of {} by a task with capabilities are not judged", name_of(call.arch));
  if (unjudged_.contains(reason) || views_.of(caller.tid).own().effective == 0) return;
  unjudged_.insert(std::move(reason));
}

void CapabilityWatcher::returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) {
  auto pending = pending_.extract(caller.tid);
  if (pending.empty() || pending.mapped().recorder_asked) recorder_.returned(caller, call, outcome);
  if (!pending.empty()) conclude(caller, call, outcome, pending.mapped());
}

void CapabilityWatcher::conclude(const Caller& caller, const Call& call, const SyscallReturned& outcome,
                                 Pending& pending) {
  const auto checks = kernel_.drain(caller.tid);
  const CapabilitySet had = pending.before.effective;
  Judgement& judgement = pending.judgement;
  CapabilityUse use = CapabilityUse::used;
  if (!outcome.failed) {
    if (judgement.serves_files) {
      views_.avoid_files();
      unjudged_.insert(
          "files are not looked at once a task serves a file system (/dev/fuse), which would wait for it");
    }
    if (judgement.tracks_result) tracked_.insert(static_cast<int>(outcome.result));
    if (pending.is_exec) note_gain(caller.tid, pending.before);
    // Where it has none of them, its success shows that it did not need them.
    std::erase_if(judgement.need, [&](CapabilitySet any) { return (any & had) == 0; });
    judgement.need.insert(pending.reaching_out.begin(), pending.reaching_out.end());
    keep(caller, call, CapabilityUse::declared, one_by_one(judgement.declared), judgement.on);
  } else if (is_denial(outcome)) {
    use = CapabilityUse::attempted;
    judgement.need = lacking(caller, call, pending);
  } else {
    // Ways to files that are not there are tried all the time.
    constexpr CapabilitySet kWays = set_of({kDacOverride, kDacReadSearch});
    use = CapabilityUse::probe;
    std::erase_if(judgement.need, [&](CapabilitySet any) { return (any & had) == 0 || (any & ~kWays) == 0; });
  }
  const CapabilitySet granted = granted_of(checks);
  const auto is_granted = [&](CapabilitySet any) { return (any & granted) != 0; };
  keep(caller, call, use, judgement.need, judgement.on, std::ranges::all_of(judgement.need, is_granted));
  keep_unexplained(caller, call, outcome, checks, judgement.need);
}

// What a call that was refused would have needed and did not have. Its failure has changed nothing, so that it can
// still be judged.
CapabilityNeed CapabilityWatcher::lacking(const Caller& caller, const Call& call, Pending& pending) {
  if (pending.before.user_namespace != home_) return {};
  pending.is_judged = true;
  pending.judgement = {};
  judge(call, views_.of(caller.tid), pending);
  const CapabilitySet unbound = pending.judgement.declared & ~pending.before.bounding;
  if (unbound != 0) return one_by_one(unbound);
  CapabilityNeed need = pending.judgement.need;
  std::erase_if(need, [&](CapabilitySet any) { return (any & pending.before.effective) != 0; });
  return need;
}

namespace {

bool is_about_workload(const CapabilityCheck& check) {
  return check.in_first_namespace && check.capability < kCapabilities &&
         meaning_of(check.site, check.capability) != CheckMeaning::observer;
}

}  // namespace

CapabilitySet CapabilityWatcher::granted_of(const std::vector<CapabilityCheck>& checks) const {
  CapabilitySet granted = 0;
  for (const CapabilityCheck& check : checks)
    if (check.granted && is_about_workload(check)) granted |= CapabilitySet{1} << check.capability;
  return granted;
}

// What the kernel asked for that no rule has an explanation for.
void CapabilityWatcher::keep_unexplained(const Caller& caller, const Call& call, const SyscallReturned& outcome,
                                         const std::vector<CapabilityCheck>& checks,
                                         const CapabilityNeed& explained) {
  std::set<std::pair<unsigned, std::string>> told;
  for (const CapabilityCheck& check : checks) {
    if (!is_about_workload(check)) continue;
    const CapabilitySet one = CapabilitySet{1} << check.capability;
    // Who may do everything with files may read them.
    const CapabilitySet does = check.capability == kDacReadSearch ? one | set_of({kDacOverride}) : one;
    const auto has_it = [&](CapabilitySet any) { return (any & does) != 0; };
    if (std::ranges::any_of(explained, has_it) || !told.emplace(check.capability, check.site).second) continue;
    const bool matters = meaning_of(check.site, check.capability) == CheckMeaning::need;
    if (check.granted && !outcome.failed) {
      keep(caller, call, matters ? CapabilityUse::checked : CapabilityUse::opportunistic, {one}, check.site, true);
    } else if (!check.granted && matters && is_denial(outcome) && explained.empty()) {
      keep(caller, call, CapabilityUse::attempted, {one}, check.site, true);
    }
  }
}

void CapabilityWatcher::note_gain(pid_t tid, const Credentials& before) {
  Surroundings& around = views_.of(tid);
  const Credentials& own = around.own();
  const bool gains = (own.permitted & ~before.permitted) != 0 || own.uid.effective != before.uid.effective ||
                     own.gid.effective != before.gid.effective;
  if (gains && before.user_namespace == home_) privilege_->gains.insert(around.program());
}

void CapabilityWatcher::keep(const Caller& caller, const Call& call, CapabilityUse use, CapabilityNeed need,
                             const std::string& on, bool is_confirmed) {
  if (need.empty()) return;
  Key key{caller.executable, {{call.arch, call.number}, use, std::move(need), ""}};
  std::size_t& places = places_[key];
  key.need.on = on;
  if (!needs_.contains(key) && places >= kPlacesKept) key.need.on.clear();
  const auto [place, is_new] = needs_.try_emplace(std::move(key));
  if (is_new) {
    ++places;
    place->second.first = recorder_.now(caller.tid);
  }
  ++place->second.count;
  if (is_confirmed) ++place->second.confirmed;
  ++place->second.phases[recorder_.phase()];
}

void CapabilityWatcher::add_to(Recording& recording, const RunId& id) const {
  std::optional<Privilege> privilege = privilege_;
  if (privilege) {
    privilege->unjudged_because = {unjudged_.begin(), unjudged_.end()};
    privilege->no_kernel_evidence = kernel_.is_listening() && !privilege->in_first_namespace
                                        ? "the workload is not in the machine's first user namespace"
                                        : kernel_.incomplete_because();
  }
  recording.runs.at(id).privilege = privilege;
  for (const auto& [key, evidence] : needs_)
    recording.capabilities[key.need].emplace(std::pair{id, snug::id_of(key.executable)}, evidence);
}

}  // namespace snug::tracer
