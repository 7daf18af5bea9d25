// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace snug {

// What kind of failure an Error is; the command line maps it to an exit status.
enum class ErrorCode {
  usage,           // the command line asks for something that cannot be
  bad_input,       // a file is missing, unreadable, malformed or of another schema
  refused,         // the input is well-formed, but using it would be unsafe (an incomplete recording)
  not_found,       // the workload's command does not exist
  not_executable,  // the workload's command exists and cannot be run
  not_permitted,   // the kernel forbids what we need (ptrace, seccomp)
  unsupported,     // the kernel or the machine lacks what we need
  io,              // reading or writing failed
};

// A failure in the words the user will read: what failed, why, and what to do about it.
struct Error {
  ErrorCode code;
  std::string what;
  std::string because;
  std::string remedy;

  bool operator==(const Error&) const = default;
};

// Either a value or the Error that prevented it.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return content_.index() == 0; }

  T& operator*() { return *pointer(); }
  const T& operator*() const { return *pointer(); }
  T* operator->() { return pointer(); }
  const T* operator->() const { return pointer(); }

  const Error& error() const {
    assert(content_.index() == 1);
    return *std::get_if<1>(&content_);
  }

 private:
  T* pointer() {
    assert(content_.index() == 0);
    return std::get_if<0>(&content_);
  }
  const T* pointer() const {
    assert(content_.index() == 0);
    return std::get_if<0>(&content_);
  }

  std::variant<T, Error> content_;
};

// The value of an operation that yields nothing but success.
using Done = std::monostate;

}  // namespace snug
