// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/kernel_checks.hpp"

#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "tracer/core/check_sites.hpp"
#include "tracer/linux/event_obstacles.hpp"

namespace snug::tracer {
namespace {

// Frames as deep as sites were found, and some more. A sample of 12 is 168 bytes long, and one of 8 136.
constexpr std::uint16_t kFramesOfOthers = 12;
constexpr std::uint16_t kFramesOfAdmin = 8;

// Up to so many tasks at once have rings of 8 and 16 pages, which is room for 195 checks and 481 of CAP_SYS_ADMIN;
// the kernel's memory for these is 52 MiB. Further tasks have a quarter each.
constexpr std::size_t kRoomyTasks = 512;

constexpr const char* kWhat = "cannot hear the kernel's capability checks";

bool has_the_fields(const Tracepoint& tracepoint) {
  constexpr std::array kNames{"cap", "ret", "target_ns"};
  return std::all_of(kNames.begin(), kNames.end(),
                     [&](const char* name) { return tracepoint.fields.contains(name); });
}

Error changed_tracepoint() {
  return {ErrorCode::unsupported, kWhat, "this kernel's tracepoint capability/cap_capable has other fields",
          "use a newer snug"};
}

Error silent_tracepoint() {
  return {ErrorCode::unsupported, kWhat, "the kernel told of no check where it always makes one", ""};
}

// An allocation that the kernel accounts for, before which it asks whether we are the first user namespace's
// administrator.
void allocate_a_page() {
  constexpr std::size_t kSize = 4096;
  void* const page = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED) munmap(page, kSize);
}

}  // namespace

Result<KernelChecks> KernelChecks::open(AskAboutAdmin admin) {
  auto tracepoint = find_tracepoint("capability/cap_capable");
  if (!tracepoint) return tracepoint.error();
  if (!has_the_fields(*tracepoint)) return changed_tracepoint();
  auto symbols = KernelSymbols::read();
  if (!symbols) return symbols.error();
  KernelChecks checks(std::move(*tracepoint), std::move(*symbols), admin);
  const auto found = checks.find_first_namespace();
  if (!found) return found.error();
  return checks;
}

KernelChecks::KernelChecks(Tracepoint tracepoint, KernelSymbols symbols, AskAboutAdmin admin)
    : tracepoint_(std::move(tracepoint)), symbols_(std::move(symbols)), admin_(admin) {}

// Its address is among the symbols of few kernels.
Result<Done> KernelChecks::find_first_namespace() {
  auto opened = open_event(0, true);
  if (const auto* const failure = std::get_if<EventFailure>(&opened)) {
    return explain_event_failure(*failure, find_event_obstacles());
  }
  allocate_a_page();
  std::get<TaskEvent>(opened).drain([&](const EventSample& sample) {
    const CapabilityCheck check = check_of(sample);
    if (check.site.ends_with("vm_enough_memory") || check.site == "security_vm_enough_memory_mm") {
      first_namespace_ = check.target_namespace;
    }
  });
  if (first_namespace_ == 0) return silent_tracepoint();
  return Done{};
}

std::variant<TaskEvent, EventFailure> KernelChecks::open_event(pid_t tid, bool is_admin) const {
  const unsigned share = watched_.size() <= kRoomyTasks ? 1 : 4;
  return TaskEvent::open(tid, {.tracepoint = tracepoint_.id,
                               .filter = is_admin ? "cap == 21" : "cap != 21",
                               .frames = is_admin ? kFramesOfAdmin : kFramesOfOthers,
                               .pages = (is_admin ? 16U : 8U) / share});
}

void KernelChecks::watch(pid_t tid) {
  Watched& watched = watched_[tid];
  if (watched.others) return;
  if (!open_events(tid, watched) && watched.drained.empty()) watched_.erase(tid);
}

// Both or none.
bool KernelChecks::open_events(pid_t tid, Watched& watched) {
  for (const bool is_admin : {false, true}) {
    if (is_admin && admin_ == AskAboutAdmin::no) continue;
    auto opened = open_event(tid, is_admin);
    if (auto* const event = std::get_if<TaskEvent>(&opened)) {
      (is_admin ? watched.admin : watched.others).emplace(std::move(*event));
      continue;
    }
    give_up(watched);
    const auto& failure = std::get<EventFailure>(opened);
    if (failure.errno_value == ESRCH) return false;
    ++unwatched_;
    if (!first_failure_) first_failure_ = explain_event_failure(failure, find_event_obstacles());
    return false;
  }
  return true;
}

void KernelChecks::renew(pid_t tid, pid_t former_tid) {
  if (former_tid != tid) move(former_tid, tid);
  const auto found = watched_.find(tid);
  if (found != watched_.end() && found->second.others && found->second.others->has_ended()) give_up(found->second);
  watch(tid);
}

// What the former owner of the number was asked is kept.
void KernelChecks::move(pid_t from, pid_t to) {
  auto kept = drain(to);
  forget(to);
  auto moved = watched_.extract(from);
  if (!moved.empty()) {
    moved.key() = to;
    watched_.insert(std::move(moved));
  }
  if (kept.empty()) return;
  auto& drained = watched_[to].drained;
  drained.insert(drained.begin(), kept.begin(), kept.end());
}

std::vector<CapabilityCheck> KernelChecks::drain(pid_t tid) {
  const auto found = watched_.find(tid);
  if (found == watched_.end()) return {};
  collect(found->second);
  return std::exchange(found->second.drained, {});
}

void KernelChecks::forget(pid_t tid) {
  const auto found = watched_.find(tid);
  if (found == watched_.end()) return;
  give_up(found->second);
  watched_.erase(found);
}

LostChecks KernelChecks::lost() const {
  LostChecks all = lost_;
  for (const auto& [tid, watched] : watched_) {
    if (watched.others) all.of_others += watched.others->lost();
    if (watched.admin) all.of_admin += watched.admin->lost();
  }
  return all;
}

void KernelChecks::collect(Watched& watched) {
  const auto take = [&](const EventSample& sample) { watched.drained.push_back(check_of(sample)); };
  if (watched.others) watched.others->drain(take);
  if (watched.admin) watched.admin->drain(take);
}

void KernelChecks::give_up(Watched& watched) {
  collect(watched);
  if (watched.others) lost_.of_others += watched.others->lost();
  if (watched.admin) lost_.of_admin += watched.admin->lost();
  watched.others.reset();
  watched.admin.reset();
}

CapabilityCheck KernelChecks::check_of(const EventSample& sample) {
  const auto value = [&](const char* field) {
    return value_of(tracepoint_.fields.find(field)->second, sample.data).value_or(-1);
  };
  const auto target = static_cast<std::uint64_t>(value("target_ns"));
  return {.capability = static_cast<unsigned>(value("cap")),
          .granted = value("ret") == 0,
          .in_first_namespace = target == first_namespace_,
          .target_namespace = target,
          .site = site_of(sample.chain)};
}

// The addresses are those to return to, which may be just behind a function that calls another at its very end.
std::string KernelChecks::site_of(std::span<const std::uint64_t> chain) {
  for (const std::uint64_t address : chain) {
    if (address >= static_cast<std::uint64_t>(PERF_CONTEXT_MAX)) continue;
    const std::string_view function = source_name(symbols_.name_of(address - 1));
    if (!asks_for_others(function)) return std::string(function);
  }
  return {};
}

}  // namespace snug::tracer
