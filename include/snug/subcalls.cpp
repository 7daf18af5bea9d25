// SPDX-License-Identifier: Apache-2.0
#include "snug/subcalls.hpp"

#include <array>

namespace snug {
namespace {

// Indexed by number.
constexpr std::array<std::string_view, 21> kSocketcall{
    "",           "socket",  "bind",    "connect",  "listen",   "accept",   "getsockname", "getpeername",
    "socketpair", "send",    "recv",    "sendto",   "recvfrom", "shutdown", "setsockopt",  "getsockopt",
    "sendmsg",    "recvmsg", "accept4", "recvmmsg", "sendmmsg"};
constexpr std::array<std::string_view, 25> kIpc{"", "semop",  "semget", "semctl", "semtimedop", "", "", "", "", "",
                                                "", "msgsnd", "msgrcv", "msgget", "msgctl",     "", "", "", "", "",
                                                "", "shmat",  "shmdt",  "shmget", "shmctl"};

template <typename Names>
std::string_view name_in(const Names& names, std::uint64_t number) {
  return number < names.size() ? names[number] : std::string_view{};
}

}  // namespace

std::string_view subcall_name(std::string_view multiplexer, std::uint64_t number) {
  if (multiplexer == "socketcall") return name_in(kSocketcall, number);
  if (multiplexer == "ipc") return name_in(kIpc, number);
  return {};
}

}  // namespace snug
