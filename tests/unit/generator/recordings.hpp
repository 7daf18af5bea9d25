// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <utility>

#include "snug/recording.hpp"
#include "snug/syscalls.hpp"

namespace snug::test {

// A recording of one run, built call by call.
class RecordingBuilder {
 public:
  explicit RecordingBuilder(Arch host = Arch::x86_64, RunId run = "r-0000000000000001") : run_(std::move(run)) {
    recording_.runs[run_].host.arch = host;
    recording_.executables[kExecutable] = {"/bin/workload", ""};
  }

  RecordingBuilder& saw(Arch arch, std::string_view name, Observation observation = {1, 0, {}, {}}) {
    const auto number = syscall_number(arch, name);
    assert(number);
    return saw_number(arch, *number, observation);
  }

  RecordingBuilder& saw_number(Arch arch, std::uint32_t number, Observation observation = {1, 0, {}, {}}) {
    recording_.syscalls[{arch, number}][{run_, kExecutable}] = std::move(observation);
    return *this;
  }

  RecordingBuilder& missed(std::string reason) {
    recording_.runs[run_].incomplete_because.push_back(std::move(reason));
    return *this;
  }

  // The run saw only this part of the workload's life.
  RecordingBuilder& within(Run::Begin begin, Run::End end, std::uint64_t let_go = 0) {
    Run& run = recording_.runs[run_];
    run.begin = begin;
    run.end = end;
    run.accounting.tasks_detached = let_go;
    return *this;
  }

  // The run was watched for needs of capabilities, by a tracer that keeps no program from gaining privilege.
  RecordingBuilder& watched_capabilities() {
    Run& run = recording_.runs[run_];
    run.tracer.privileged = true;
    if (!run.privilege) run.privilege = Privilege{};
    return *this;
  }

  // A call of the run needed the capability for what it was about.
  RecordingBuilder& needed(std::string_view capability, std::string_view call, std::string on = "",
                           CapabilityUse use = CapabilityUse::used) {
    watched_capabilities();
    const Arch arch = recording_.runs[run_].host.arch;
    const auto number = syscall_number(arch, call);
    const auto bit = capability_number(capability);
    assert(number && bit);
    const CapabilityKey key{{arch, *number}, use, {CapabilitySet{1} << *bit}, std::move(on)};
    recording_.capabilities[key][{run_, kExecutable}].count = 1;
    return *this;
  }

  RecordingBuilder& gained_privilege(std::string program) {
    watched_capabilities();
    recording_.runs[run_].privilege->gains.insert(std::move(program));
    return *this;
  }

  operator Recording() const { return recording_; }

 private:
  static constexpr auto kExecutable = "x-0000000000000001";

  RunId run_;
  Recording recording_;
};

// An observation of calls that were all watched to their end and all failed the same way.
inline Observation all_failed(std::uint64_t count, const std::string& errno_name) {
  return {count, count, {{errno_name, count}}, {}};
}

}  // namespace snug::test
