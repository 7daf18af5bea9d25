// SPDX-License-Identifier: Apache-2.0
// execs HOW: executes this program again in some way; "again", or a script of which this is the interpreter, then
// makes 2 getuid and ends with 0. In the first four ways a thread other than the leader executes it:
//
//   thread         while the leader and another thread wait in futexes, and a third for its vfork child, which
//                  makes 3 getgid when the exec has closed a pipe
//   race N         two threads at the same time, N times, each time in the program that the time before began
//   led            after the leader has ended by exit
//   doomed FILE    FILE, which the kernel gives up on when the other threads and the old program are gone already
//   failing FILE   after it could not execute what does not exist, what may not be executed, with too long an
//                  argument, and FILE, which the kernel does not know how to execute
//   memfd          from a file in memory, which has no path
//   deleted        after it has removed its own file
//   replaced FILE  FILE, which has taken the place of this program's own
#include "tasks.h"

#define SYS_open 2
#define SYS_sendfile 40
#define SYS_rename 82
#define SYS_unlink 87
#define SYS_memfd_create 319
#define SYS_execveat 322
#define O_CLOEXEC 0x80000
#define AT_EMPTY_PATH 0x1000

static Thread executor, rival, waiter, parent;
static Stack child_stack;
static volatile int never[2], leader_alive = 1, child_is_born;
static int ends[2];
static char* path;
static char* next_arguments[4];

static void execute(void) {
  call3(SYS_execve, path, next_arguments, 0);
  end_process(1);
}

static void execute_again(void) {
  path = "/proc/thread-self/exe";  // /proc/self has none when the leader has ended
  next_arguments[0] = "execs";
  if (next_arguments[1] == 0) next_arguments[1] = "again";
  execute();
}

static void wait_for_ever(void) {
  call4(SYS_futex, &never[1], 0, 0, 0);
}

static void outlive_the_program(void) {
  char nothing;
  child_is_born = 1;
  call1(SYS_close, ends[1]);
  call3(SYS_read, ends[0], &nothing, 1);
  repeat(SYS_getgid, 3);
}

static void bear_by_vfork(void) {
  start(CLONE_VM | CLONE_VFORK, &child_stack, outlive_the_program, 0);
}

static void execute_among_waiters(void) {
  await_waiters(&never[0], 1);
  await_waiters(&never[1], 1);
  while (!child_is_born) call0(SYS_sched_yield);
  execute_again();
}

static void among_waiters(void) {
  call3(SYS_pipe2, ends, O_CLOEXEC, 0);
  start_thread(&waiter, wait_for_ever);
  start_thread(&parent, bear_by_vfork);
  start_thread(&executor, execute_among_waiters);
  call4(SYS_futex, &never[0], 0, 0, 0);
}

static void release_and_execute(void) {
  char nothing;
  call3(SYS_read, ends[0], &nothing, 1);
  execute_again();
}

static void race(char* count) {
  static char rest[8];
  const long left = parse(count) - 1;
  rest[0] = (char)('0' + left / 10);
  rest[1] = (char)('0' + left % 10);
  next_arguments[1] = left > 0 ? "race" : "again";
  next_arguments[2] = left > 0 ? rest : 0;
  call3(SYS_pipe2, ends, O_CLOEXEC, 0);
  start_thread(&executor, release_and_execute);
  start_thread(&rival, release_and_execute);
  call3(SYS_write, ends[1], "go", 2);
  call4(SYS_futex, &never[0], 0, 0, 0);
}

static void execute_when_leader_ended(void) {
  call4(SYS_futex, &leader_alive, 0, 1, 0);
  execute_again();
}

static void led(void) {
  call1(SYS_set_tid_address, &leader_alive);
  start_thread(&executor, execute_when_leader_ended);
  call1(SYS_exit, 5);
}

static void failing(char* file) {
  static char longest[1 << 18];
  for (unsigned i = 0; i < sizeof(longest) - 1; ++i) longest[i] = 'x';
  char* too_long[] = {"execs", longest, 0};
  char* short_enough[] = {"execs", 0};
  call3(SYS_execve, "/proc/self/no-such-file", short_enough, 0);
  call3(SYS_execve, "/", short_enough, 0);
  call3(SYS_execve, "/proc/self/exe", too_long, 0);
  call3(SYS_execve, file, short_enough, 0);
  execute_again();
}

static void from_memory(void) {
  char* again[] = {"execs", "again", 0};
  const long program = call3(SYS_open, "/proc/self/exe", 0, 0);
  const long memory = call3(SYS_memfd_create, "again", 0, 0);
  call4(SYS_sendfile, memory, program, 0, 1 << 20);
  call6(SYS_execveat, memory, (long)"", (long)again, 0, AT_EMPTY_PATH, 0);
  end_process(1);
}

static void deleted(char* own_path) {
  call1(SYS_unlink, own_path);
  execute_again();
}

static void replaced(char* own_path, char* file) {
  call3(SYS_rename, file, own_path, 0);
  path = own_path;
  execute();
}

static void doomed(char* file) {
  path = file;
  next_arguments[0] = file;
  start_thread(&executor, execute);
  call4(SYS_futex, &never[0], 0, 0, 0);
}

void run(long argc, char** argv) {
  const char* const how = argc > 1 ? argv[1] : "";
  if (is(how, "thread")) among_waiters();
  if (is(how, "race")) race(argv[2]);
  if (is(how, "led")) led();
  if (is(how, "failing")) failing(argv[2]);
  if (is(how, "memfd")) from_memory();
  if (is(how, "deleted")) deleted(argv[0]);
  if (is(how, "replaced")) replaced(argv[0], argv[2]);
  if (is(how, "doomed")) doomed(argv[2]);
  repeat(SYS_getuid, 2);
  end_process(is(how, "again") ? 0 : 1);
}
