// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/session.hpp"

namespace snug::tracer {

void follow(Kernel& kernel, Session& session, const Attendant& attendant) {
  bool told = false;
  News news = kernel.wait();
  for (; !std::holds_alternative<Over>(news); news = kernel.wait()) {
    if (const auto* const report = std::get_if<WaitReport>(&news)) kernel.resume(session.handle(*report));
    if (std::holds_alternative<Roused>(news)) attendant.roused();
    if (!told && session.command_ended()) {
      told = true;
      attendant.command_ended();
    }
  }
  session.settle(std::get<Over>(news).left_behind);
}

}  // namespace snug::tracer
