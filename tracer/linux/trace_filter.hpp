// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <optional>
#include <vector>

#include "snug/profile.hpp"

namespace snug::tracer {

using Filter = std::vector<sock_filter>;

// The filter behind `trace`: every call stops, with kTraceMark.
Filter trace_everything();

// Puts `filter` on this thread and all that it launches; errno tells why it could not be. Makes system calls only.
bool install_filter(const Filter& filter);

// The call numbers, of no ABI, that a filter with understand_refusals() answers with an action: kill_thread or
// kill_process; and trap, which carries the number of the trapped call, since the kernel tells it to the signal's
// handler.
int number_meaning_kill(Action action);
int number_meaning_trap(int trapped);

// The number that was given to number_meaning_trap(); nothing for a number that it never gives.
std::optional<int> trapped_call(int number);

// `filter` with a prologue that answers these numbers.
Filter understand_refusals(const Filter& filter);

// The least filter with that prologue, for a program that is to launch what another's filter stops. It lets every
// call happen.
Filter understand_refusals_only();

// `filter` with a prologue that stops the calls by which `snug phase` tells of a phase (phase_marker.hpp), with
// kTraceMark, whatever the filter says of them.
Filter understand_phases(const Filter& filter);

}  // namespace snug::tracer
