// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "generator/core/minimizer.hpp"
#include "snug/profile.hpp"
#include "snug/recording.hpp"
#include "snug/result.hpp"
#include "tracer/linux/apart.hpp"

namespace snug::cli {

// What one run of a command left behind, and how long it took.
struct RecordedTrial {
  Recording recording;
  std::chrono::milliseconds duration{0};
};

// Runs the command, silently and in a process group's good company but apart, and records it, with what it needs of
// capabilities where that is of interest. Errors: as follow_workload(), and refused when it is too slow.
enum class OfInterest : bool { calls, capabilities };
Result<RecordedTrial> record_apart(const std::vector<std::string>& command, const tracer::ApartOptions& options,
                                   OfInterest of_interest = OfInterest::calls);

// "exit status 1", "killed by signal 9".
std::string ending_of(const ExitStatus& exit);

// How long another run may take when one that was denied nothing took so long: denied something, programs wait and
// retry.
std::chrono::milliseconds longest_run(std::chrono::milliseconds usual);

// Runs the command under `profile`, likewise, and tells how it fared: it passed when it ended with status 0.
// `missing` are the names of calls that are of interest where they are denied. Errors: as follow_workload(); what
// the profile says of the start of the command itself is no error but a run that failed.
Result<Trial> try_under(const Profile& profile, const CallNames& missing, const std::vector<std::string>& command,
                        const tracer::ApartOptions& options);

}  // namespace snug::cli
