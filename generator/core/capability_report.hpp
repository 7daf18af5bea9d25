// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "snug/capabilities.hpp"
#include "snug/recording.hpp"
#include "snug/result.hpp"

// What capabilities to give a workload, and why: from what its recordings tell of its needs.
namespace snug {

// What is known of a capability. Those before `tolerated` are recommended.
enum class CapabilityClass : std::uint8_t {
  required,       // without it the workload failed, each time
  flaky,          // without it the workload failed, but not each time
  untried,        // the runs were used up before it could be tried
  used,           // a call succeeded that would not have without
  declared,       // a call, or a program's file, asks for it to be there
  checked,        // the kernel asked for it, and no rule of ours says that it does not matter
  tolerated,      // it was used, and the workload does as well without
  alternative,    // another that is recommended does as well
  attempted,      // a call failed for lack of it
  probe,          // a call failed for another reason that would have for lack of it
  opportunistic,  // the kernel asked for it, and does the same without
  unused,         // it was there, and nothing asked for it
};

std::string_view name_of(CapabilityClass what);

struct CapabilityFinding {
  unsigned number = 0;
  CapabilityClass what = CapabilityClass::unused;
  std::vector<std::string> evidence;  // a line for each kind of call, program and thing it was about
  CapabilitySet alternatives = 0;     // what would do as well, for all that it is needed for
  bool only_at_startup = false;       // nothing needed it any more once the workload served

  bool operator==(const CapabilityFinding&) const = default;
};

// Whether the workload can run so that no program of it gains privilege.
enum class NewPrivileges : std::uint8_t {
  unknown,  // for lack of evidence
  none,     // no program gained any
  gained,   // some did
};

struct CapabilityReport {
  CapabilitySet recommended = 0;
  std::vector<CapabilityFinding> findings;  // of all but the unused ones, by number
  CapabilitySet had = 0;                    // by any run, when it began
  std::size_t runs = 0;                     // that were recorded
  bool as_root = true;                      // that some run began as root, and none as another user
  NewPrivileges new_privileges = NewPrivileges::unknown;
  std::set<std::string> gaining;      // the programs that gained privilege
  std::vector<std::string> warnings;  // what makes it less than certain, in words

  bool operator==(const CapabilityReport&) const = default;
};

// What the recording's needs come to. Errors: refused, where a run is incomplete, unless that is `accepted`, and
// where one was recorded without looking at capabilities.
enum class IncompleteRuns : bool { refused, accepted };
Result<CapabilityReport> report_capabilities(const Recording& recording,
                                             IncompleteRuns incomplete = IncompleteRuns::refused);

// A set that meets every need and is no greater than it must be: of several that would do, those that give less
// away.
CapabilitySet least_set(const CapabilityNeed& need);

// The capabilities that some task of the recording used, declared, or was checked for with a meaning: those on
// which its outcome may hang.
CapabilitySet suspected_capabilities(const Recording& recording);

// Those that mean something over what a user namespace owns, and so in a container without root; the others can be
// had in the machine's first namespace only (capabilities(7), user_namespaces(7)).
bool works_in_user_namespace(unsigned capability);

}  // namespace snug
