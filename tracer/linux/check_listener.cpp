// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/check_listener.hpp"

#include <fmt/format.h>

#include <utility>

#include "tracer/linux/kernel_checks.hpp"

namespace snug::tracer {
namespace {

class Listener final : public CheckSource {
 public:
  explicit Listener(KernelChecks checks) : checks_(std::move(checks)) {}

  bool is_listening() const override { return true; }
  void watch(pid_t tid) override { checks_.watch(tid); }
  void renew(pid_t tid, pid_t former_tid) override { checks_.renew(tid, former_tid); }
  std::vector<CapabilityCheck> drain(pid_t tid) override { return checks_.drain(tid); }
  void forget(pid_t tid) override { checks_.forget(tid); }

  std::string incomplete_because() const override {
    const LostChecks lost = checks_.lost();
    if (checks_.unwatched() != 0)
      return fmt::format("{} tasks could not be listened to: {}", checks_.unwatched(),
                         checks_.first_failure() ? checks_.first_failure()->because : "the kernel refused");
    if (lost != LostChecks{})
      return fmt::format("the kernel had no room to tell of {} checks", lost.of_admin + lost.of_others);
    return "";
  }

 private:
  KernelChecks checks_;
};

}  // namespace

std::unique_ptr<CheckSource> listen_for_checks(bool is_wanted) {
  if (!is_wanted) return std::make_unique<NoCheckSource>("they were not asked for (--kernel-evidence)");
  auto checks = KernelChecks::open();
  if (!checks) return std::make_unique<NoCheckSource>(checks.error().because);
  return std::make_unique<Listener>(std::move(*checks));
}

}  // namespace snug::tracer
