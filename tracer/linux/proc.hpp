// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reading /proc, proc(5).
namespace snug::tracer {

// Whether /proc is there and shows the processes under the numbers that they have for us. It may belong to another
// pid namespace, where a number is another process's.
bool proc_is_ours();

// The number behind `key` ("TracerPid") in /proc/TID/status, ours for tid 0; nothing when the task is gone or has
// no such line.
std::optional<std::uint64_t> status_number(pid_t tid, std::string_view key, int base = 10);

// All numbers behind `key`; none when the task is gone or has no such line.
std::vector<pid_t> status_numbers(pid_t tid, std::string_view key);

// R, S, Z and so on; nothing when the task is gone.
std::optional<char> state_of(pid_t tid);

// The words that the process was started with; empty when it is gone.
std::vector<std::string> command_line_of(pid_t pid);

// All processes, and the threads of one.
std::vector<pid_t> all_processes();
std::vector<pid_t> threads_of(pid_t process);

// Whether the task is in our own mount namespace; false where that cannot be told.
bool shares_our_mounts(pid_t tid);

}  // namespace snug::tracer
