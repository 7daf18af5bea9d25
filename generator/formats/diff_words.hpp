// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "generator/core/diff.hpp"
#include "generator/core/recording_diff.hpp"
#include "generator/core/risk.hpp"

// What both the text and the Markdown of a difference say.
namespace snug {

// One difference in words.
struct DiffLine {
  char sign = ' ';  // + more is allowed or needed, - less is, ~ otherwise
  std::string subject;
  std::string what;
  std::vector<std::string> details;  // risks, evidence

  bool operator==(const DiffLine&) const = default;
};

std::vector<DiffLine> lines_of(const ProfileDiff& diff, const std::map<std::string, CallEvidence>& evidence);
std::vector<DiffLine> lines_of(const RecordingDiff& diff);
std::vector<DiffLine> lines_of(const CapabilityDiff& diff);

// Why capabilities were not compared, as a sentence; empty where they were.
std::string note_on(const CapabilityDiff& diff);

// Whether Docker gives it to a container unless told otherwise.
bool in_docker_default(unsigned capability);

}  // namespace snug
