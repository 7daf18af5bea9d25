// SPDX-License-Identifier: Apache-2.0
// Compiled filters decide every call of every ABI as their profile means it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "generator/core/bpf_evaluator.hpp"
#include "generator/core/meaning.hpp"
#include "generator/formats/bpf.hpp"
#include "generator/formats/proof.hpp"
#include "snug/syscalls.hpp"
#include "snug/verdict_code.hpp"
#include "tests/sim/profiles.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::test;

namespace {

// Beyond the tables: no number, x32's and arm's own ranges and their ends.
constexpr std::uint32_t kSpecialNumbers[] = {0xffffffff, 0xfffffffe, 0x80000000, 0x7fffffff, 0x3fffffff,
                                             0xf0000,    0xf0001,    0xf0002,    0xf0005,    0xf0006,
                                             0xffff,     4000,       5000,       6000,       100000};

// AUDIT_ARCH_* of MIPS, 64-bit and 32-bit PowerPC (big endian) and 31-bit S/390, and no ABI at all.
constexpr std::uint32_t kForeignAuditArchs[] = {0x8, 0x80000015, 0x14, 0x16, 0, 0xffffffff};

std::optional<std::string_view> name_of_call(const seccomp_data& call) {
  const auto [arch, number] = identity_of(call);
  return syscall_name(arch, number);
}

std::vector<std::uint32_t> numbers_of(Arch arch) {
  std::vector<std::uint32_t> numbers(std::begin(kSpecialNumbers), std::end(kSpecialNumbers));
  for (std::uint32_t number = 0; number <= 600; ++number)
    numbers.push_back(arch == Arch::x32 ? number | kX32SyscallBit : number);
  return numbers;
}

// The values at which the profile's conditions change their mind, alone and with garbage above 32 bits.
std::vector<std::uint64_t> telling_values(const Profile& profile) {
  std::set<std::uint64_t> values{0, 1};
  for (const Rule& rule : profile.rules)
    for (const Condition& condition : rule.conditions)
      for (const std::uint64_t value : {condition.value, condition.value_two})
        values.insert({value, value + 1, value - 1, value ^ 0x80, value | (std::uint64_t{1} << 32), ~value});
  return {values.begin(), values.end()};
}

// Whether any rule for the call looks at its arguments.
bool is_conditional(const Profile& profile, const seccomp_data& call) {
  const auto name = name_of_call(call);
  return name && std::any_of(profile.rules.begin(), profile.rules.end(), [&](const Rule& rule) {
           return !rule.conditions.empty() &&
                  std::find(rule.names.begin(), rule.names.end(), *name) != rule.names.end();
         });
}

std::vector<Arguments> telling_arguments(const Profile& profile) {
  std::vector<Arguments> arguments;
  for (const std::uint64_t a : telling_values(profile))
    for (const std::uint64_t b : telling_values(profile)) arguments.push_back({a, b, a, b, a, b});
  for (const std::uint64_t c : telling_values(profile)) arguments.push_back({2, 1, c, 0x20, c, c});
  return arguments;
}

std::uint32_t kernel_answer(Verdict verdict) {
  switch (verdict.action) {
    case Action::allow:
      return SECCOMP_RET_ALLOW;
    case Action::log:
      return SECCOMP_RET_LOG;
    case Action::notify:
      return SECCOMP_RET_USER_NOTIF;
    case Action::trace:
      return SECCOMP_RET_TRACE | verdict.errno_value;
    case Action::fail:
      return SECCOMP_RET_ERRNO | verdict.errno_value;
    case Action::trap:
      return SECCOMP_RET_TRAP;
    case Action::kill_thread:
      return SECCOMP_RET_KILL_THREAD;
    case Action::kill_process:
      return SECCOMP_RET_KILL_PROCESS;
  }
  return 0;
}

std::uint32_t expected_answer(Verdict verdict, Denials denials) {
  if (denials == Denials::enforced || verdict.action == Action::allow) return kernel_answer(verdict);
  return SECCOMP_RET_TRACE | encode(verdict);
}

// Runs one filter over many calls and keeps the first that it decides otherwise than the profile.
class Simulation {
 public:
  Simulation(const Profile& profile, Denials denials)
      : profile_(profile), meaning_(profile, calls_unknown_to_libseccomp(profile)), denials_(denials) {
    const auto program = compile(profile, denials);
    if (!program) FAIL(program.error().because);
    program_ = *program;
  }

  void run() {
    for (const Arch arch : kKnownArchs)
      for (const std::uint32_t number : numbers_of(arch)) run_number(audit_arch_of(arch), number);
    for (const std::uint32_t audit_arch : kForeignAuditArchs)
      for (const std::uint32_t number : numbers_of(Arch::unknown))
        check({static_cast<int>(number), audit_arch, 0, {}});
  }

  const std::string& mismatch() const { return mismatch_; }
  std::size_t calls() const { return calls_; }

 private:
  void run_number(std::uint32_t audit_arch, std::uint32_t number) {
    seccomp_data call{static_cast<int>(number), audit_arch, 0, {1, 2, 3, 4, 5, 6}};
    check(call);
    if (is_conditional(profile_, call)) run_arguments(call);

    const auto name = name_of_call(call);
    if (name != "socketcall" && name != "ipc") return;
    for (call.args[0] = 0; call.args[0] < 32; ++call.args[0]) check(call);
  }

  void run_arguments(seccomp_data call) {
    for (const Arguments& arguments : arguments_) {
      std::copy(arguments.begin(), arguments.end(), std::begin(call.args));
      check(call);
    }
  }

  void check(const seccomp_data& call) {
    ++calls_;
    const std::uint32_t expected = expected_answer(meaning_.decide(call), denials_);
    const auto answer = evaluate(program_, call);
    if (answer == expected || !mismatch_.empty()) return;
    mismatch_ =
        fmt::format("arch {:#x} number {:#x} arguments {:#x}: answer {:#x} instead of {:#x}", call.arch,
                    static_cast<std::uint32_t>(call.nr), fmt::join(call.args, " "), answer.value_or(0), expected);
  }

  const Profile& profile_;
  const Meaning meaning_;
  const Denials denials_;
  const std::vector<Arguments> arguments_ = telling_arguments(profile_);
  std::vector<sock_filter> program_;
  std::string mismatch_;
  std::size_t calls_ = 0;
};

void check_all(const std::vector<NamedProfile>& profiles) {
  for (const auto& [name, profile] : profiles)
    for (const Denials denials : {Denials::enforced, Denials::traced}) {
      Simulation simulation(profile, denials);
      simulation.run();
      INFO(name << ", " << (denials == Denials::traced ? "traced" : "enforced") << ", " << simulation.calls()
                << " calls");
      CHECK(simulation.mismatch() == "");
    }
}

}  // namespace

TEST_CASE("filters of generated profiles decide every call as the profile means") {
  check_all(generated_profiles());
}

TEST_CASE("filters of written profiles decide every call as the profile means") {
  check_all(written_profiles());
}
