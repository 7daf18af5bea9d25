// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/tracepoint_event.hpp"

#include <linux/perf_event.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <utility>

namespace snug::tracer {
namespace {

constexpr std::uint64_t kReadLost = 1U << 4U;  // PERF_FORMAT_LOST, which headers before Linux 6.0 lack

// So many descriptors are left to the rest of snug, which could not even write its recording without.
constexpr rlim_t kDescriptorsToSpare = 64;

bool leaves_descriptors(int fd) {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) != 0 || static_cast<rlim_t>(fd) + kDescriptorsToSpare < limit.rlim_cur;
}

std::size_t page_size() {
  return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// The kernel refuses chains that are longer than kernel.perf_event_max_stack.
std::uint16_t frames_within_limit(std::uint16_t wanted) {
  std::ifstream file("/proc/sys/kernel/perf_event_max_stack");
  unsigned limit = 0;
  file >> limit;
  return file ? static_cast<std::uint16_t>(std::min<unsigned>(wanted, limit)) : wanted;
}

int open_event(pid_t tid, const EventOptions& options) {
  static const auto frames_limit = frames_within_limit(std::numeric_limits<std::uint16_t>::max());
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = PERF_TYPE_TRACEPOINT;
  wanted.config = options.tracepoint;
  wanted.sample_period = 1;
  wanted.sample_type = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW;
  wanted.read_format = kReadLost;
  wanted.exclude_callchain_user = 1;
  wanted.sample_max_stack = std::min(options.frames, frames_limit);
  // Nobody is to be woken: the ring is drained when the task has stopped.
  wanted.watermark = 1;
  wanted.wakeup_watermark = std::numeric_limits<std::int32_t>::max();
  const auto fd = static_cast<int>(syscall(SYS_perf_event_open, &wanted, tid, -1, -1, PERF_FLAG_FD_CLOEXEC));
  if (fd < 0 || leaves_descriptors(fd)) return fd;
  close(fd);
  errno = EMFILE;
  return -1;
}

// Reads numbers one after the other from a record.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> rest) : rest_(rest) {}

  // 0 behind the end.
  template <typename Number>
  Number next() {
    Number number = 0;
    const auto taken = take(sizeof number);
    std::memcpy(&number, taken.data(), taken.size());
    return number;
  }

  // Shorter at the end.
  std::span<const std::byte> take(std::size_t size) {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  std::size_t left() const { return rest_.size(); }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace

std::variant<TaskEvent, EventFailure> TaskEvent::open(pid_t tid, const EventOptions& options) {
  const int fd = open_event(tid, options);
  if (fd < 0) return EventFailure{EventFailure::Step::open, errno};
  if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, options.filter) != 0) {
    const EventFailure failure{EventFailure::Step::filter, errno};
    close(fd);
    return failure;
  }
  const std::size_t size = options.pages * page_size();
  void* const memory = mmap(nullptr, size + page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    const EventFailure failure{EventFailure::Step::map, errno};
    close(fd);
    return failure;
  }
  return TaskEvent(fd, static_cast<std::byte*>(memory), size);
}

TaskEvent::TaskEvent(int fd, std::byte* memory, std::size_t size) : fd_(fd), memory_(memory), size_(size) {}

TaskEvent::TaskEvent(TaskEvent&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), memory_(std::exchange(other.memory_, nullptr)), size_(other.size_) {}

TaskEvent& TaskEvent::operator=(TaskEvent&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}

TaskEvent::~TaskEvent() {
  if (memory_ != nullptr) munmap(memory_, size_ + page_size());
  if (fd_ >= 0) close(fd_);
}

// The kernel moves the head and we the tail; both only grow, and lie in the ring by their remainder.
void TaskEvent::drain(const std::function<void(const EventSample&)>& take) {
  auto& page = *reinterpret_cast<perf_event_mmap_page*>(memory_);
  const auto head = std::atomic_ref(page.data_head).load(std::memory_order_acquire);
  auto tail = page.data_tail;
  while (tail < head) {
    perf_event_header header{};
    copy(tail, std::as_writable_bytes(std::span(&header, 1)));
    if (header.size < sizeof header) break;
    record_.resize(header.size - sizeof header);
    copy(tail + sizeof header, record_);
    if (header.type == PERF_RECORD_SAMPLE) take_record(record_, take);
    tail += header.size;
  }
  std::atomic_ref(page.data_tail).store(head, std::memory_order_release);
}

void TaskEvent::copy(std::uint64_t position, std::span<std::byte> into) const {
  const std::byte* const ring = memory_ + page_size();
  const std::size_t from = position % size_;
  const std::size_t before_end = std::min(into.size(), size_ - from);
  std::copy_n(ring + from, before_end, into.begin());
  std::copy_n(ring, into.size() - before_end, into.begin() + static_cast<std::ptrdiff_t>(before_end));
}

// { u64 nr; u64 ips[nr]; u32 size; char data[size]; }
void TaskEvent::take_record(std::span<const std::byte> record,
                            const std::function<void(const EventSample&)>& take) {
  Cursor cursor(record);
  const auto frames = cursor.next<std::uint64_t>();
  chain_.clear();
  while (chain_.size() < frames && cursor.left() > 0) chain_.push_back(cursor.next<std::uint64_t>());
  const auto size = cursor.next<std::uint32_t>();
  take({chain_, cursor.take(size)});
}

bool TaskEvent::has_ended() const {
  pollfd event{fd_, POLLIN, 0};
  return poll(&event, 1, 0) > 0 && (event.revents & POLLHUP) != 0;
}

// Not from the ring, where losses are told only before the next sample that finds room.
std::uint64_t TaskEvent::lost() const {
  std::array<std::uint64_t, 2> value_and_lost{};
  return read(fd_, value_and_lost.data(), sizeof value_and_lost) == sizeof value_and_lost ? value_and_lost[1] : 0;
}

}  // namespace snug::tracer
