// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

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

using Registers = std::array<std::uint64_t, 6>;

struct DenialEvidence {
  std::uint64_t count = 0;
  FirstSeen first;
  Registers arguments{};                        // of the first one
  bool launching = false;                       // the profile forbids starting the command itself
  bool endless = false;                         // it denied the program its end, again and again, until we ended it
  std::map<std::string, std::uint64_t> phases;  // how many of the count in each; empty: nobody told of a phase
  std::set<Registers> passed;                   // what was passed in the telling registers, the others 0
  bool passed_many = false;                     // that was too much to be kept: `passed` is empty
  std::uint64_t outcomes = 0;                   // let through: how many were watched until they returned
  std::map<int, std::uint64_t> errors;          // of these: how many failed, by errno

  bool operator==(const DenialEvidence&) const = default;
};

// What becomes of the calls that the profile denies.
enum class Denied : std::uint8_t {
  refused,      // what the profile says: `snug verify`
  let_through,  // they are made, and only noted: `snug check`
};

struct VerifierOptions {
  Denied denied = Denied::refused;
  std::function<std::uint64_t()> elapsed_ms = [] { return std::uint64_t{0}; };  // since the run's start
  std::function<Stack(pid_t tid)> read_stack = [](pid_t) { return Stack{}; };   // asked once for each denial
  // Told of each denial when it is seen for the first time.
  std::function<void(const Denial&, const DenialEvidence&)> seen_first = [](const Denial&, const DenialEvidence&) {
  };
  // Which registers of a call, by bit, tell what must be changed to allow it.
  std::function<std::uint8_t(const SyscallKey&)> telling_registers = [](const SyscallKey&) {
    return std::uint8_t{0};
  };
};

// Keeps what the profile does not allow: the watcher behind `snug verify` and `snug check`. Its filter sends only
// such calls here, with the verdict encoded in the filter's data, and with kTraceMark the ones that begin a phase.
class Verifier final : public Watcher {
 public:
  explicit Verifier(VerifierOptions options = {});

  bool wants_every_call() const override { return false; }
  Decision entered(const Caller& caller, const Call& call, std::uint16_t filter_data) override;
  void returned(const Caller& caller, const Call& call, const SyscallReturned& outcome) override;

  // Denials from now on count for the phase of that name.
  void begin_phase(std::string_view name) { phase_ = name; }

  const std::map<Denial, DenialEvidence>& denials() const { return denials_; }

 private:
  DenialEvidence& note(const Caller& caller, const Call& call, const Verdict& verdict);
  void keep_passed(DenialEvidence& evidence, const Call& call) const;
  bool cannot_end(pid_t tid, const Call& call);

  VerifierOptions options_;
  std::string phase_;  // empty until one begins
  std::unordered_map<pid_t, std::uint64_t> denied_ends_;
  std::unordered_map<pid_t, DenialEvidence*> watched_;  // whose outcome is being waited for
  std::map<Denial, DenialEvidence> denials_;
};

}  // namespace snug::tracer
