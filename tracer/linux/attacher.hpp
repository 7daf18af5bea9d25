// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "snug/result.hpp"
#include "tracer/core/session.hpp"

namespace snug::tracer {

// The tasks that we trace from now on.
struct Attached {
  pid_t process = 0;
  std::vector<Seized> tasks;
  std::set<std::string> doubts;  // whom we may have missed, in words
};

// Begins to trace every thread of the process `pid` and of its descendants, and interrupts each; they live on when
// we die. Whoever is born of a seized thread is ours from its birth, unless that thread was in the middle of giving
// birth: we look again when all have stopped, until nobody new is found. Only where a process ends before it could
// be seized, children of it may be lost.
//
// Errors: not_permitted, or bad_input when there is no such process.
Result<Attached> attach(pid_t pid);

}  // namespace snug::tracer
