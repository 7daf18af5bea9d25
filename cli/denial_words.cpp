// SPDX-License-Identifier: Apache-2.0
#include "cli/denial_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "cli/messages.hpp"
#include "snug/syscalls.hpp"
#include "tracer/core/recorder.hpp"

namespace snug::cli {
namespace {

// The innermost frames, with their files' names: "unshare (libc.so.6) < worker (server)".
std::string called_from(const Stack& stack) {
  constexpr std::size_t kShown = 4;
  std::vector<std::string> frames;
  for (const Frame& frame : stack.frames) {
    const std::string file = std::filesystem::path(frame.object).filename();
    frames.push_back(frame.symbol.empty() ? fmt::format("{}+{:#x}", file, frame.offset)
                                          : fmt::format("{} ({})", frame.symbol, file));
    if (frames.size() == kShown) break;
  }
  return fmt::format("{}", fmt::join(frames, " < "));
}

// Without the registers behind the last one that holds something: how many a call uses no table of ours tells.
std::string registers_of(const tracer::Registers& registers) {
  std::size_t count = registers.size();
  while (count > 0 && registers[count - 1] == 0) --count;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) words.push_back(fmt::format("{:#x}", registers[i]));
  return fmt::format("({})", fmt::join(words, ", "));
}

std::string phases_of(const tracer::DenialEvidence& evidence) {
  std::vector<std::string> words;
  for (const auto& [phase, count] : evidence.phases) words.push_back(fmt::format("{} {}", count, phase));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string describe(const std::string& what, const tracer::Denial& denial,
                     const tracer::DenialEvidence& evidence) {
  const std::string who = evidence.launching ? "starting the command" : denial.executable;
  std::string text = fmt::format("{:<18} {}, {}, by {} (first process {})", words_for(denial.call), what,
                                 counted(evidence.count, "time"), who, evidence.first.tid);
  if (evidence.endless) text += "\n  could not end, and tried for ever: ended by snug";
  if (evidence.launching) return text;
  text += fmt::format("\n  first after {:.3f} s, registers {}",
                      static_cast<double>(evidence.first.elapsed_ms) / 1000, registers_of(evidence.arguments));
  if (!evidence.phases.empty()) text += "\n  by phase: " + phases_of(evidence);
  if (!evidence.first.stack.frames.empty()) text += "\n  from " + called_from(evidence.first.stack);
  return text;
}

}  // namespace

std::string words_for(const SyscallKey& call) {
  const auto name = syscall_name(call.arch, call.number);
  const std::string word = name ? std::string{*name} : fmt::format("number {}", call.number);
  return call.arch == native_arch() ? word : fmt::format("{} ({})", word, name_of(call.arch));
}

std::string fate_of(const Verdict& verdict) {
  switch (verdict.action) {
    case Action::fail:
      return fmt::format("failed with {}", tracer::errno_name(verdict.errno_value));
    case Action::trap:
      return "SIGSYS";
    case Action::kill_thread:
      return "killed the thread";
    case Action::kill_process:
      return "killed the process";
    case Action::trace:
    case Action::notify:
      return "failed with ENOSYS";
    case Action::log:
    case Action::allow:
      break;
  }
  return "logged and allowed";
}

std::string describe_denial(const tracer::Denial& denial, const tracer::DenialEvidence& evidence) {
  return describe(fate_of(denial.verdict), denial, evidence);
}

std::string describe_new_call(const tracer::Denial& denial, const tracer::DenialEvidence& evidence) {
  std::string what = "new";
  for (const auto& [error, count] : evidence.errors) {
    if (count == evidence.outcomes) what = fmt::format("new, always failed with {}", tracer::errno_name(error));
  }
  return describe(what, denial, evidence);
}

}  // namespace snug::cli
