// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/enforcement.hpp"
#include "snug/recording.hpp"

// What a container is denied, or would be, as it happens: JSON lines (profiles/schema/container-event.schema.json),
// to which the tracers of the container and of what exec brings into it append.
namespace snug::cli {

// The log of the container `id` in `folder`, and the profile that it runs under.
std::string container_log_path(const std::string& folder, const std::string& id);
std::string container_profile_path(const std::string& folder, const std::string& id);

// Writes the profile that the container is to run under beside its log, and notes there when it is not that of the
// runs before. Errors: io.
Result<Done> keep_container_profile(const std::string& folder, const std::string& id, const std::string& profile);

// One process that was brought into the container, with its descendants.
struct ContainerRun {
  Container container;
  std::vector<std::string> command;
  tracer::Denied denied = tracer::Denied::refused;
};

// Appends what becomes of one run. While it lives, those who wait for the log's end wait.
class ContainerLog {
 public:
  // Notes the run's beginning. Errors: io.
  static Result<ContainerLog> open(const std::string& path, const ContainerRun& run);

  ContainerLog(ContainerLog&& other) noexcept;
  ContainerLog& operator=(ContainerLog&&) = delete;
  ContainerLog(const ContainerLog&) = delete;
  ContainerLog& operator=(const ContainerLog&) = delete;
  ~ContainerLog();

  // A call that the profile does not allow, seen for the first time.
  void add(const tracer::Denial& denial, const tracer::DenialEvidence& evidence);

  // The run is over. Errors: io, when this or an earlier line could not be written.
  Result<Done> finish(const Enforced& enforced);

 private:
  ContainerLog(int file, std::string path, ContainerRun run);
  void append(std::string_view event, const nlohmann::ordered_json& more);
  Result<Done> outcome() const;

  int file_;
  std::string path_;
  ContainerRun run_;
  std::string run_id_;  // tells this run's lines from others'
  int failure_ = 0;     // errno of a line that could not be written
};

// The runs of a container so far, taken together.
struct ContainerRuns {
  tracer::Denied denied = tracer::Denied::refused;
  Enforced enforced;  // with the command of the container itself
};

// Waits until no tracer has the log open any more. Runs under another profile than the last one do not count.
// Errors: bad_input for no such log; refused when a tracer has not lived to see the end of what it traced.
Result<ContainerRuns> read_container_log(const std::string& path);

}  // namespace snug::cli
