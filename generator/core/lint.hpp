// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "generator/core/enosys_stub.hpp"
#include "generator/core/finding.hpp"
#include "generator/core/powerful.hpp"
#include "generator/core/proof.hpp"
#include "generator/core/surface.hpp"

// What the author of a profile should know about it, and what can be said of any filter.
namespace snug {

// Who installs the filter. Both build it with libseccomp; runc adds a stub (EnosysStub).
enum class Runtime : std::uint8_t { runc, crun };

std::string_view name_of(Runtime runtime);

// A powerful call that can be made, and on which ABIs.
struct PowerfulUse {
  const PowerfulCall* call = nullptr;
  std::vector<Arch> archs;
  bool depends_on_arguments = false;
};

struct LintReport {
  std::vector<AbiSurface> abis;       // those whose calls are not all denied, and the host's own
  std::vector<PowerfulUse> powerful;  // by name
  std::vector<Finding> findings;      // the gravest first

  // Profiles only.
  std::optional<Verdict> default_verdict;
  std::optional<ProofReport> proof;
  std::vector<EnosysStub> stubs;  // what runc adds
};

// What filters do, whoever made them.
LintReport lint_filters(const FilterStack& filters);

// What compiling a profile has found out about it.
struct Compiled {
  Program program;
  ProofReport proof;
  std::set<CallId> unknown;  // calls that libseccomp does not know
};

LintReport lint_compiled(const Profile& profile, const Compiled& compiled, const std::set<Runtime>& runtimes);

// Whether a finding is a warning or an error.
bool has_warnings(const LintReport& report);

}  // namespace snug
