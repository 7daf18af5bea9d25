// SPDX-License-Identifier: Apache-2.0
#include "cli/validators.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/signal_names.hpp"
#include "tracer/linux/signals.hpp"

namespace snug::cli {

CLI::Validator must(const std::string& be_so, std::function<bool(const std::string&)> holds) {
  return {[be_so, holds = std::move(holds)](const std::string& value) {
            return holds(value) ? std::string{} : fmt::format("'{}' is not {}", value, be_so);
          },
          ""};
}

CLI::Validator is_waitable_signal() {
  return must("a signal that snug can wait for", [](const std::string& name) {
    const auto signo = signal_number(name);
    return signo && tracer::can_wait_for(*signo);
  });
}

}  // namespace snug::cli
