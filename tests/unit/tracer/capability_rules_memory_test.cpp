// SPDX-License-Identifier: Apache-2.0
// Memory that stays, and the objects of System V: rules_memory.cpp.
#include <linux/mempolicy.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kStart = 16 * kPage;

void limit_locked(PlayedSurroundings& around, std::uint64_t soft) {
  around.limits[{100, RLIMIT_MEMLOCK}] = {.soft = soft, .hard = soft};
}

// Of four pages one is locked already; all memory is three.
void limit_to_four_pages(PlayedSurroundings& around) {
  limit_locked(around, 4 * kPage);
  around.used = {{"VmLck", kPage}, {"VmSize", 3 * kPage}};
}
void use_five_pages(PlayedSurroundings& around) {
  limit_to_four_pages(around);
  around.used["VmSize"] = 5 * kPage;
}
void limit_to_nothing(PlayedSurroundings& around) {
  limit_locked(around, 0);
}
void do_not_limit(PlayedSurroundings& around) {
  limit_locked(around, RLIM_INFINITY);
  around.used = {{"VmLck", kPage}};
}
void reserve_low_memory(PlayedSurroundings& around) {
  around.settings["vm/mmap_min_addr"] = kStart;
}
void have_others(PlayedSurroundings& around) {
  around.processes = {{200, user(200, kOthers)}};
}

// Objects with number and key 1 are the task's, 2 were made by it, 3 are its group's, and 4 somebody else's.
void furnish(PlayedSurroundings& around) {
  limit_locked(around, kPage);
  for (const IpcKind kind : {IpcKind::shm, IpcKind::sem, IpcKind::msg}) {
    const std::vector<IpcFacts> facts{{kMine, kMine, kMine, kMine, 0600},
                                      {kOthers, kOthers, kMine, kMine, 0400},
                                      {kOthers, 50, kOthers, kOthers, 0640},
                                      {kOthers, kOthers, kOthers, kOthers, 0604}};
    for (std::size_t i = 0; i < facts.size(); ++i) {
      around.objects[{kind, static_cast<int>(i + 1)}] = facts[i];
      around.keyed[{kind, static_cast<int>(i + 1)}] = facts[i];
    }
  }
}
void furnish_without_locking(PlayedSurroundings& around) {
  furnish(around);
  limit_locked(around, 0);
}
// A program that another user's bit lets use the group's objects still goes by its effective user.
void act_as_their_group(PlayedSurroundings& around) {
  furnish(around);
  around.credentials.gid.effective = kOthers;
}
void make_readable(PlayedSurroundings& around) {
  furnish(around);
  around.objects[{IpcKind::sem, 0}] = {kOthers, kOthers, kOthers, kOthers, 0600};
  around.objects[{IpcKind::shm, 0}] = {kOthers, kOthers, kOthers, kOthers, 0600};
  around.objects[{IpcKind::msg, 0}] = {kOthers, kOthers, kOthers, kOthers, 0600};
}

}  // namespace

std::span<const RuleCase> memory_cases() {
  static const std::vector<RuleCase> kCases{
      {"up to the limit exactly", "mlock", {kStart, 3 * kPage}, "", limit_to_four_pages},
      {"one byte more", "mlock", {kStart, 3 * kPage + 1}, "IPC_LOCK", limit_to_four_pages},
      {"whole pages stay, however little of the last",
       "mlock",
       {kStart + 1, 3 * kPage},
       "IPC_LOCK",
       limit_to_four_pages},
      {"without a limit", "mlock", {kStart, 1U << 30U}, "", do_not_limit},
      {"where nothing may stay", "mlock", {kStart, 0}, "IPC_LOCK", limit_to_nothing},
      {"where the limit is not told", "mlock", {kStart, kPage}, ""},
      {"up to the limit exactly", "mlock2", {kStart, 3 * kPage, 0}, "", limit_to_four_pages},
      {"more", "mlock2", {kStart, 4 * kPage, 0}, "IPC_LOCK", limit_to_four_pages},
      {"all that there is, within the limit", "mlockall", {MCL_CURRENT}, "", limit_to_four_pages},
      {"all that there is, beyond the limit", "mlockall", {MCL_CURRENT | MCL_FUTURE}, "IPC_LOCK", use_five_pages},
      {"only what will be", "mlockall", {MCL_FUTURE}, "", use_five_pages},
      {"what will be, where nothing may stay", "mlockall", {MCL_FUTURE}, "IPC_LOCK", limit_to_nothing},

      {"anywhere", "mmap", {0, kPage, 0, MAP_PRIVATE | MAP_ANONYMOUS}, "", reserve_low_memory},
      {"locked within the limit", "mmap", {0, 3 * kPage, 0, MAP_LOCKED}, "", limit_to_four_pages},
      {"locked beyond the limit", "mmap", {0, 4 * kPage, 0, MAP_LOCKED}, "IPC_LOCK", limit_to_four_pages},
      {"at the lowest address", "mmap", {kStart, kPage, 0, MAP_FIXED}, "", reserve_low_memory},
      {"just below", "mmap", {kStart - kPage, kPage, 0, MAP_FIXED}, "SYS_RAWIO", reserve_low_memory},
      {"just below, where nothing is",
       "mmap",
       {kStart - kPage, kPage, 0, MAP_FIXED_NOREPLACE},
       "SYS_RAWIO",
       reserve_low_memory},
      {"low, where the lowest address is not told", "mmap", {0, kPage, 0, MAP_FIXED}, "SYS_RAWIO"},

      {"one's own", "move_pages", {0, 1, 0, 0, 0, MPOL_MF_MOVE}, ""},
      {"one's own, shared ones as well", "move_pages", {0, 1, 0, 0, 0, MPOL_MF_MOVE_ALL}, "SYS_NICE"},
      {"another's", "move_pages", {200, 1, 0, 0, 0, MPOL_MF_MOVE}, "SYS_PTRACE", have_others},
      {"one's own", "mbind", {0, kPage, 0, 0, 0, MPOL_MF_MOVE}, ""},
      {"shared ones as well", "mbind", {0, kPage, 0, 0, 0, MPOL_MF_MOVE_ALL}, "SYS_NICE"},
      {"advice", "madvise", {0, kPage, MADV_DONTNEED}, ""},
      {"breaking memory", "madvise", {0, kPage, MADV_HWPOISON}, "SYS_ADMIN"},
      {"breaking memory gently", "madvise", {0, kPage, 101}, "SYS_ADMIN"},

      {"a new one", "shmget", {IPC_PRIVATE, 1, 0600}, "", furnish},
      {"one's own", "shmget", {1, 1, 0600}, "", furnish},
      {"another's, to read", "shmget", {4, 1, 0400}, "", furnish},
      {"another's, to write", "shmget", {4, 1, 0600}, "IPC_OWNER", furnish},
      {"what one made, to write", "shmget", {2, 1, 0600}, "IPC_OWNER", furnish},
      {"the group's, to read", "shmget", {3, 1, 0040}, "", furnish},
      {"the group's, to write", "shmget", {3, 1, 0020}, "IPC_OWNER", furnish},
      {"whoever is in the group is not somebody else", "shmget", {4, 1, 0400}, "IPC_OWNER", act_as_their_group},
      {"a key that nobody has", "shmget", {9, 1, 0600}, "", furnish},
      {"another's, to write", "semget", {4, 1, 0600}, "IPC_OWNER", furnish},
      {"one's own", "semget", {1, 1, 0600}, "", furnish},
      {"another's, to write", "msgget", {4, 0600}, "IPC_OWNER", furnish},
      {"one's own", "msgget", {1, 0600}, "", furnish},
      {"another's, to read", "shmat", {4, 0, SHM_RDONLY}, "", furnish},
      {"another's, to write", "shmat", {4, 0, 0}, "IPC_OWNER", furnish},
      {"another's", "semop", {4, 0, 1}, "IPC_OWNER", furnish},
      {"one's own", "semop", {1, 0, 1}, "", furnish},
      {"another's", "semtimedop", {4, 0, 1, 0}, "IPC_OWNER", furnish},
      {"one's own", "semtimedop", {1, 0, 1, 0}, "", furnish},
      {"to another's queue", "msgsnd", {4}, "IPC_OWNER", furnish},
      {"to one's own", "msgsnd", {1}, "", furnish},
      {"from another's queue", "msgrcv", {4}, "", furnish},
      {"from the group's that may not be read by it", "msgrcv", {4}, "IPC_OWNER", act_as_their_group},

      {"away with one's own", "shmctl", {1, IPC_RMID}, "", furnish},
      {"away with what one made", "shmctl", {2, IPC_RMID}, "", furnish},
      {"away with another's", "shmctl", {4, IPC_RMID}, "SYS_ADMIN", furnish},
      {"another owner for another's", "shmctl", {3, IPC_SET}, "SYS_ADMIN", furnish},
      {"asking about another's", "shmctl", {4, IPC_STAT}, "", furnish},
      {"asking what one may not read", "shmctl", {4, IPC_STAT}, "IPC_OWNER", act_as_their_group},
      {"the limits", "shmctl", {0, IPC_INFO}, "", make_readable},
      {"how many there are", "shmctl", {0, SHM_INFO}, "", make_readable},
      {"about anybody's", "shmctl", {0, 15}, "", make_readable},
      {"one's own stays", "shmctl", {1, SHM_LOCK}, "", furnish},
      {"one's own stays, where nothing may", "shmctl", {1, SHM_LOCK}, "IPC_LOCK", furnish_without_locking},
      {"one's own stays no more", "shmctl", {1, SHM_UNLOCK}, "", furnish_without_locking},
      {"another's stays", "shmctl", {4, SHM_LOCK}, "IPC_LOCK", furnish},
      {"another's stays no more", "shmctl", {4, SHM_UNLOCK}, "IPC_LOCK", furnish},
      {"away with another's", "semctl", {4, 0, IPC_RMID}, "SYS_ADMIN", furnish},
      {"the value of another's", "semctl", {4, 0, GETVAL}, "", furnish},
      {"another value for another's", "semctl", {4, 0, SETVAL, 1}, "IPC_OWNER", furnish},
      {"other values for another's", "semctl", {4, 0, SETALL}, "IPC_OWNER", furnish},
      {"another value for one's own", "semctl", {1, 0, SETVAL, 1}, "", furnish},
      {"how many there are", "semctl", {0, 0, SEM_INFO}, "", make_readable},
      {"about anybody's", "semctl", {0, 0, 20}, "", make_readable},
      {"away with another's", "msgctl", {4, IPC_RMID}, "SYS_ADMIN", furnish},
      {"asking about another's", "msgctl", {4, IPC_STAT}, "", furnish},
      {"how many there are", "msgctl", {0, MSG_INFO}, "", make_readable},
      {"about anybody's", "msgctl", {0, 13}, "", make_readable},
  };
  return kCases;
}

TEST_CASE("memory that stays, and System V's objects, go by limits, owners and modes") {
  check_cases(memory_cases());
}

}  // namespace snug::tracer::played
