// SPDX-License-Identifier: Apache-2.0
#include "cli/signal_names.hpp"

#include <string.h>

#include <csignal>

namespace snug::cli {

std::optional<int> signal_number(std::string name) {
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (int signo = 1; signo < NSIG; ++signo) {
    const char* const known = sigabbrev_np(signo);
    if (name == std::to_string(signo) || (known != nullptr && name == known)) return signo;
  }
  return std::nullopt;
}

}  // namespace snug::cli
