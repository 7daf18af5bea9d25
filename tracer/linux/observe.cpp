// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/observe.hpp"

#include <unistd.h>

#include <chrono>
#include <set>

#include "tracer/core/recorder.hpp"
#include "tracer/linux/environment.hpp"
#include "tracer/linux/privilege.hpp"
#include "tracer/linux/unwinder.hpp"
#include "tracer/linux/workload.hpp"

namespace snug::tracer {
namespace {

class Stopwatch {
 public:
  std::uint64_t elapsed_ms() const {
    const auto elapsed = std::chrono::steady_clock::now() - start_;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// One stop a call where the filter can be had without changing the workload and sees every call, else two. Asked
// for by name, the filter is worth no_new_privs, which an unprivileged tracer must set for it.
Workload plan(const ObserveOptions& options) {
  const bool filter_is_free = may_install_filter() && filters_available() && !runs_under_filter();
  const bool filtered =
      options.stops == StopChoice::seccomp || (options.stops == StopChoice::automatic && filter_is_free);
  return {.command = options.command,
          .mode = filtered ? StopMode::seccomp : StopMode::syscall,
          .filter = filtered ? trace_everything() : Filter{},
          .no_new_privileges = filtered && !may_install_filter(),
          .when_only_descendants_are_left = options.when_only_descendants_are_left};
}

TracerInfo describe_tracer(const ObserveOptions& options, const Workload& workload) {
  return {.version = options.tracer_version,
          .mode = workload.mode == StopMode::seccomp ? "seccomp" : "syscall",
          .privileged = is_privileged(),
          .no_new_privileges = workload.no_new_privileges};
}

std::vector<std::string> why_incomplete(const Workload& workload, const Followed& followed,
                                        const Recorder& recorder) {
  std::set<std::string> reasons(followed.incomplete_because.begin(), followed.incomplete_because.end());
  const auto unknown = recorder.incomplete_because();
  reasons.insert(unknown.begin(), unknown.end());
  if (workload.mode == StopMode::seccomp && runs_under_filter()) {
    reasons.insert(
        "snug itself ran under a seccomp filter, which hides the calls that it refuses from a filter of ours (use "
        "--stops=syscall)");
  }
  return {reasons.begin(), reasons.end()};
}

}  // namespace

Result<Observed> observe(const ObserveOptions& options) {
  const Stopwatch watch;
  const std::string started = timestamp();
  Unwinder unwinder;
  Recorder recorder([&] { return watch.elapsed_ms(); },
                    [&](pid_t tid) { return options.read_stacks ? unwinder.walk(tid) : Stack{}; });
  const Workload workload = plan(options);
  const auto followed = follow_workload(workload, recorder);
  if (!followed) return followed.error();

  Run run{.command = options.command,
          .started = started,
          .duration_ms = watch.elapsed_ms(),
          .exit = followed->exit,
          .host = this_host(),
          .tracer = describe_tracer(options, workload),
          .accounting = followed->accounting,
          .incomplete_because = why_incomplete(workload, *followed, recorder)};
  run.accounting.calls = recorder.calls();
  const RunId id = id_of(run, boot_id(), getpid());
  return Observed{.id = id, .recording = recorder.recording_of(id, run), .processes = followed->processes};
}

}  // namespace snug::tracer
