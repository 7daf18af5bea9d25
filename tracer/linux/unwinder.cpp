// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/unwinder.hpp"

#include <libunwind-ptrace.h>

#include <map>
#include <tuple>
#include <utility>

#include "tracer/linux/mapped_code.hpp"
#include "tracer/linux/memory_map.hpp"

namespace snug::tracer {
namespace {

constexpr std::size_t kMaxFrames = 64;
// Words that one walk may read; one of 64 frames reads some 5,000. An unwind table may hold loops without an end.
constexpr std::size_t kMaxReads = 20'000;

thread_local std::size_t reads_left = 0;

int read_word(unw_addr_space_t space, unw_word_t address, unw_word_t* word, int write, void* state) {
  if (reads_left == 0) return -UNW_EINVAL;
  --reads_left;
  return _UPT_access_mem(space, address, word, write, state);
}

unw_addr_space_t make_space() {
  unw_accessors_t accessors = _UPT_accessors;
  accessors.access_mem = read_word;
  return unw_create_addr_space(&accessors, 0);
}

// The state that libunwind keeps of one task.
using TaskState = std::unique_ptr<void, decltype(&_UPT_destroy)>;

unw_word_t register_of(unw_cursor_t& cursor, int number) {
  unw_word_t value = 0;
  return unw_get_reg(&cursor, number, &value) == 0 ? value : 0;
}

// Whether an unwind table tells who called the function that the cursor is at. Without one libunwind guesses.
bool has_table(unw_cursor_t& cursor) {
  unw_proc_info_t function{};
  return unw_get_proc_info(&cursor, &function) == 0 && function.unwind_info_size != 0;
}

}  // namespace

// What is remembered from walk to walk. Programs make most of their first calls one after the other, so that what
// was learnt about a program's code serves again and again until another program is looked at.
struct Unwinder::Walker {
  Walker() : space(make_space()), state(nullptr, &_UPT_destroy) { unw_set_caching_policy(space, UNW_CACHE_GLOBAL); }
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;
  ~Walker() {
    state.reset();
    unw_destroy_addr_space(space);
  }

  void look_at(pid_t next_tid) {
    MemoryMap next_map = MemoryMap::of(next_tid);
    if (next_map != map) unw_flush_cache(space, 0, 0);
    if (next_map != map) code.forget_mappings();
    if (next_map != map || next_tid != tid) state.reset(_UPT_create(next_tid));
    map = std::move(next_map);
    tid = next_tid;
    reads_left = kMaxReads;
  }

  // Adds the frame that the cursor is at. False if the walk must end there.
  bool add_frame(Stack& stack, unw_cursor_t& cursor) {
    const unw_word_t address = register_of(cursor, UNW_REG_IP);
    if (!stack.frames.empty() && !map.has_code(address)) return false;

    // A call returns behind itself, which may be where the next function begins already. What a signal interrupted
    // goes on at the very address, and so does what the signal's handler returns to.
    const bool is_signal_frame = unw_is_signal_frame(&cursor) > 0;
    const bool is_behind_call = !std::exchange(was_signal_frame, is_signal_frame) && !is_signal_frame;
    const MappedCode::Place place{tid, address, map.origin_of(address), map.name_of_mapping(address)};
    stack.frames.push_back({place.origin.path, code.build_id_of(place), place.origin.offset,
                            code.function_at(place, is_behind_call ? 1 : 0)});
    return code.may_be_unwound(place);
  }

  // Goes to the caller. False if there is none, or none that can be found.
  bool step(Stack& stack, unw_cursor_t& cursor) {
    const bool told = is_told(stack.frames.back(), cursor);
    const unw_word_t stack_pointer = register_of(cursor, UNW_REG_SP);
    const int more = unw_step(&cursor);
    if (!told && more > 0) only_told = false;
    if (more == 0) {
      // Whoever still has the stack pointer that the program began with was called by nobody.
      const bool is_outermost =
          told ? register_of(cursor, UNW_REG_SP) > stack_pointer : stack_pointer == initial_stack_pointer(tid);
      stack.partial = !(only_told && is_outermost);
    }
    return more > 0;
  }

  // To look for a table takes libunwind through the whole map of the task; what a file has is remembered.
  bool is_told(const Frame& frame, unw_cursor_t& cursor) {
    if (frame.object.empty()) return has_table(cursor);
    const auto [place, is_new] = tables.try_emplace({frame.object, frame.build_id, frame.offset});
    if (is_new) place->second = has_table(cursor);
    return place->second;
  }

  unw_addr_space_t space;
  TaskState state;
  pid_t tid = 0;
  MemoryMap map;
  MappedCode code;
  std::map<std::tuple<std::string, std::string, std::uint64_t>, bool> tables;
  bool was_signal_frame = false;  // the frame before, in this walk
  bool only_told = true;          // no frame of this walk was guessed
};

Unwinder::Unwinder() : walker_(std::make_unique<Walker>()) {}

Unwinder::~Unwinder() = default;

Stack Unwinder::walk(pid_t tid) {
  Stack stack;
  unw_cursor_t cursor;
  walker_->look_at(tid);
  if (!walker_->state || unw_init_remote(&cursor, walker_->space, walker_->state.get()) != 0) return stack;

  stack.partial = true;
  walker_->was_signal_frame = false;
  walker_->only_told = true;
  while (stack.frames.size() < kMaxFrames && walker_->add_frame(stack, cursor) && walker_->step(stack, cursor)) {
  }
  return stack;
}

}  // namespace snug::tracer
