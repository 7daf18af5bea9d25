// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "generator/core/floor.hpp"

// Two runtimes and an init of which everything can be known, unlike of the shipped ones.
namespace snug::test {

inline FloorEntry measured(std::string version, VersionRange range, std::vector<std::string> calls) {
  FloorEntry entry;
  entry.versions = {std::move(version)};
  entry.range = std::move(range);
  entry.calls = std::move(calls);
  return entry;
}

inline FloorEntry margin(std::vector<std::string> calls) {
  FloorEntry entry;
  entry.kind = FloorKind::margin;
  entry.calls = std::move(calls);
  return entry;
}

inline FloorEntry in_exec(FloorEntry entry) {
  entry.phase = FloorPhase::exec;
  return entry;
}

inline FloorEntry confined(FloorEntry entry) {
  entry.no_new_privileges = true;
  return entry;
}

// A floor whose entries differ in every way in which a request can choose.
inline std::vector<Floor> small_floors() {
  return {
      {"ox",
       FloorRole::runtime,
       {measured("1.0", {"1.0", "2.0"}, {"capset", "chdir"}), measured("2.0", {"2.0", {}}, {"capset", "openat2"}),
        confined(measured("1.0", {"1.0", {}}, {"execve"})), in_exec(measured("1.0", {"1.0", {}}, {"setgroups"})),
        in_exec(confined(measured("1.0", {"1.0", {}}, {"execve", "umask"}))), margin({"futex"})}},
      {"yak", FloorRole::runtime, {confined(measured("0.5", {"0.5", {}}, {"accept4", "execve"}))}},
      {"calf", FloorRole::init, {measured("1.0", {"1.0", {}}, {"wait4"})}}};
}

}  // namespace snug::test
