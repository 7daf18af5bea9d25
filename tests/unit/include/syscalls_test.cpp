// SPDX-License-Identifier: Apache-2.0
#include "snug/syscalls.hpp"

#include <seccomp.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"

namespace snug {
namespace {

using Strings = std::vector<std::string>;

std::string call_text(Arch arch, std::string_view name, std::uint32_t number) {
  return std::string(name_of(arch)) + " " + std::string(name) + " " + std::to_string(number);
}

// What of `calls`, names and numbers from elsewhere, the table of `arch` does not say too.
Strings missing_from_table(Arch arch, const std::map<std::uint32_t, std::string>& calls) {
  Strings missing;
  for (const auto& [number, name] : calls) {
    if (syscall_name(arch, number) != name) missing.push_back(call_text(arch, name, number));
  }
  return missing;
}

TEST_CASE("every table is sorted by number, without repetition") {
  for (const Arch arch : kKnownArchs) {
    const auto entries = syscalls_of(arch);
    const auto is_not_ascending = [](const SyscallEntry& left, const SyscallEntry& right) {
      return left.number >= right.number;
    };
    CAPTURE(name_of(arch));
    CHECK(std::adjacent_find(entries.begin(), entries.end(), is_not_ascending) == entries.end());
  }
}

TEST_CASE("every call is found by its number and by its name") {
  Strings lost;
  for (const Arch arch : kKnownArchs) {
    for (const auto& [number, name] : syscalls_of(arch)) {
      const bool is_found = syscall_name(arch, number) == name && syscall_number(arch, name) == number;
      if (!is_found || !is_syscall_name(name)) lost.push_back(call_text(arch, name, number));
    }
  }

  CHECK(lost == Strings{});
}

TEST_CASE("a table holds some 300 to 500 calls, the older ABIs the more") {
  for (const Arch arch : kKnownArchs) {
    CAPTURE(name_of(arch));
    CHECK(syscalls_of(arch).size() > 320);
    CHECK(syscalls_of(arch).size() < 500);
  }
  CHECK(syscalls_of(Arch::i386).size() > syscalls_of(Arch::x86_64).size());
  CHECK(syscalls_of(Arch::x86_64).size() > syscalls_of(Arch::aarch64).size());
}

TEST_CASE("the same number names different calls in different ABIs") {
  CHECK(syscall_name(Arch::x86_64, 59) == "execve");
  CHECK(syscall_name(Arch::i386, 11) == "execve");
  CHECK(syscall_name(Arch::x32, 520) == "execve");
  CHECK(syscall_name(Arch::aarch64, 221) == "execve");
  CHECK(syscall_name(Arch::i386, 59) == "oldolduname");
}

TEST_CASE("a number that no call has gives no name") {
  for (const Arch arch : kKnownArchs) {
    CAPTURE(name_of(arch));
    CHECK(syscall_name(arch, 600) == std::nullopt);
    CHECK(syscall_name(arch, 4096) == std::nullopt);
    CHECK(syscall_name(arch, UINT32_MAX) == std::nullopt);
  }
  CHECK(syscall_name(Arch::x86_64, 400) == std::nullopt);
}

TEST_CASE("a name that no call has gives no number") {
  for (const std::string_view name : {"", "opena", "openatt", "OPENAT", "zzz", "_"}) {
    CAPTURE(name);
    CHECK_FALSE(is_syscall_name(name));
    CHECK(syscall_number(Arch::x86_64, name) == std::nullopt);
  }
}

TEST_CASE("a call of other ABIs only has a name but no number") {
  CHECK(is_syscall_name("socketcall"));
  CHECK(syscall_number(Arch::x86_64, "socketcall") == std::nullopt);
  CHECK(syscall_number(Arch::i386, "socketcall") == 102U);
  CHECK(syscall_number(Arch::aarch64, "open") == std::nullopt);
}

TEST_CASE("the unknown ABI has no calls") {
  CHECK(syscalls_of(Arch::unknown).empty());
  CHECK(syscall_name(Arch::unknown, 0) == std::nullopt);
  CHECK(syscall_number(Arch::unknown, "read") == std::nullopt);
}

TEST_CASE("x32 calls are numbered without the bit") {
  CHECK(syscall_number(Arch::x32, "read") == 0U);
  CHECK(syscall_number(Arch::x32, "rt_sigaction") == 512U);
  CHECK(syscall_name(Arch::x32, kX32SyscallBit) == std::nullopt);
}

TEST_CASE("arm's private calls stand beyond all others") {
  CHECK(syscall_name(Arch::arm, 0xf0005) == "set_tls");
  CHECK(syscall_number(Arch::arm, "cacheflush") == 0xf0002U);
  CHECK(syscall_name(Arch::arm, 0xf0000) == std::nullopt);
}

TEST_CASE("calls the kernel has retired keep their names") {
  CHECK(syscall_name(Arch::x86_64, 184) == "tuxcall");
  CHECK(syscall_name(Arch::x86_64, 174) == "create_module");
  CHECK(syscall_name(Arch::i386, 17) == "break");
  CHECK(syscall_name(Arch::i386, 112) == "idle");
  CHECK(syscall_name(Arch::ppc64le, 225) == "tuxcall");
}

// Since Linux 5.1 a new call gets one number everywhere, 424 (pidfd_send_signal) having been the first.
TEST_CASE("from number 424 on, all ABIs agree") {
  Strings different;
  for (const Arch arch : kKnownArchs) {
    for (const auto& [number, name] : syscalls_of(arch)) {
      if (number < 424 || number >= 512) continue;
      if (syscall_name(Arch::x86_64, number) != name) different.push_back(call_text(arch, name, number));
    }
  }

  CHECK(different == Strings{});
}

// The calls of `arch` that `other` lacks or numbers differently.
Strings calls_not_in(Arch other, Arch arch) {
  Strings names;
  for (const auto& [number, name] : syscalls_of(arch)) {
    if (syscall_name(other, number) != name) names.emplace_back(name);
  }
  return names;
}

// These three take their numbers from the kernel's scripts/syscall.tbl, and add what their Makefile.syscalls names.
TEST_CASE("the ABIs of the generic table differ only in the calls they opted into") {
  const Strings only_riscv64{"riscv_hwprobe", "riscv_flush_icache"};

  CHECK(calls_not_in(Arch::aarch64, Arch::riscv64) == only_riscv64);
  CHECK(calls_not_in(Arch::riscv64, Arch::aarch64) == Strings{"renameat"});
  CHECK(calls_not_in(Arch::aarch64, Arch::loongarch64) == Strings{});
  CHECK(calls_not_in(Arch::loongarch64, Arch::aarch64) == Strings{"renameat", "getrlimit", "setrlimit"});
}

// libseccomp's token of an ABI; nothing when the linked libseccomp is older than its support.
std::optional<std::uint32_t> libseccomp_token(Arch arch) {
  std::string name(scmp_name_of(arch).substr(std::string_view("SCMP_ARCH_").size()));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const std::uint32_t token = seccomp_arch_resolve_name(name.c_str());
  return token == 0 ? std::nullopt : std::optional(token);
}

std::string name_by_libseccomp(std::uint32_t token, std::uint32_t number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(token, static_cast<int>(number)), &std::free);
  return name == nullptr ? "" : name.get();
}

// What libseccomp names below 600 and among arm's private numbers.
std::map<std::uint32_t, std::string> calls_by_libseccomp(std::uint32_t token) {
  std::map<std::uint32_t, std::string> calls;
  for (std::uint32_t number = 0; number < 0xf0010; ++number) {
    if (number == 600) number = 0xf0000;
    const std::string name = name_by_libseccomp(token, number);
    if (!name.empty()) calls.emplace(number, name);
  }
  return calls;
}

TEST_CASE("every number that libseccomp names has the same name here") {
  REQUIRE(libseccomp_token(native_arch()));

  for (const Arch arch : kKnownArchs) {
    const auto token = libseccomp_token(arch);
    if (!token) continue;  // the ABIs of the generic table are also held to each other, above
    const auto calls = calls_by_libseccomp(*token);
    CAPTURE(name_of(arch));
    CHECK(calls.size() > 290);
    CHECK(missing_from_table(arch, calls) == Strings{});
  }
}

// Whether libseccomp gives `name` this number. For a call that can also be made through socketcall or ipc it gives
// the name a number of its own, between -100 and -299, and tells the real one only the other way round.
bool agrees(std::uint32_t token, std::uint32_t number, const std::string& name) {
  const int resolved = seccomp_syscall_resolve_name_arch(token, name.c_str());
  const bool is_multiplexed = resolved <= -100 && resolved > -300;
  const auto resolved_number = static_cast<std::uint32_t>(resolved) & ~kX32SyscallBit;
  return is_multiplexed ? name_by_libseccomp(token, number) == name : resolved_number == number;
}

// Calls that some libseccomp knows, but not in an ABI where the kernel has them.
struct LaggingCall {
  std::string_view call;
  std::string_view because;
};
constexpr LaggingCall kLaggingCalls[] = {
    {"riscv64 memfd_secret 447", "in the kernel since Linux 5.14; absent from libseccomp 2.5.2 to 2.5.4"},
    {"s390x memfd_secret 447", "newer than Linux 6.1; absent from libseccomp 2.5.2 to 2.5.4"},
    {"loongarch64 memfd_secret 447", "in the kernel since Linux 7.0; absent from libseccomp 2.6.0 and 2.6.1"},
    {"x32 map_shadow_stack 453", "'common' in the kernel's syscall_64.tbl; absent from libseccomp 2.5.5"},
};

bool lags(const std::string& call) {
  return std::any_of(std::begin(kLaggingCalls), std::end(kLaggingCalls),
                     [&](const LaggingCall& lagging) { return lagging.call == call; });
}

// Where libseccomp contradicts the table of `arch`. Names it does not know at all are newer than it.
Strings contradictions(Arch arch, std::uint32_t token) {
  Strings calls;
  for (const auto& [number, name_view] : syscalls_of(arch)) {
    const std::string name(name_view);
    const bool is_known = seccomp_syscall_resolve_name_arch(token, name.c_str()) != __NR_SCMP_ERROR;
    const std::string call = call_text(arch, name, number);
    if (is_known && !agrees(token, number, name) && !lags(call)) calls.push_back(call);
  }
  return calls;
}

TEST_CASE("every name that libseccomp knows has the same number here") {
  REQUIRE(libseccomp_token(native_arch()));

  for (const Arch arch : kKnownArchs) {
    const auto token = libseccomp_token(arch);
    if (token) CHECK(contradictions(arch, *token) == Strings{});
  }
}

#if defined(__x86_64__) && __has_include(<asm/unistd_x32.h>)

// What a header of the build host's kernel numbers, e.g. "unistd_64.h".
std::map<std::uint32_t, std::string> calls_of_header(const std::string& file) {
  static const std::regex definition(R"(#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)\)?)");
  std::map<std::uint32_t, std::string> calls;
  for (const std::string folder : {"/usr/include/x86_64-linux-gnu/asm/", "/usr/include/asm/"}) {
    std::ifstream header(folder + file);
    std::smatch match;
    for (std::string line; std::getline(header, line);) {
      if (std::regex_match(line, match, definition)) {
        calls.emplace(static_cast<std::uint32_t>(std::stoul(match[2])), match[1]);
      }
    }
  }
  return calls;
}

TEST_CASE("every call that the kernel headers of this machine number is in the table") {
  const std::map<Arch, std::string> headers{
      {Arch::x86_64, "unistd_64.h"}, {Arch::i386, "unistd_32.h"}, {Arch::x32, "unistd_x32.h"}};

  for (const auto& [arch, header] : headers) {
    CAPTURE(header);
    const auto calls = calls_of_header(header);
    CHECK(calls.size() > 320);
    CHECK(missing_from_table(arch, calls) == Strings{});
  }
}

#endif

}  // namespace
}  // namespace snug
