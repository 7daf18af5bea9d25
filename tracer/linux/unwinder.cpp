// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/unwinder.hpp"

#include <fmt/format.h>
#include <libunwind-ptrace.h>
#include <sys/stat.h>

#include <array>
#include <map>
#include <utility>

#include "tracer/linux/executable.hpp"
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
    if (next_map != map) {
      unw_flush_cache(space, 0, 0);
      build_ids_of_map.clear();
    }
    if (next_map != map || next_tid != tid) state.reset(_UPT_create(next_tid));
    map = std::move(next_map);
    tid = next_tid;
  }

  const std::string& build_id_of(const Origin& origin, unw_word_t address) {
    const auto [place, is_new] = build_ids_of_map.try_emplace(map.name_of_mapping(address));
    if (is_new && origin.path.starts_with('/')) place->second = read_build_id_of(origin, place->first);
    return place->second;
  }

  // The kernel shows mapped files as they are, deleted ones too, but to a privileged tracer only. Under the path
  // may be another file by now.
  std::string read_build_id_of(const Origin& origin, const std::string& mapping) {
    if (auto id = build_ids.read(fmt::format("/proc/{}/map_files/{}", tid, mapping))) return *std::move(id);
    const std::string path = fmt::format("/proc/{}/root{}", tid, origin.path);
    struct stat facts = {};
    const bool is_same =
        stat(path.c_str(), &facts) == 0 && origin.file_id.ends_with(fmt::format(":{}", facts.st_ino));
    return is_same ? build_ids.read(path).value_or("") : "";
  }

  const std::string& symbol_of(const Origin& origin, unw_cursor_t& cursor, unw_word_t address) {
    // A file that was written anew may still be the same by its path, device and inode.
    const auto [place, is_new] = symbols.try_emplace(std::pair{origin, build_id_of(origin, address)});
    // Where no file is mapped the same address may be another function the next time.
    if (is_new || origin.path.empty()) place->second = symbol_at(cursor, address);
    return place->second;
  }

  unw_addr_space_t space;
  TaskState state;
  pid_t tid = 0;
  MemoryMap map;
  BuildIdReader build_ids;
  std::map<std::string, std::string> build_ids_of_map;  // by mapping, for as long as the map stays the same
  std::map<std::pair<Origin, std::string>, std::string> symbols;  // by origin and its file's build id
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
    stack.frames.push_back({origin.path, walker_->build_id_of(origin, address), origin.offset,
                            walker_->symbol_of(origin, cursor, address)});
    more = unw_step(&cursor);
  }
  stack.partial = more != 0;
  return stack;
}

}  // namespace snug::tracer
