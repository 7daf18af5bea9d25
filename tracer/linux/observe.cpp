// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/observe.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <utility>

#include "tracer/core/capability_watcher.hpp"
#include "tracer/core/recorder.hpp"
#include "tracer/linux/check_listener.hpp"
#include "tracer/linux/checkpoints.hpp"
#include "tracer/linux/environment.hpp"
#include "tracer/linux/privilege.hpp"
#include "tracer/linux/proc.hpp"
#include "tracer/linux/task_view.hpp"
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

// Makes a recording of a run, once it is over or as far as it has come. The run is given with what is known before
// it begins.
class Observer {
 public:
  Observer(Run run, const ObserveOptions& options)
      : options_(options), run_(std::move(run)), checks_(listen_for_checks(options.listen_to_kernel)) {
    run_.started = timestamp();
    run_.host = this_host();
    id_ = id_of(run_, boot_id(), getpid());
  }

  Watcher& watcher() {
    if (options_.judge_capabilities) return capabilities_;
    return recorder_;
  }

  Result<Done> start_checkpoints() {
    if (options_.checkpoint_period.count() == 0) return Done{};
    return checkpoints_.start(options_.write_checkpoint);
  }

  // What happens meanwhile, whatever is observed.
  Occasions occasions() {
    Occasions occasions;
    occasions.checkpoint_period = options_.checkpoint_period;
    occasions.checkpoint = [this](const Session& session) { write_checkpoint(session); };
    occasions.phase_signo = options_.phase_signo;
    occasions.phase = [this] { recorder_.begin_phase("serving"); };
    return occasions;
  }

  Observed finish(Followed followed, const std::set<std::string>& more_doubts) const {
    followed.doubts.insert(more_doubts.begin(), more_doubts.end());
    if (followed.accounting.calls != recorder_.calls()) {
      followed.doubts.insert(
          fmt::format("{} calls were seen, but {} recorded", followed.accounting.calls, recorder_.calls()));
    }
    const Run::End end = followed.accounting.tasks_detached == 0              ? Run::End::last_task
                         : run_.begin == Run::Begin::attach || run_.container ? Run::End::detach
                                                                              : Run::End::command;
    return {.id = id_, .recording = recording_of(end, followed), .processes = followed.processes};
  }

 private:
  void write_checkpoint(const Session& session) {
    if (checkpoints_.are_busy()) return;
    Followed so_far{.exit = session.command_exit(),
                    .mode = session.mode(),
                    .accounting = session.accounting(),
                    .processes = session.processes(),
                    .doubts = session.doubts()};
    so_far.doubts.insert("this is a checkpoint, written while recording went on: what came after it is missing");
    checkpoints_.write(recording_of(Run::End::checkpoint, so_far));
  }

  Recording recording_of(Run::End end, const Followed& followed) const {
    std::set<std::string> doubts = followed.doubts;
    const auto unknown = recorder_.incomplete_because();
    doubts.insert(unknown.begin(), unknown.end());
    Run run = run_;
    run.duration_ms = watch_.elapsed_ms();
    run.end = end;
    run.exit = followed.exit;
    run.tracer.mode = followed.mode == StopMode::seccomp ? "seccomp" : "syscall";
    run.accounting = followed.accounting;
    run.incomplete_because = {doubts.begin(), doubts.end()};
    Recording recording = recorder_.recording_of(id_, run);
    if (options_.judge_capabilities) capabilities_.add_to(recording, id_);
    return recording;
  }

  const ObserveOptions& options_;
  Stopwatch watch_;
  Run run_;
  RunId id_;
  Unwinder unwinder_;
  Recorder recorder_{[this] { return watch_.elapsed_ms(); },
                     [this](pid_t tid) { return options_.read_stacks ? unwinder_.walk(tid) : Stack{}; },
                     options_.phase_signo == 0 ? AutomaticPhases::on : AutomaticPhases::off};
  TaskView view_;
  std::unique_ptr<CheckSource> checks_;
  CapabilityWatcher capabilities_{recorder_, view_, *checks_};
  Checkpoints checkpoints_;  // the last member: while it writes the others are there
};

// One stop a call where the filter can be had without changing the workload and sees every call, else two. Asked
// for by name, the filter is worth no_new_privs, which an unprivileged tracer must set for it. Whoever is to live
// on without us cannot have our filter, which would then fail its every call.
Workload workload_of(const LaunchPlan& plan) {
  const bool lives_on = plan.survives || plan.until_command;
  const bool filter_is_free = may_install_filter() && filters_available() && !runs_under_filter() && !lives_on;
  const bool filtered =
      plan.stops == StopChoice::seccomp || (plan.stops == StopChoice::automatic && filter_is_free);
  return {.command = plan.command,
          .mode = filtered ? StopMode::seccomp : StopMode::syscall,
          .filter = filtered ? trace_everything() : Filter{},
          .no_new_privileges = filtered && !may_install_filter(),
          .identity = {},
          .survives = plan.survives,
          .occasions = {}};
}

TracerInfo describe_tracer(const ObserveOptions& options, bool no_new_privileges) {
  return {.version = options.tracer_version,
          .mode = "",  // which shows when it is over
          .privileged = is_privileged(),
          .no_new_privileges = no_new_privileges};
}

}  // namespace

Result<Observed> observe(const LaunchPlan& plan, const ObserveOptions& options) {
  Workload workload = workload_of(plan);
  Run run;
  run.command = plan.command;
  run.tracer = describe_tracer(options, workload.no_new_privileges);
  Observer observer(run, options);
  if (const auto started = observer.start_checkpoints(); !started) return started.error();
  workload.occasions = observer.occasions();
  workload.occasions.command_ended = [&](std::uint64_t alive) {
    if (alive != 0) plan.when_only_descendants_are_left(alive);
    return plan.until_command ? Then::let_go : Then::go_on;
  };
  const auto followed = follow_workload(workload, observer.watcher());
  if (!followed) return followed.error();

  std::set<std::string> doubts;
  if (workload.mode == StopMode::seccomp && runs_under_filter()) {
    doubts.insert(
        "snug itself ran under a seccomp filter, which hides the calls that it refuses from a filter of ours (use "
        "--stops=syscall)");
  }
  return observer.finish(*followed, doubts);
}

Result<Observed> observe(const AttachPlan& plan, const ObserveOptions& options) {
  Run run;
  const bool runs_already = plan.to == Attaching::workload;
  run.command = runs_already ? command_line_of(plan.pid) : plan.launches;
  run.begin = runs_already ? Run::Begin::attach : Run::Begin::launch;
  run.container = plan.container;
  run.tracer = describe_tracer(options, false);
  Observer observer(run, options);
  if (const auto started = observer.start_checkpoints(); !started) return started.error();
  Target target{.pid = plan.pid, .duration = plan.duration, .to = plan.to, .occasions = observer.occasions()};
  target.occasions.attached = plan.when_attached;
  const auto followed = follow_target(target, observer.watcher());
  if (!followed) return followed.error();
  return observer.finish(*followed, {});
}

}  // namespace snug::tracer
