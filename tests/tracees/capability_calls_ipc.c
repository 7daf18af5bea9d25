// SPDX-License-Identifier: Apache-2.0
// Cases about System V objects: IPC_OWNER, and IPC_LOCK and SYS_ADMIN where they are about these.
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "capability_calls.h"

#define KEY 0x736e7567
#define SIZE 4096

// Who made an object stays one of its owners, so another user has to make it.
static int make_all(void) {
  if (setresgid(STRANGER, STRANGER, STRANGER) != 0 || setresuid(STRANGER, STRANGER, STRANGER) != 0) return ODD;
  if (shmget(KEY, SIZE, IPC_CREAT | 0600) < 0 || semget(KEY, 1, IPC_CREAT | 0600) < 0) return ODD;
  return msgget(KEY, IPC_CREAT | 0600) < 0 ? ODD : DONE;
}

static void others_objects(void) {
  must(in_child(make_all) == DONE ? 0 : -1, "making System V objects");
}

// The identifier of an object without asking for permissions.
static int memory(void) {
  return shmget(KEY, 0, 0);
}

static int find_memory(void) {
  return verdict(memory());
}

static int ask_for_memory(void) {
  return verdict(shmget(KEY, SIZE, 0600));
}

static int attach_memory(void) {
  return verdict(shmat(memory(), NULL, 0) == (void*)-1 ? -1 : 0);
}

static int attach_memory_to_read(void) {
  return verdict(shmat(memory(), NULL, SHM_RDONLY) == (void*)-1 ? -1 : 0);
}

static int describe_memory(void) {
  struct shmid_ds description;
  return verdict(shmctl(memory(), IPC_STAT, &description));
}

static int remove_memory(void) {
  return verdict(shmctl(memory(), IPC_RMID, NULL));
}

static int lock_memory(void) {
  const struct rlimit none = {0, 0};
  must(setrlimit(RLIMIT_MEMLOCK, &none), "setrlimit");
  return verdict(shmctl(memory(), SHM_LOCK, NULL));
}

static int raise_semaphore(void) {
  struct sembuf raise = {0, 1, 0};
  return verdict(semop(semget(KEY, 0, 0), &raise, 1));
}

static int remove_semaphore(void) {
  return verdict(semctl(semget(KEY, 0, 0), 0, IPC_RMID));
}

static int send_message(void) {
  const struct {
    long type;
    char text[1];
  } message = {1, "x"};
  return verdict(msgsnd(msgget(KEY, 0), &message, 1, 0));
}

static int give_queue_away(void) {
  struct msqid_ds description = {.msg_qbytes = 1024};
  description.msg_perm.mode = 0666;
  return verdict(msgctl(msgget(KEY, 0), IPC_SET, &description));
}

static void own_objects(void) {
  must(shmget(KEY, SIZE, IPC_CREAT | 0600), "shmget");
}

static const struct capability_case cases[] = {
    {"find_others_memory", "-", others_objects, find_memory, NULL},
    {"ask_for_others_memory", "IPC_OWNER", others_objects, ask_for_memory, NULL},
    {"attach_others_memory", "IPC_OWNER", others_objects, attach_memory, NULL},
    {"attach_others_memory_to_read", "IPC_OWNER", others_objects, attach_memory_to_read, NULL},
    {"attach_own_memory", "-", own_objects, attach_memory, NULL},
    {"describe_others_memory", "IPC_OWNER", others_objects, describe_memory, NULL},
    {"remove_others_memory", "SYS_ADMIN", others_objects, remove_memory, NULL},
    {"remove_own_memory", "-", own_objects, remove_memory, NULL},
    {"lock_others_memory", "IPC_LOCK", others_objects, lock_memory, NULL},
    {"lock_own_memory_without_limit", "IPC_LOCK", own_objects, lock_memory, NULL},
    {"raise_others_semaphore", "IPC_OWNER", others_objects, raise_semaphore, NULL},
    {"remove_others_semaphore", "SYS_ADMIN", others_objects, remove_semaphore, NULL},
    {"send_to_others_queue", "IPC_OWNER", others_objects, send_message, NULL},
    {"give_others_queue_away", "SYS_ADMIN", others_objects, give_queue_away, NULL},
};

const struct capability_table ipc_cases = TABLE(cases);
