// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/unwinder.hpp"

#include <libunwind-ptrace.h>

#include <array>
#include <map>
#include <utility>

#include "tracer/linux/memory_map.hpp"

namespace snug::tracer {
namespace {

constexpr std::size_t kMaxFrames = 64;

// The name of the function that `address` is in. A stripped file names only some of its functions, and libunwind
// then gives the nearest one before; the unwind table, which no file lacks, tells where the function really begins.
std::string symbol_at(unw_cursor_t& cursor, unw_word_t address) {
  std::array<char, 512> name{};
  unw_word_t distance = 0;
  unw_proc_info_t function{};
  const int outcome = unw_get_proc_name(&cursor, name.data(), name.size(), &distance);
  const bool named = outcome == 0 || outcome == -UNW_ENOMEM;
  if (!named || unw_get_proc_info(&cursor, &function) != 0) return {};
  return address - distance == function.start_ip ? name.data() : "";
}

// The state that libunwind keeps of one task.
using TaskState = std::unique_ptr<void, decltype(&_UPT_destroy)>;

}  // namespace

// What is remembered from walk to walk. Programs make most of their first calls one after the other, so that what
// was learnt about a program's code serves again and again until another program is looked at.
struct Unwinder::Walker {
  Walker() : space(unw_create_addr_space(&_UPT_accessors, 0)), state(nullptr, &_UPT_destroy) {
    unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
  }
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;
  ~Walker() {
    state.reset();
    unw_destroy_addr_space(space);
  }

  void look_at(pid_t next_tid) {
    MemoryMap next_map = MemoryMap::of(next_tid);
    if (next_map != map) unw_flush_cache(space, 0, 0);
    if (next_map != map || next_tid != tid) state.reset(_UPT_create(next_tid));
    map = std::move(next_map);
    tid = next_tid;
  }

  const std::string& symbol_of(const Origin& origin, unw_cursor_t& cursor, unw_word_t address) {
    const auto [place, is_new] = symbols.try_emplace(origin);
    // Where no file is mapped the same address may be another function the next time.
    if (is_new || origin.path.empty()) place->second = symbol_at(cursor, address);
    return place->second;
  }

  unw_addr_space_t space;
  TaskState state;
  pid_t tid = 0;
  MemoryMap map;
  std::map<Origin, std::string> symbols;
};

Unwinder::Unwinder() : walker_(std::make_unique<Walker>()) {}

Unwinder::~Unwinder() = default;

Stack Unwinder::walk(pid_t tid) {
  Stack stack;
  unw_cursor_t cursor;
  walker_->look_at(tid);
  if (!walker_->state || unw_init_remote(&cursor, walker_->space, walker_->state.get()) != 0) return stack;

  int more = 1;
  while (more > 0 && stack.frames.size() < kMaxFrames) {
    unw_word_t address = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &address) != 0) break;
    const Origin origin = walker_->map.origin_of(address);
    stack.frames.push_back({origin.path, {}, origin.offset, walker_->symbol_of(origin, cursor, address)});
    more = unw_step(&cursor);
  }
  stack.partial = more != 0;
  return stack;
}

}  // namespace snug::tracer
