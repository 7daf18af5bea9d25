// SPDX-License-Identifier: Apache-2.0
#include "cli/capability_trial.hpp"

#include <fmt/format.h>

#include <functional>
#include <sstream>

#include "cli/trial.hpp"
#include "generator/formats/bpf.hpp"
#include "snug/profile.hpp"
#include "tracer/linux/untraced.hpp"
#include "tracer/linux/workload.hpp"

namespace snug::cli {
namespace {

std::string pack(const tracer::State& state) {
  return fmt::format("{} {} {} {}", state.bounding, state.effective, state.ambient, state.what);
}

tracer::State unpack(const std::string& text) {
  std::istringstream words(text);
  tracer::State state;
  words >> state.bounding >> state.effective >> state.ambient;
  words.get();
  std::getline(words, state.what, '\0');
  return state;
}

// A filter that stops what the watcher has to see, and nothing else.
Result<tracer::Filter> watching_filter() {
  Profile profile;
  profile.default_verdict = {Action::allow, 0};
  profile.rules.push_back(
      {.names = tracer::watched_for_state(), .verdict = {Action::fail, 1}, .conditions = {}, .comment = ""});
  return compile(profile, Denials::traced);
}

Result<CapabilityTrial> trial_of(const tracer::ApartOptions& options,
                                 const std::function<Result<tracer::Texts>()>& follow) {
  const auto ran = tracer::run_apart(options, follow);
  if (!ran) return ran.error();
  if (ran->too_slow)
    return CapabilityTrial{false, fmt::format("still running after {} s", options.limit.count() / 1000), {}};
  CapabilityTrial trial{ran->texts.at(0) == "exit status 0", ran->texts.at(0), {}};
  for (std::size_t i = 1; i < ran->texts.size(); ++i) trial.states.insert(unpack(ran->texts[i]));
  return trial;
}

}  // namespace

Result<CapabilityTrial> try_with(CapabilitySet capabilities, const std::vector<std::string>& command,
                                 const tracer::ApartOptions& options, bool no_new_privileges) {
  const auto filter = watching_filter();
  if (!filter) return filter.error();
  tracer::Workload workload;
  workload.command = command;
  workload.filter = *filter;
  workload.identity.capabilities = capabilities;
  workload.no_new_privileges = no_new_privileges;
  return trial_of(options, [&]() -> Result<tracer::Texts> {
    tracer::StateWatcher watcher;
    const auto followed = tracer::follow_workload(workload, watcher);
    if (!followed) return followed.error();
    tracer::Texts texts{ending_of(followed->exit)};
    for (const tracer::State& state : watcher.states()) texts.push_back(pack(state));
    return texts;
  });
}

Result<CapabilityTrial> try_in_container(const std::string& engine, CapabilitySet capabilities,
                                         const std::vector<std::string>& command,
                                         const tracer::ApartOptions& options) {
  std::vector<std::string> words{engine, "run", "--cap-drop=ALL"};
  for (const std::string& name : names_of(capabilities)) words.push_back("--cap-add=" + name);
  words.insert(words.end(), command.begin(), command.end());
  return trial_of(options, [&]() -> Result<tracer::Texts> {
    const auto exit = tracer::run_untraced(words);
    if (!exit) return exit.error();
    return tracer::Texts{ending_of(*exit)};
  });
}

}  // namespace snug::cli
