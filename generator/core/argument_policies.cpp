// SPDX-License-Identifier: Apache-2.0
#include "generator/core/argument_policies.hpp"

#include <algorithm>
#include <array>

namespace snug {

namespace {

constexpr std::uint64_t kInt = UINT32_MAX;
constexpr std::uint64_t kSocketType = 0xf;            // without SOCK_NONBLOCK and SOCK_CLOEXEC (socket(2))
constexpr std::uint64_t kNamespaces = 0x7e020000;     // CLONE_NEW*, but CLONE_NEWTIME, which clone cannot be given
constexpr std::uint64_t kWriteOrExecute = 0x2 | 0x4;  // PROT_WRITE | PROT_EXEC

constexpr std::array<std::uint64_t, 1> kZero{0};
constexpr std::array<std::uint64_t, 1> kLocal{1};                    // AF_UNIX
constexpr std::array<std::uint64_t, 3> kOrdinaryFamilies{1, 2, 10};  // AF_UNIX, AF_INET, AF_INET6
constexpr std::array<std::uint64_t, 1> kAskOnly{UINT32_MAX};         // personality(2): only tells
constexpr std::array<std::uint64_t, 2> kNotExecutable{0, 0x2};
constexpr std::array<std::uint64_t, 3> kWritableOrExecutable{0, 0x2, 0x4};

// What C libraries, shells, language runtimes and container runtimes ask of terminals, pipes and sockets
// (ioctl_tty(2), asm-generic/ioctls.h); the same numbers on every ABI that has none of its own.
constexpr std::array<std::uint64_t, 21> kOrdinaryRequests{
    0x5401,      // TCGETS
    0x5402,      // TCSETS
    0x5403,      // TCSETSW
    0x5404,      // TCSETSF
    0x540e,      // TIOCSCTTY
    0x540f,      // TIOCGPGRP
    0x5410,      // TIOCSPGRP
    0x5411,      // TIOCOUTQ
    0x5413,      // TIOCGWINSZ
    0x5414,      // TIOCSWINSZ
    0x541b,      // FIONREAD
    0x5421,      // FIONBIO
    0x5422,      // TIOCNOTTY
    0x5450,      // FIONCLEX
    0x5451,      // FIOCLEX
    0x5452,      // FIOASYNC
    0x402c542b,  // TCSETS2, with which glibc 2.42 sets speeds
    0x402c542c,  // TCSETSW2
    0x402c542d,  // TCSETSF2
    0x80045430,  // TIOCGPTN
    0x802c542a,  // TCGETS2
};

constexpr auto kSafe = ArgumentChoice::safe;
constexpr auto kAll = ArgumentChoice::all;

constexpr std::string_view kFamilies = "AF_ALG, AF_NETLINK, AF_PACKET, AF_VSOCK and others";
constexpr std::string_view kOtherFamilies = "other families";
constexpr std::string_view kRequests = "TIOCSTI and requests to devices";
constexpr std::string_view kOtherRequests = "other requests";
constexpr std::string_view kNewNamespaces = "new namespaces";
constexpr std::string_view kOtherNamespaces = "other namespaces";
constexpr std::string_view kWritableCode = "memory that is writable and executable";
constexpr std::string_view kNewCode = "memory that is made executable";
constexpr std::string_view kPersonas = "ADDR_NO_RANDOMIZE and READ_IMPLIES_EXEC";
constexpr std::string_view kOthers = "what was not seen";

// setns(2): a namespace of whatever kind.
constexpr std::uint64_t kAnyNamespace = 0;

constexpr ArgumentPolicy kPolicies[] = {
    {"arch_prctl", "code", kInt, kAll, false, {}, kOthers, kOthers},
    {"bpf", "cmd", kInt, kSafe, false, {}, kOthers, "other commands to the kernel's BPF machine"},
    {"clone", "flags", kNamespaces, kSafe, true, kZero, kNewNamespaces, kOtherNamespaces},
    {"fcntl", "cmd", kInt, kAll, false, {}, kOthers, kOthers},
    {"fcntl64", "cmd", kInt, kAll, false, {}, kOthers, kOthers},
    {"ioctl", "request", kInt, kSafe, true, kOrdinaryRequests, kRequests, kOtherRequests},
    {"keyctl", "operation", kInt, kSafe, false, {}, kOthers, "other operations on keys"},
    {"madvise", "advice", kInt, kAll, false, {}, kOthers, kOthers},
    {"mmap", "prot", kWriteOrExecute, kSafe, true, kWritableOrExecutable, kWritableCode, kOthers, kWriteOrExecute},
    {"mmap2", "prot", kWriteOrExecute, kSafe, true, kWritableOrExecutable, kWritableCode, kOthers, kWriteOrExecute},
    {"mprotect", "prot", kWriteOrExecute, kSafe, true, kNotExecutable, kNewCode, kWritableCode, kWriteOrExecute},
    {"personality", "persona", kInt, kSafe, false, kAskOnly, kPersonas, "other personas"},
    {"pkey_mprotect", "prot", kWriteOrExecute, kSafe, true, kNotExecutable, kNewCode, kWritableCode,
     kWriteOrExecute},
    {"prctl", "option", kInt, kAll, false, {}, kOthers, kOthers},
    {"ptrace", "request", kInt, kSafe, false, {}, kOthers, "other ways to control a process"},
    {"seccomp", "operation", kInt, kAll, false, {}, kOthers, kOthers},
    {"setns", "nstype", kInt, kSafe, false, {}, kOthers, kOtherNamespaces, kAnyNamespace},
    {"socket", "domain", kInt, kSafe, false, kOrdinaryFamilies, kFamilies, kOtherFamilies},
    {"socket", "type", kSocketType, kAll, false, {}, kOthers, kOthers},
    {"socketpair", "domain", kInt, kSafe, false, kLocal, kFamilies, kOtherFamilies},
    {"socketpair", "type", kSocketType, kAll, false, {}, kOthers, kOthers},
    {"unshare", "flags", kInt, kSafe, false, {}, kOthers, kOtherNamespaces},
};
static_assert(std::ranges::is_sorted(kPolicies, {}, &ArgumentPolicy::call));

}  // namespace

std::span<const ArgumentPolicy> argument_policies() {
  return kPolicies;
}

}  // namespace snug
