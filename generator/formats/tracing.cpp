// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/tracing.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "generator/formats/call_names.hpp"
#include "snug/arch.hpp"
#include "snug/profile.hpp"
#include "snug/verdict_code.hpp"

namespace snug {
namespace {

using Json = nlohmann::ordered_json;

// Replaces the action under `action_key`, and the errno beside it under `errno_key`, unless the call happens.
void trace_verdict(Json& owner, const char* action_key, const char* errno_key) {
  const auto action = action_named(owner.at(action_key).get<std::string>());
  if (!action) throw std::invalid_argument(fmt::format("{} is no action", owner.at(action_key).dump()));
  if (*action == Action::allow || *action == Action::notify) return;
  const bool carries_errno = *action == Action::fail || *action == Action::trace;
  const auto errno_value = carries_errno ? owner.value(errno_key, std::uint16_t{EPERM}) : std::uint16_t{0};
  owner[action_key] = "SCMP_ACT_TRACE";
  owner[errno_key] = encode({*action, errno_value});
}

}  // namespace

std::string render_all_traced(std::uint16_t datum) {
  Json architectures = Json::array();
  for (const Arch arch : family_of(native_arch())) architectures.push_back(scmp_name_of(arch));
  return Json{{"defaultAction", "SCMP_ACT_TRACE"},
              {"defaultErrnoRet", datum},
              {"architectures", architectures},
              {"syscalls", Json::array()}}
      .dump();
}

Result<std::string> with_verdicts_traced(std::string_view text, std::string_view source) {
  try {
    Json filter = Json::parse(text);
    trace_verdict(filter, "defaultAction", "defaultErrnoRet");
    if (filter.contains("syscalls"))
      for (Json& rule : filter.at("syscalls")) trace_verdict(rule, "action", "errnoRet");
    return filter.dump(-1, ' ', false, Json::error_handler_t::replace);
  } catch (const std::exception& error) {
    return Error{ErrorCode::bad_input, fmt::format("cannot use the seccomp filter in {}", source), error.what(),
                 "it has to be what OCI runtimes read; snug lint tells more"};
  }
}

}  // namespace snug
