// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "generator/core/reasons.hpp"
#include "generator/core/risk.hpp"
#include "snug/recording.hpp"

// Who makes which calls, and what for: the answers behind `snug explain`.
namespace snug {

// What one program did with a call, in all runs.
struct CallUse {
  std::string executable;  // path
  Observation observed;    // summed up; of `first` the earliest
  RunId first_run;
  std::set<RunId> runs;

  bool operator==(const CallUse&) const = default;
};

// One call of one ABI.
struct CallExplanation {
  std::string name;  // "number 999" for one without
  SyscallKey call{Arch::unknown, 0};
  std::vector<CallUse> uses;            // by path
  std::vector<std::string> needs = {};  // of capabilities: which, by whom and for what, a line each
  std::optional<Reason> reason;         // why a profile made from the recording allows it; nothing where none does
  Risk risk{};

  bool operator==(const CallExplanation&) const = default;
};

// A program, or several of one name.
struct ProgramExplanation {
  std::set<std::string> paths;
  std::map<std::string, std::uint64_t> calls;  // how often, by name
  std::set<std::string> alone;                 // of these, the ones that no other program makes
  std::vector<std::string> gone;  // what a profile of the same runs without it would no longer allow, sorted

  bool operator==(const ProgramExplanation&) const = default;
};

// A call whose first stack, of one program, leads through a file.
struct LibraryUse {
  std::string name;
  std::string executable;
  std::string function;  // of that file, the innermost; may be empty
  std::uint64_t count = 0;

  auto operator<=>(const LibraryUse&) const = default;
};

class Explainer {
 public:
  // `recording` must outlive it. Errors: as generate(), but for incomplete recordings, which are explained too.
  static Result<Explainer> of(const Recording& recording);

  // The call of that name on every ABI that has it, "number 999" for one without; empty when nobody makes it.
  std::vector<CallExplanation> call(std::string_view name) const;

  // The calls that were seen to need that capability, e.g. "CAP_SYS_ADMIN", and those that fail without it whatever
  // their arguments are.
  std::vector<CallExplanation> capability(std::string_view capability) const;

  // The programs at that path, or of that file name where `which` has no slash; nothing when there is none.
  std::optional<ProgramExplanation> program(std::string_view which) const;

  // All of them, by path, but without `gone`.
  std::vector<ProgramExplanation> programs() const;

  // The calls whose first stack leads through that file, or one of that name. Only first calls have stacks.
  std::vector<LibraryUse> calls_through(std::string_view which) const;

 private:
  Explainer(const Recording& recording, Reasons reasons);

  ProgramExplanation describe(const std::set<ExecutableId>& ids) const;

  const Recording& recording_;
  Reasons reasons_;
};

}  // namespace snug
