// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "snug/profile.hpp"
#include "tracer/core/blind_spots.hpp"

namespace snug::tracer {

// Gives the clone or clone3 at which `tid` is stopped these flags: at its entry they are the ones that count, later
// the ones that the program finds in its register or memory.
void set_birth_flags(pid_t tid, const BirthFlags& flags);

// Makes the call from which `tid` is about to return give it this result.
void set_call_result(pid_t tid, std::int64_t result);

// The length of the instruction that makes a system call, and how far behind a breakpoint instruction a program
// stands that has met it.
#if defined(__x86_64__)
inline constexpr long kCallLength = 2;
inline constexpr long kTrapStep = 1;
#else
inline constexpr long kCallLength = 4;
inline constexpr long kTrapStep = 0;
#endif

// Makes the stopped task go on that many bytes before where it is.
void step_back(pid_t tid, long bytes);

// Makes the call at which `tid` is stopped by a filter meet `verdict` instead of being made. allow and log let it
// be made. For trap and the kills the filter must have been given understand_refusals() (trace_filter.hpp): the
// kernel asks it again about the changed number, and so itself carries out the very action of the profile.
void refuse_call(pid_t tid, Verdict verdict);

// Puts the number of the real call where the handler of the SIGSYS, with which `tid` is stopped, will look for it;
// for a call that refuse_call() trapped. Leaves any other SIGSYS alone.
void name_trapped_call(pid_t tid);

}  // namespace snug::tracer
