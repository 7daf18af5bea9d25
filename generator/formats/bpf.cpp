// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/bpf.hpp"

#include <fmt/format.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "generator/core/enosys_stub.hpp"
#include "snug/syscalls.hpp"
#include "snug/verdict_code.hpp"

namespace snug {

namespace {

using Problem = std::optional<Error>;
using Comparisons = std::vector<scmp_arg_cmp>;

constexpr std::string_view kOciArchPrefix = "SCMP_ARCH_";

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

Error failure(ErrorCode code, std::string because, std::string remedy) {
  return {code, "cannot compile the profile into a filter", std::move(because), std::move(remedy)};
}

std::uint32_t enforced_action(Verdict verdict) {
  switch (verdict.action) {
    case Action::allow:
      return SCMP_ACT_ALLOW;
    case Action::log:
      return SCMP_ACT_LOG;
    case Action::notify:
      return SCMP_ACT_NOTIFY;
    case Action::trace:
      return SCMP_ACT_TRACE(verdict.errno_value);
    case Action::fail:
      return SCMP_ACT_ERRNO(verdict.errno_value);
    case Action::trap:
      return SCMP_ACT_TRAP;
    case Action::kill_thread:
      return SCMP_ACT_KILL_THREAD;
    case Action::kill_process:
      return SCMP_ACT_KILL_PROCESS;
  }
  return SCMP_ACT_KILL_PROCESS;
}

std::uint32_t action_of(Verdict verdict, Denials denials) {
  if (denials == Denials::enforced || verdict.action == Action::allow) return enforced_action(verdict);
  return SCMP_ACT_TRACE(encode(verdict));
}

scmp_compare operator_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::ne:
      return SCMP_CMP_NE;
    case Comparison::lt:
      return SCMP_CMP_LT;
    case Comparison::le:
      return SCMP_CMP_LE;
    case Comparison::eq:
      return SCMP_CMP_EQ;
    case Comparison::ge:
      return SCMP_CMP_GE;
    case Comparison::gt:
      return SCMP_CMP_GT;
    case Comparison::masked_eq:
      return SCMP_CMP_MASKED_EQ;
  }
  return SCMP_CMP_MASKED_EQ;
}

Problem add_arch(void* filter, Arch arch) {
  const std::uint32_t token = libseccomp_token_of(arch);
  const int status = token == 0 ? -EINVAL : seccomp_arch_add(filter, token);
  if (status == 0 || status == -EEXIST) return std::nullopt;
  if (status == -EDOM)
    return failure(ErrorCode::bad_input,
                   fmt::format("{} has another byte order than this machine", scmp_name_of(arch)),
                   "remove it from the profile's architectures");
  return failure(ErrorCode::unsupported,
                 fmt::format("this machine's libseccomp does not know {}", scmp_name_of(arch)),
                 "install a newer libseccomp, or remove it from the profile's architectures");
}

// Why libseccomp refused a rule. It reports the same argument twice, which callers avoid, and an index above 5
// alike.
Error refusal_of(const std::string& name, int status) {
  const std::string remedy = fmt::format("correct the profile's rules for {}", name);
  if (status == -EEXIST)
    return failure(ErrorCode::bad_input,
                   fmt::format("two rules for {} have the same conditions and different actions", name), remedy);
  return failure(ErrorCode::bad_input,
                 fmt::format("libseccomp refuses the rule for {}: {}", name, std::strerror(-status)), remedy);
}

Problem add_rule(void* filter, const std::string& name, std::uint32_t action,
                 std::span<const scmp_arg_cmp> conditions) {
  // Names are resolved for this machine's ABI. Where the name belongs to another ABI only, libseccomp gives a
  // negative number that it understands itself and translates for each ABI of the filter.
  const int number = seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR) return std::nullopt;

  const int status =
      seccomp_rule_add_array(filter, action, number, static_cast<unsigned>(conditions.size()), conditions.data());
  return status == 0 ? std::nullopt : Problem{refusal_of(name, status)};
}

bool names_an_argument_twice(const Rule& rule) {
  std::set<std::uint32_t> indexes;
  for (const Condition& condition : rule.conditions) indexes.insert(condition.index);
  return indexes.size() < rule.conditions.size();
}

// The condition sets under which the rule holds: usually one.
std::vector<Comparisons> alternatives_of(const Rule& rule) {
  Comparisons all;
  for (const Condition& condition : rule.conditions)
    all.push_back({condition.index, operator_of(condition.comparison), condition.value, condition.value_two});
  if (!names_an_argument_twice(rule)) return {all};

  std::vector<Comparisons> each;
  for (const scmp_arg_cmp& comparison : all) each.push_back({comparison});
  return each;
}

Problem add_rules(void* filter, const Profile& profile, Denials denials) {
  for (const Rule& rule : profile.rules) {
    if (rule.verdict == profile.default_verdict) continue;
    for (const std::string& name : rule.names)
      for (const Comparisons& conditions : alternatives_of(rule))
        if (auto problem = add_rule(filter, name, action_of(rule.verdict, denials), conditions)) return problem;
  }
  return std::nullopt;
}

Problem fill(void* filter, const Profile& profile, Denials denials) {
  if (denials == Denials::traced) {
    const std::uint32_t bad_arch = action_of({Action::kill_thread, 0}, denials);
    if (const int status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, bad_arch); status != 0)
      return failure(ErrorCode::unsupported, fmt::format("libseccomp: {}", std::strerror(-status)),
                     "use a kernel and a libseccomp that know SECCOMP_RET_TRACE");
  }
  for (const Arch arch : profile.architectures)
    if (auto problem = add_arch(filter, arch)) return problem;
  return add_rules(filter, profile, denials);
}

// What libseccomp writes the program to: its versions before 2.6 know files only. One message holds any program
// that the kernel would load, and no limit on the size of files touches it.
class Channel {
 public:
  Channel() { is_open_ = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_.data()) == 0; }
  ~Channel() {
    if (is_open_) std::ranges::for_each(ends_, close);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  bool is_open() const { return is_open_; }
  int write_end() const { return ends_[0]; }

  std::vector<sock_filter> read() const {
    const ssize_t size = recv(ends_[1], nullptr, 0, MSG_PEEK | MSG_TRUNC);
    std::vector<sock_filter> program(size < 0 ? 0 : static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (recv(ends_[1], program.data(), program.size() * sizeof(sock_filter), 0) != size) return {};
    return program;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  bool is_open_ = false;
};

Error too_long(std::string_view length) {
  return failure(
      ErrorCode::bad_input,
      fmt::format("it would take {} instructions, and the kernel loads at most {}", length, BPF_MAXINSNS),
      "use fewer rules with conditions");
}

Result<std::vector<sock_filter>> export_program(void* filter) {
  const Channel channel;
  const int status = channel.is_open() ? seccomp_export_bpf(filter, channel.write_end()) : -errno;
  if (status == -EMSGSIZE) return too_long("many more");
  if (status != 0)
    return failure(ErrorCode::io, fmt::format("libseccomp cannot hand it out: {}", std::strerror(-status)),
                   "free some memory and try again");

  auto program = channel.read();
  if (program.size() > BPF_MAXINSNS) return too_long(std::to_string(program.size()));
  return program;
}

std::set<CallId> calls_unknown_to_libseccomp(const Profile& profile) {
  std::set<CallId> unknown;
  for (const std::string& name : names_unknown_to_libseccomp(profile))
    for (const Arch arch : kKnownArchs)
      if (const auto number = syscall_number(arch, name)) unknown.insert({arch, *number});
  return unknown;
}

constexpr sock_filter jump(std::uint16_t test, std::uint32_t operand, std::uint8_t if_true, std::uint8_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), if_true, if_false, operand};
}

constexpr sock_filter load(std::size_t offset) {
  return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
}

// Both of x86_64's ABIs have one AUDIT_ARCH; the number's x32 bit tells them apart.
std::vector<sock_filter> stubs_of(const Profile& profile, Denials denials) {
  std::vector<sock_filter> program;
  for (const EnosysStub& stub : enosys_stubs(profile, calls_unknown_to_libseccomp(profile))) {
    const bool is_x32 = stub.arch == Arch::x32;
    const std::uint32_t first = is_x32 ? kX32SyscallBit : 0;
    const std::uint32_t behind = stub.arch == Arch::x86_64 ? kX32SyscallBit : UINT32_MAX;
    program.insert(program.end(), {load(offsetof(seccomp_data, arch)),
                                   jump(BPF_JEQ, audit_arch_of(stub.arch), 0, 4),
                                   load(offsetof(seccomp_data, nr)),
                                   jump(BPF_JGE, behind, 2, 0),
                                   jump(BPF_JGT, first + stub.largest, 0, 1),
                                   {BPF_RET | BPF_K, 0, 0, action_of({Action::fail, ENOSYS}, denials)}});
  }
  return program;
}

}  // namespace

// libseccomp's names for ABIs are the second half of their OCI names, in lower case.
std::uint32_t libseccomp_token_of(Arch arch) {
  std::string name(scmp_name_of(arch));
  if (!name.starts_with(kOciArchPrefix)) return 0;
  name.erase(0, kOciArchPrefix.size());
  std::transform(name.begin(), name.end(), name.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
  });
  return seccomp_arch_resolve_name(name.c_str());
}

Result<std::vector<sock_filter>> compile(const Profile& profile, Denials denials) {
  const Filter filter(seccomp_init(action_of(profile.default_verdict, denials)));
  if (!filter)
    return failure(
        ErrorCode::unsupported,
        fmt::format("libseccomp cannot use {} as the default action", name_of(profile.default_verdict.action)),
        "choose another defaultAction, or use a newer kernel and libseccomp");
  if (const auto problem = fill(filter.get(), profile, denials)) return *problem;
  return export_program(filter.get());
}

Result<std::vector<sock_filter>> compile_as_runc(const Profile& profile, Denials denials) {
  const auto filter = compile(profile, denials);
  if (!filter) return filter.error();
  std::vector<sock_filter> program = stubs_of(profile, denials);
  program.insert(program.end(), filter->begin(), filter->end());
  if (program.size() > BPF_MAXINSNS) return too_long(std::to_string(program.size()));
  return program;
}

std::vector<std::string> names_unknown_to_libseccomp(const Profile& profile) {
  std::set<std::string> unknown;
  for (const Rule& rule : profile.rules) {
    if (rule.verdict == profile.default_verdict) continue;
    for (const std::string& name : rule.names)
      if (seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR) unknown.insert(name);
  }
  return {unknown.begin(), unknown.end()};
}

}  // namespace snug
