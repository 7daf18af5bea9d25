// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/serving.hpp"

#include <linux/net.h>

#include <cstdint>

#include "snug/call_table.hpp"

namespace snug::tracer {
namespace {

enum Waits : std::uint8_t { never, always, if_it_accepts };

CallTable make_table() {
  CallTable table;
  for (const Arch arch : kKnownArchs) {
    for (const char* const name :
         {"accept", "accept4", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "ppoll_time64",
          "select", "_newselect", "pselect6", "pselect6_time64"}) {
      table.set(arch, name, always);
    }
    table.set(arch, "socketcall", if_it_accepts);
  }
  return table;
}

}  // namespace

bool waits_for_work(const Call& call) {
  static const CallTable table = make_table();
  const std::uint8_t waits = table(call.arch, call.number);
  if (waits != if_it_accepts) return waits == always;
  const auto operation = static_cast<std::uint32_t>(call.arguments[0]);
  return operation == SYS_ACCEPT || operation == SYS_ACCEPT4;
}

}  // namespace snug::tracer
