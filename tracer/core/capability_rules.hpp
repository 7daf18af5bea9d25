// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <span>
#include <string>

#include "snug/recording.hpp"
#include "tracer/core/stop.hpp"
#include "tracer/core/surroundings.hpp"

// Which capabilities a call needs, by what the kernel's manual and source say of it (capabilities(7)): decided from
// the call's arguments and its surroundings before it is made, to hold if it succeeds.
namespace snug::tracer {

// The numbers of capabilities(7).
enum Capability : unsigned {
  kChown = 0,
  kDacOverride = 1,
  kDacReadSearch = 2,
  kFowner = 3,
  kFsetid = 4,
  kKill = 5,
  kSetgid = 6,
  kSetuid = 7,
  kSetpcap = 8,
  kLinuxImmutable = 9,
  kNetBindService = 10,
  kNetBroadcast = 11,
  kNetAdmin = 12,
  kNetRaw = 13,
  kIpcLock = 14,
  kIpcOwner = 15,
  kSysModule = 16,
  kSysRawio = 17,
  kSysChroot = 18,
  kSysPtrace = 19,
  kSysPacct = 20,
  kSysAdmin = 21,
  kSysBoot = 22,
  kSysNice = 23,
  kSysResource = 24,
  kSysTime = 25,
  kSysTtyConfig = 26,
  kMknod = 27,
  kLease = 28,
  kAuditWrite = 29,
  kAuditControl = 30,
  kSetfcap = 31,
  kSyslog = 34,
  kWakeAlarm = 35,
  kBlockSuspend = 36,
  kAuditRead = 37,
  kPerfmon = 38,
  kBpf = 39,
  kCheckpointRestore = 40,
};

constexpr CapabilitySet set_of(std::initializer_list<Capability> members) {
  CapabilitySet set = 0;
  for (const Capability each : members) set |= CapabilitySet{1} << each;
  return set;
}

// What a call turns out to need.
struct Judgement {
  CapabilityNeed need;         // to succeed as it does
  CapabilitySet declared = 0;  // what must be there only because the call asks for it
  std::string on;              // what it is about
  bool tracks_result = false;  // the descriptor that it returns is one of those that some rules are only for
  bool serves_files = false;   // the task becomes a file system that others wait for, us included

  void all(Capability capability) { need.insert(set_of({capability})); }
  void any(std::initializer_list<Capability> members) { need.insert(set_of(members)); }
};

// Which descriptors a rule is about: those of calls that are made all the time matter only where what opened them
// was worth remembering.
enum class OnlyFor : std::uint8_t { any, tracked };

// What is to be known of one call.
struct CapabilityRule {
  CapabilitySet relevant = 0;  // it can need none but these; 0: whatever there is must be judged
  void (*judge)(const Call& call, Surroundings& around, Judgement& judgement) = nullptr;
  bool changes_view = false;  // credentials, or what is the root folder
  OnlyFor only_for = OnlyFor::any;
  bool reaches_out = false;  // it may need them in the user namespace around the task's own
};

// Whether there are any rules for the calls of that ABI. There are none for those of 32 bits, whose structures have
// another form.
bool has_capability_rules(Arch arch);

// The rules for a call, of which some have several, and most none.
std::span<const CapabilityRule> capability_rules(Arch arch, std::uint32_t number);

}  // namespace snug::tracer
