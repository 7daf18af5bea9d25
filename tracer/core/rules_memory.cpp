// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <linux/mempolicy.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>

#include <array>

#include "tracer/core/rules.hpp"

// Memory that stays, and the objects of System V (mm/mlock.c, ipc/util.c).
namespace snug::tracer {
namespace {

void need_to_lock(Surroundings& around, Judgement& judgement, std::uint64_t bytes) {
  const auto limit = around.limit(around.own().process, RLIMIT_MEMLOCK);
  if (!limit || limit->soft == RLIM_INFINITY) return;
  if (limit->soft != 0 && around.memory("VmLck") + bytes <= limit->soft) return;
  judgement.all(kIpcLock);
  judgement.on = fmt::format("{} bytes of memory that stay, the limit being {}", bytes, limit->soft);
}

// Pages stay as a whole.
constexpr std::uint64_t kPage = 4096;  // the least that there is

std::uint64_t bytes_of_pages(std::uint64_t start, std::uint64_t size) {
  return (start % kPage + size + kPage - 1) / kPage * kPage;
}

void lock(const Call& call, Surroundings& around, Judgement& judgement) {
  need_to_lock(around, judgement, bytes_of_pages(call.arguments[0], call.arguments[1]));
}

void lock_all(const Call& call, Surroundings& around, Judgement& judgement) {
  if ((call.arguments[0] & MCL_CURRENT) != 0) {
    need_to_lock(around, judgement, around.memory("VmSize") - around.memory("VmLck"));
  } else {
    need_to_lock(around, judgement, 0);
  }
}

void map(const Call& call, Surroundings& around, Judgement& judgement) {
  const std::uint64_t flags = call.arguments[3];
  if ((flags & MAP_LOCKED) != 0) need_to_lock(around, judgement, bytes_of_pages(0, call.arguments[1]));
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0) return;
  const auto least = around.setting("vm/mmap_min_addr").value_or(65536);
  if (call.arguments[0] >= static_cast<std::uint64_t>(least)) return;
  judgement.all(kSysRawio);
  judgement.on = fmt::format("memory at {:#x}", call.arguments[0]);
}

void move_pages(const Call& call, Surroundings& around, Judgement& judgement) {
  need_to_look_into(around, judgement, process_of(call, 0, around), Surroundings::By::real_ids);
  if ((call.arguments[5] & MPOL_MF_MOVE_ALL) != 0) judgement.all(kSysNice);
}

void bind_memory(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  if ((call.arguments[5] & MPOL_MF_MOVE_ALL) == 0) return;
  judgement.all(kSysNice);
  judgement.on = "pages that others use too";
}

void advise(const Call& call, Surroundings& /*around*/, Judgement& judgement) {
  constexpr int kSoftOffline = 101;  // MADV_SOFT_OFFLINE, which not every C library has
  if (int_of(call, 2) != MADV_HWPOISON && int_of(call, 2) != kSoftOffline) return;
  judgement.all(kSysAdmin);
  judgement.on = "broken memory";
}

// ipcperms(): the bits of the first class that fits.
void need_ipc(Surroundings& around, Judgement& judgement, const std::optional<IpcFacts>& facts, unsigned wanted) {
  if (!facts) return;
  const Credentials& own = around.own();
  const std::uint32_t uid = own.uid.effective;
  const auto in_group = [&](std::uint32_t gid) {
    return gid == own.gid.effective || std::ranges::find(own.groups, gid) != own.groups.end();
  };
  unsigned granted = facts->mode;
  if (uid == facts->uid || uid == facts->creator_uid) {
    granted >>= 6U;
  } else if (in_group(facts->gid) || in_group(facts->creator_gid)) {
    granted >>= 3U;
  }
  if ((wanted & ~granted & 7U) == 0) return;
  judgement.all(kIpcOwner);
  judgement.on = fmt::format("a System V object of uid {}, mode {:o}", facts->uid, facts->mode & 0777U);
}

template <IpcKind kind>
void get_ipc(const Call& call, Surroundings& around, Judgement& judgement) {
  constexpr int kFlags = kind == IpcKind::msg ? 1 : 2;
  if (int_of(call, 0) == IPC_PRIVATE) return;
  const auto flags = static_cast<unsigned>(call.arguments[kFlags]);
  const unsigned wanted = ((flags >> 6U) | (flags >> 3U) | flags) & 7U;
  need_ipc(around, judgement, around.ipc_of_key(kind, int_of(call, 0)), wanted);
}

template <IpcKind kind, unsigned access>
void use_ipc(const Call& call, Surroundings& around, Judgement& judgement) {
  need_ipc(around, judgement, around.ipc(kind, int_of(call, 0)), access);
}

void attach(const Call& call, Surroundings& around, Judgement& judgement) {
  const bool reads_only = (call.arguments[2] & SHM_RDONLY) != 0;
  need_ipc(around, judgement, around.ipc(IpcKind::shm, int_of(call, 0)), reads_only ? 4 : 6);
}

constexpr int kShmLock = 11;  // SHM_LOCK
constexpr int kShmUnlock = 12;
constexpr int kSetValue = 16;  // SETVAL
constexpr int kSetAll = 17;

// What tells of the whole system, or of anybody's object, is anybody's.
bool is_for_all(IpcKind kind, int command) {
  constexpr int kShmInfo = 14;  // SHM_INFO and so on, by number since the C library hides them
  constexpr int kShmStatAny = 15;
  constexpr int kSemInfo = 19;
  constexpr int kSemStatAny = 20;
  constexpr int kMsgInfo = 12;
  constexpr int kMsgStatAny = 13;
  switch (kind) {
    case IpcKind::shm:
      return command == IPC_INFO || command == kShmInfo || command == kShmStatAny;
    case IpcKind::sem:
      return command == IPC_INFO || command == kSemInfo || command == kSemStatAny;
    default:
      return command == IPC_INFO || command == kMsgInfo || command == kMsgStatAny;
  }
}

template <IpcKind kind>
void control_ipc(const Call& call, Surroundings& around, Judgement& judgement) {
  constexpr int kCommand = kind == IpcKind::sem ? 2 : 1;
  const int command = int_of(call, kCommand);
  if (is_for_all(kind, command)) return;
  const auto facts = around.ipc(kind, int_of(call, 0));
  if (!facts) return;
  const std::uint32_t uid = around.own().uid.effective;
  const bool is_owner = uid == facts->uid || uid == facts->creator_uid;
  if (command == IPC_SET || command == IPC_RMID) {
    if (is_owner) return;
    judgement.all(kSysAdmin);
  } else if (kind == IpcKind::shm && (command == kShmLock || command == kShmUnlock)) {
    const auto limit = around.limit(around.own().process, RLIMIT_MEMLOCK);
    if (is_owner && (command == kShmUnlock || (limit && limit->soft != 0))) return;
    judgement.all(kIpcLock);
  } else {
    const bool writes = kind == IpcKind::sem && (command == kSetValue || command == kSetAll);
    need_ipc(around, judgement, facts, writes ? 2 : 4);
    return;
  }
  judgement.on = fmt::format("a System V object of uid {}", facts->uid);
}

constexpr CapabilitySet kLock = set_of({kIpcLock});
constexpr CapabilitySet kOwner = set_of({kIpcOwner});
constexpr CapabilitySet kControl = set_of({kIpcOwner, kIpcLock, kSysAdmin});

constexpr std::array kRules{
    NamedRule{"mlock", {kLock, lock}},
    NamedRule{"mlock2", {kLock, lock}},
    NamedRule{"mlockall", {kLock, lock_all}},
    NamedRule{"mmap", {set_of({kIpcLock, kSysRawio}), map}},
    NamedRule{"move_pages", {set_of({kSysPtrace, kSysNice}), move_pages}},
    NamedRule{"mbind", {set_of({kSysNice}), bind_memory}},
    NamedRule{"madvise", {set_of({kSysAdmin}), advise}},
    NamedRule{"shmget", {kOwner, get_ipc<IpcKind::shm>}},
    NamedRule{"semget", {kOwner, get_ipc<IpcKind::sem>}},
    NamedRule{"msgget", {kOwner, get_ipc<IpcKind::msg>}},
    NamedRule{"shmat", {kOwner, attach}},
    NamedRule{"semop", {kOwner, use_ipc<IpcKind::sem, 2>}},
    NamedRule{"semtimedop", {kOwner, use_ipc<IpcKind::sem, 2>}},
    NamedRule{"msgsnd", {kOwner, use_ipc<IpcKind::msg, 2>}},
    NamedRule{"msgrcv", {kOwner, use_ipc<IpcKind::msg, 4>}},
    NamedRule{"shmctl", {kControl, control_ipc<IpcKind::shm>}},
    NamedRule{"semctl", {kControl, control_ipc<IpcKind::sem>}},
    NamedRule{"msgctl", {kControl, control_ipc<IpcKind::msg>}},
};

}  // namespace

std::span<const NamedRule> memory_rules() {
  return kRules;
}

}  // namespace snug::tracer
