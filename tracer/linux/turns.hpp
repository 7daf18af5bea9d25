// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

namespace snug::tracer {

// Sees to it that every task gets its turn. Of several stopped tasks waitpid(-1) always tells of the same one
// first, mostly the youngest. Where the younger ones stop again as fast as they are resumed, each older one gets a
// fraction of the turns of the next, and the oldest of a dozen practically none. So some times for every task it is
// anybody's turn, and then each one's by name.
class Turns {
 public:
  void join(pid_t tid);
  void leave(pid_t tid);

  // Whose turn it is; nothing when it is anybody's.
  std::optional<pid_t> next();

 private:
  std::vector<pid_t> tids_;
  std::unordered_map<pid_t, std::size_t> places_;  // in tids_
  std::size_t named_ = 0;                          // how many had their turn by name
  std::size_t anybodys_ = 0;                       // turns since
};

}  // namespace snug::tracer
