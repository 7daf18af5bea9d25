// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/secure_execution.hpp"

#include <elf.h>
#include <linux/audit.h>
#include <sys/ptrace.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace snug::tracer {
namespace {

// Bounds how long a program with a huge command line and environment holds us up.
constexpr int kMostWords = 1 << 18;

// A new program's stack, read word by word: argc, the arguments, 0, the environment, 0, and pairs of a key and a
// value, the last key 0.
class NewStack {
 public:
  explicit NewStack(pid_t tid) : tid_(tid) {
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0) return;
    place_ = info.stack_pointer;
    size_ = (info.arch & __AUDIT_ARCH_64BIT) != 0 ? 8 : 4;
    left_ = kMostWords;
  }

  // Nothing when no word can be read.
  std::optional<std::uint64_t> next() {
    if (left_-- <= 0) return std::nullopt;
    errno = 0;
    const long word = ptrace(PTRACE_PEEKDATA, tid_, place_, nullptr);
    if (errno != 0) return std::nullopt;
    std::uint64_t value = 0;
    std::memcpy(&value, &word, size_);  // all architectures that snug runs on are little-endian
    place_ += size_;
    return value;
  }

  bool skip_list() {
    auto word = next();
    while (word && *word != 0) word = next();
    return word.has_value();
  }

 private:
  pid_t tid_;
  std::uint64_t place_ = 0;
  std::size_t size_ = 0;
  int left_ = 0;
};

}  // namespace

std::optional<bool> is_secure_execution(pid_t tid) {
  NewStack stack(tid);
  if (!stack.next() || !stack.skip_list() || !stack.skip_list()) return std::nullopt;
  while (const auto key = stack.next()) {
    const auto value = stack.next();
    if (*key == AT_NULL || !value) return std::nullopt;
    if (*key == AT_SECURE) return *value != 0;
  }
  return std::nullopt;
}

}  // namespace snug::tracer
