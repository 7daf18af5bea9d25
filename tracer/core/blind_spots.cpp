// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/blind_spots.hpp"

#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <array>
#include <limits>

#include "snug/syscalls.hpp"

namespace snug::tracer {
namespace {

constexpr std::uint64_t kTsyncTellsErrors = 1U << 4U;  // SECCOMP_FILTER_FLAG_TSYNC_ESRCH, which Linux 5.7 brought

struct Numbers {
  std::uint32_t clone, clone3, fork, vfork, prctl, ptrace, seccomp;
};

std::array<Numbers, kKnownArchs.size()> make_numbers() {
  std::array<Numbers, kKnownArchs.size()> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = [&](std::string_view name) {
      return syscall_number(kKnownArchs.at(i), name).value_or(std::numeric_limits<std::uint32_t>::max());
    };
    numbers.at(i) = {number("clone"), number("clone3"), number("fork"),   number("vfork"),
                     number("prctl"), number("ptrace"), number("seccomp")};
  }
  return numbers;
}

// Strict mode takes neither flags nor arguments: with them the call is libseccomp's probe, which always fails.
BlindSpot blind_spot_of_seccomp(std::uint32_t operation, std::uint32_t flags, std::uint64_t argument) {
  const bool is_bare = flags == 0 && argument == 0;
  if (operation == SECCOMP_SET_MODE_STRICT) return is_bare ? BlindSpot::strict_mode : BlindSpot::none;
  if (operation != SECCOMP_SET_MODE_FILTER) return BlindSpot::none;
  return (flags & SECCOMP_FILTER_FLAG_TSYNC) != 0 ? BlindSpot::own_filter_everywhere : BlindSpot::own_filter;
}

BlindSpot blind_spot_of_prctl(std::uint32_t option, std::uint64_t mode) {
  if (option != PR_SET_SECCOMP) return BlindSpot::none;
  return mode == SECCOMP_MODE_STRICT ? BlindSpot::strict_mode : BlindSpot::own_filter;
}

bool starts_tracing(std::uint64_t request) {
  return request == PTRACE_TRACEME || request == PTRACE_ATTACH || request == PTRACE_SEIZE;
}

// Null for architectures without a table.
const Numbers* numbers_of(Arch arch) {
  static const auto numbers = make_numbers();  // indexed by Arch: kKnownArchs lists the enumerators in order
  const auto index = static_cast<std::size_t>(arch);
  return index < numbers.size() ? &numbers[index] : nullptr;
}

}  // namespace

std::optional<BirthFlags> birth_flags_of(const Call& call) {
  const Numbers* const numbers = numbers_of(call.arch);
  if (numbers == nullptr) return std::nullopt;
  if (call.number == numbers->clone) return BirthFlags{call.arch, call.arguments[0], std::nullopt};
  if (call.number != numbers->clone3 || !call.pointed) return std::nullopt;
  return BirthFlags{call.arch, *call.pointed, call.arguments[0]};
}

BlindSpot blind_spot_of(const Call& call) {
  const Numbers* const numbers = numbers_of(call.arch);
  if (numbers == nullptr) return BlindSpot::none;

  const Numbers& of_arch = *numbers;
  const auto& arguments = call.arguments;
  const bool gives_birth = call.number == of_arch.clone || call.number == of_arch.clone3 ||
                           call.number == of_arch.fork || call.number == of_arch.vfork;
  if (gives_birth) return BlindSpot::birth;
  // Where the kernel takes an int, the upper half of the register may hold anything.
  const auto first = static_cast<std::uint32_t>(arguments[0]);
  const auto second = static_cast<std::uint32_t>(arguments[1]);
  if (call.number == of_arch.seccomp) return blind_spot_of_seccomp(first, second, arguments[2]);
  if (call.number == of_arch.prctl) return blind_spot_of_prctl(first, arguments[1]);
  if (call.number == of_arch.ptrace && starts_tracing(arguments[0])) return BlindSpot::tracing;
  return BlindSpot::none;
}

bool installed_everywhere(const Call& call, std::int64_t result) {
  return result == 0 || (result > 0 && (call.arguments[1] & kTsyncTellsErrors) != 0);
}

}  // namespace snug::tracer
