// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "generator/core/diff.hpp"
#include "generator/core/recording_diff.hpp"

namespace snug {

// Who makes which call, to stand beside what a profile allows. Empty: not told.
using EvidenceByName = std::map<std::string, CallEvidence>;

// Two things that were compared, as the user calls them.
struct Compared {
  std::string before;
  std::string after;
};

// The differences for people: one line a change, with risks and evidence under it.
std::string render_diff_text(const ProfileDiff& diff, const Compared& names, const EvidenceByName& evidence);
std::string render_diff_text(const RecordingDiff& diff, const Compared& names);
std::string render_diff_text(const CapabilityDiff& diff, const Compared& names);

// The same as Markdown, for a comment on a change under review.
std::string render_diff_markdown(const ProfileDiff& diff, const Compared& names, const EvidenceByName& evidence);
std::string render_diff_markdown(const RecordingDiff& diff, const Compared& names);
std::string render_diff_markdown(const CapabilityDiff& diff, const Compared& names);

// The same as JSON: {"schema": "snug.diff/1", "of": "profiles" | "recordings" | "capabilities", "before", "after",
// "same", …}. A call of two profiles is {"name", "change", "archs", "witness": {"arch", "number", "arguments",
// "before", "after"}, "risk": {"powerful", "refused_by_docker", "capability"}, "evidence": {"count", "executables",
// "commands", "function", "library"}}; "risk" stands where more is allowed, "evidence" where there is any.
// Recordings and reports on capabilities have "capabilities": {"added": [{"name", "gives_root",
// "in_docker_default", "works_rootless", "evidence"}], "removed", "gaining", "not_compared": why, or null}.
std::string render_diff_json(const ProfileDiff& diff, const Compared& names, const EvidenceByName& evidence);
std::string render_diff_json(const RecordingDiff& diff, const Compared& names);
std::string render_diff_json(const CapabilityDiff& diff, const Compared& names);

}  // namespace snug
