// SPDX-License-Identifier: Apache-2.0
#include "generator/core/capability_advice.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace snug {
namespace {

struct Row {
  std::string_view capability;
  bool gives_root;
  std::string_view instead;
};

// From what gives most away to what gives least; those that are not here lie between them (capabilities(7)).
constexpr std::array kRows{
    Row{"SYS_ADMIN", true, ""},
    Row{"SYS_MODULE", true, "load the modules on the host"},
    Row{"SYS_RAWIO", true, ""},
    Row{"SYS_PTRACE", true, "let only programs of the same user be traced"},
    Row{"BPF", true, ""},
    Row{"SETFCAP", true, "give files their capabilities when the image is built"},
    Row{"DAC_READ_SEARCH", true, "let the user that reads the files own them"},
    Row{"DAC_OVERRIDE", true, "let the user that uses the files own them"},
    Row{"SETUID", true, "start as the user that it changes to (docker run --user)"},
    Row{"CHOWN", true, "give the files their owner when the image is built"},
    Row{"FOWNER", true, "let the user that changes the files own them"},
    Row{"SETGID", true, "start with the group that it changes to (docker run --user USER:GROUP)"},
    Row{"MKNOD", false, "give the container the device (docker run --device)"}};
constexpr std::array kLeast{
    Row{"SYS_CHROOT", false, ""},
    Row{"FSETID", false, ""},
    Row{"NET_RAW", false, "for ping: the sysctl net.ipv4.ping_group_range"},
    Row{"KILL", false, "let programs of the same user send the signals"},
    Row{"SETPCAP", false, ""},
    Row{"AUDIT_WRITE", false, ""},
    Row{"NET_BIND_SERVICE", false, "a port above 1023, or the sysctl net.ipv4.ip_unprivileged_port_start=0"}};

unsigned number_of(const Row& row) {
  return capability_number(row.capability).value_or(kCapabilities);
}

int rank_of(unsigned capability) {
  const auto is_it = [&](const Row& row) { return number_of(row) == capability; };
  const auto first = std::ranges::find_if(kRows, is_it);
  if (first != kRows.end()) return static_cast<int>(first - kRows.begin());
  const auto last = std::ranges::find_if(kLeast, is_it);
  const int between = static_cast<int>(kRows.size());
  return last == kLeast.end() ? between : between + 1 + static_cast<int>(last - kLeast.begin());
}

}  // namespace

CapabilityAdvice advice_on(unsigned capability) {
  for (const auto& rows : {std::span<const Row>(kRows), std::span<const Row>(kLeast)})
    for (const Row& row : rows)
      if (number_of(row) == capability) return {row.gives_root, row.instead};
  return {};
}

std::vector<unsigned> by_danger(CapabilitySet set) {
  std::vector<unsigned> numbers;
  for (unsigned number = 0; number < kCapabilities; ++number)
    if ((set >> number & 1U) != 0) numbers.push_back(number);
  std::ranges::stable_sort(numbers, {}, rank_of);
  return numbers;
}

}  // namespace snug
