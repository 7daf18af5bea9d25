// SPDX-License-Identifier: Apache-2.0
#include "cli/container_watching.hpp"

#include <filesystem>

#include "cli/container_log.hpp"
#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "generator/formats/format.hpp"
#include "tracer/linux/background.hpp"
#include "tracer/linux/unwinder.hpp"

namespace snug::cli {
namespace {

Result<Done> watch(const tracer::AttachPlan& plan, const Profile& profile, tracer::Denied denied,
                   const std::string& log_path) {
  auto log = ContainerLog::open(log_path, {*plan.container, plan.launches, denied});
  if (!log) return log.error();
  tracer::Unwinder unwinder;
  tracer::VerifierOptions options = verifier_options(profile, denied, unwinder);
  options.seen_first = [&](const tracer::Denial& denial, const tracer::DenialEvidence& evidence) {
    log->add(denial, evidence);
  };
  tracer::Verifier verifier(std::move(options));
  tracer::Target target{.pid = plan.pid, .to = plan.to, .occasions = {}};
  target.occasions.attached = plan.when_attached;
  auto followed = tracer::follow_target(target, verifier);
  if (!followed) return followed.error();
  return log->finish({plan.launches, verifier.denials(), std::move(*followed)});
}

}  // namespace

Result<Done> watch_in_background(const tracer::AttachPlan& plan, tracer::Denied denied, const std::string& folder) {
  const std::string path = container_profile_path(folder, plan.container->id);
  const auto text = read_file(path);
  if (!text) return text.error();
  const auto profile = parse_any(*text, path, {});
  if (!profile) return profile.error();
  const std::string log = container_log_path(folder, plan.container->id);
  return tracer::run_in_background(log + ".log", [&](const std::function<void()>& ready) {
    tracer::AttachPlan attaching = plan;
    attaching.when_attached = [&](std::uint64_t, std::uint64_t) { ready(); };
    auto done = watch(attaching, *profile, denied, log);
    if (!done) complain(done.error());
    remove_if_empty(log + ".log");
    return done;
  });
}

}  // namespace snug::cli
