// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <variant>
#include <vector>

namespace snug::tracer {

// What to hear of one task's passing through a tracepoint (perf_event_open(2)).
struct EventOptions {
  std::uint64_t tracepoint = 0;  // its id
  const char* filter = "";       // over its fields, in the language of tracefs: "cap != 21"
  std::uint16_t frames = 8;      // at most so many of the kernel's call chain
  unsigned pages = 8;            // of memory for what was not drained yet: a power of two
};

// One passing through.
struct EventSample {
  std::span<const std::uint64_t> chain;  // addresses in the kernel, innermost first, with perf's marks between them
  std::span<const std::byte> data;       // the tracepoint's fields
};

// What the kernel refused.
struct EventFailure {
  enum class Step { open, filter, map } step;
  int errno_value;
};

// An open event of one task, and the memory that the kernel writes samples to. It ends with the task; and without a
// word at the task's exec of a program that changes its ids or gives it capabilities.
class TaskEvent {
 public:
  // `tid` 0 is the calling thread. The task should be stopped: what it does before this returns may be missed.
  // EMFILE comes before the last descriptor is taken.
  static std::variant<TaskEvent, EventFailure> open(pid_t tid, const EventOptions& options);

  TaskEvent(TaskEvent&& other) noexcept;
  TaskEvent& operator=(TaskEvent&& other) noexcept;
  ~TaskEvent();

  // Takes what was sampled since the last time. It makes no system call.
  void drain(const std::function<void(const EventSample&)>& take);

  // Whether the kernel has ended the event. What was sampled before can still be drained.
  bool has_ended() const;

  // How many samples found no room.
  std::uint64_t lost() const;

 private:
  TaskEvent(int fd, std::byte* memory, std::size_t size);

  void copy(std::uint64_t position, std::span<std::byte> into) const;
  void take_record(std::span<const std::byte> record, const std::function<void(const EventSample&)>& take);

  int fd_;
  std::byte* memory_;  // a page about the ring, then the ring
  std::size_t size_;   // of the ring
  std::vector<std::byte> record_;
  std::vector<std::uint64_t> chain_;
};

}  // namespace snug::tracer
