// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/relatives.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tracer/linux/proc.hpp"

namespace snug::tracer {

bool are_tracing(pid_t tid) {
  return status_number(tid, "TracerPid") == static_cast<std::uint64_t>(getpid());
}

bool are_tracing_any_but(const std::set<pid_t>& tids) {
  return std::ranges::any_of(all_processes(), [&](pid_t process) {
    return std::ranges::any_of(threads_of(process),
                               [&](pid_t tid) { return !tids.contains(tid) && are_tracing(tid); });
  });
}

std::vector<pid_t> our_tracees() {
  std::vector<pid_t> tracees;
  std::ranges::copy_if(all_processes(), std::back_inserter(tracees),
                       [](pid_t process) { return are_tracing(process); });
  return tracees;
}

bool is_our_child(pid_t process) {
  return status_number(process, "PPid") == static_cast<std::uint64_t>(getpid());
}

std::vector<pid_t> our_children() {
  std::ifstream file("/proc/thread-self/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

}  // namespace snug::tracer
