// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>

#include "snug/profile.hpp"
#include "tracer/core/watcher.hpp"

namespace snug::tracer {

// A call that the profile does not allow.
struct Denial {
  SyscallKey call;
  std::string executable;  // path
  Verdict verdict;         // what the profile says happens to it

  auto operator<=>(const Denial&) const = default;
};

struct DenialEvidence {
  std::uint64_t count = 0;
  pid_t first_tid = 0;
  bool launching = false;  // the profile forbids starting the command itself
  Stack stack;             // of the first one

  bool operator==(const DenialEvidence&) const = default;
};

// Makes what the profile does not allow fail exactly as the profile says, and keeps it: the watcher behind
// `snug verify`. Its filter sends only such calls here, with the verdict encoded in the filter's data.
class Verifier final : public Watcher {
 public:
  using StackReader = std::function<Stack(pid_t tid)>;

  // `read_stack` is asked once for each denial.
  explicit Verifier(StackReader read_stack = [](pid_t) { return Stack{}; });

  bool wants_every_call() const override { return false; }
  Decision entered(const Caller& caller, const Call& call, std::uint16_t filter_data) override;
  void returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) override;

  const std::map<Denial, DenialEvidence>& denials() const { return denials_; }

 private:
  StackReader read_stack_;
  std::map<Denial, DenialEvidence> denials_;
};

}  // namespace snug::tracer
