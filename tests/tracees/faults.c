// SPDX-License-Identifier: Apache-2.0
// Commits faults, traps into itself, and tells what its handlers see. The argument names the scene.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <ucontext.h>

#include "observed.h"
#include "scenes.h"

static sigjmp_buf back;
static siginfo_t seen;
static volatile int times;
static char* volatile page;
static volatile long instruction_byte;

// Goes on behind the faulty instruction, which would fault again.
static void note_and_leave(int signo, siginfo_t* info, void* context) {
  (void)signo;
  seen = *info;
  instruction_byte = *(const unsigned char*)((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP];
  ++times;
  siglongjmp(back, 1);
}

static void note_and_go_on(int signo, siginfo_t* info, void* context) {
  (void)signo, (void)context;
  seen = *info;
  ++times;
}

static void tell_fault(const void* expected) {
  tell("%s code %d, address %s, %d times\n", signal_name(seen.si_signo), seen.si_code,
       seen.si_addr == expected ? "right" : "wrong", times);
}

static void read_nothing(void) {
  on(SIGSEGV, note_and_leave, 0);
  if (sigsetjmp(back, 1) == 0) (void)*nowhere;
  tell_fault((void*)16);
}

static void write_protected(void) {
  on(SIGSEGV, note_and_leave, 0);
  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (sigsetjmp(back, 1) == 0) page[100] = 1;
  tell_fault(page + 100);
}

static void read_beyond_file(void) {
  on(SIGBUS, note_and_leave, 0);
  page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, memfd_create("empty", 0), 0);
  if (sigsetjmp(back, 1) == 0) (void)*(volatile char*)(page + 200);
  tell_fault(page + 200);
}

static void divide(void) {
  on(SIGFPE, note_and_leave, 0);
  if (sigsetjmp(back, 1) == 0)
    __asm__ volatile("xor %%ecx, %%ecx\nmov $1, %%eax\ncdq\nidiv %%ecx" ::: "eax", "ecx", "edx");
  tell("%s code %d, %d times, at %lx\n", signal_name(seen.si_signo), seen.si_code, times, instruction_byte);
}

static void undefined_instruction(void) {
  on(SIGILL, note_and_leave, 0);
  if (sigsetjmp(back, 1) == 0) __asm__ volatile("ud2");
  tell("%s code %d, %d times, at %lx\n", signal_name(seen.si_signo), seen.si_code, times, instruction_byte);
}

// The stack has run out, so that the handler needs another.
static int exhaust(int depth) {
  volatile char frame[4096];
  frame[0] = (char)depth;
  return depth < 0 ? 0 : exhaust(depth + 1) + frame[0];
}

static void overflow(void) {
  static char stack[65536];
  const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
  MUST(sigaltstack(&alternative, NULL));
  on(SIGSEGV, note_and_leave, SA_ONSTACK);
  if (sigsetjmp(back, 1) == 0) exhaust(0);
  tell("%s code %d, %d times\n", signal_name(seen.si_signo), seen.si_code, times);
}

static void breakpoint(void) {
  on(SIGTRAP, note_and_go_on, 0);
  __asm__ volatile("int3");
  tell("%s code %d, %d times\n", signal_name(seen.si_signo), seen.si_code, times);
  raise(SIGTRAP);
  tell("%s code %d from %s, %d times\n", signal_name(seen.si_signo), seen.si_code, who(seen.si_pid), times);
  const pid_t target = getpid();
  known_child = fork();
  if (known_child == 0) {
    kill(target, SIGTRAP);
    _exit(0);
  }
  while (times < 3) breathe();
  tell("%s code %d from %s, %d times\n", signal_name(seen.si_signo), seen.si_code, who(seen.si_pid), times);
  MUST(sigqueue(target, SIGTRAP, (union sigval){.sival_int = 0x85}));
  tell("%s code %d value %x, %d times\n", signal_name(seen.si_signo), seen.si_code, seen.si_value.sival_int, times);
}

// The trap flag makes every instruction trap until it is cleared, calls included.
static void single_step(void) {
  on(SIGTRAP, note_and_go_on, 0);
  long result = SYS_getppid;
  __asm__ volatile(
      "pushf\n"
      "orq $0x100, (%%rsp)\n"
      "popf\n"
      "nop\n"
      "nop\n"
      "syscall\n"
      "nop\n"
      "pushf\n"
      "andq $~0x100, (%%rsp)\n"
      "popf\n"
      "nop\n"
      : "+a"(result)
      :
      : "rcx", "r11", "memory");
  tell("%s code %d, %d times, the call's result is %s\n", signal_name(seen.si_signo), seen.si_code, times,
       result == getppid() ? "right" : "wrong");
}

static void broken_pipe(void) {
  int ends[2];
  MUST(pipe(ends));
  close(ends[0]);
  on(SIGPIPE, note_and_go_on, 0);
  tell("write: %s\n", error_of(write(ends[1], "", 1)));
  tell("%s code %d from %s, %d times\n", signal_name(seen.si_signo), seen.si_code, who(seen.si_pid), times);
  treat(SIGPIPE, SIG_IGN);
  tell("write: %s\n", error_of(write(ends[1], "", 1)));
  treat(SIGPIPE, SIG_DFL);
  MUST(write(ends[1], "", 1));
}

static void trap_call(int number) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | 123),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
  MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
}

static volatile uintptr_t instruction;
static volatile long result_register;

// Stands in for the call, as sandboxes do.
static void answer_call(int signo, siginfo_t* info, void* context) {
  (void)signo;
  seen = *info;
  greg_t* const registers = ((ucontext_t*)context)->uc_mcontext.gregs;
  instruction = (uintptr_t)registers[REG_RIP];
  result_register = registers[REG_RAX];
  registers[REG_RAX] = 1234;
  ++times;
}

static void tell_trapped(long result) {
  tell("%s code %d errno %d call %d arch %x, address %s, register %ld, result %ld, %d times\n",
       signal_name(seen.si_signo), seen.si_code, seen.si_errno, seen.si_syscall, seen.si_arch,
       (uintptr_t)seen.si_call_addr == instruction ? "right" : "wrong", result_register, result, times);
}

static void own_trap(void) {
  on(SIGSYS, answer_call, 0);
  trap_call(SYS_getppid);
  for (int i = 0; i < 3; ++i) tell_trapped(syscall(SYS_getppid));
}

static void own_trap_of_an_unknown_number(void) {
  on(SIGSYS, answer_call, 0);
  trap_call(0x1fe00027);
  tell_trapped(syscall(0x1fe00027));
}

static void own_deadly_trap(void) {
  trap_call(SYS_getppid);
  tell("alive\n");
  syscall(SYS_getppid);
}

static void deadly_fault(void) {
  tell("alive\n");
  (void)*nowhere;
}

// A handler cannot catch the fault that it commits itself.
static void fault_again(int signo) {
  (void)signo;
  (void)*nowhere;
}

static void fault_in_handler(void) {
  treat(SIGSEGV, fault_again);
  tell("alive\n");
  raise(SIGSEGV);
}

static void blocked_fault(void) {
  on(SIGSEGV, note_and_leave, 0);
  const sigset_t blocked = set_of(SIGSEGV);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  tell("alive\n");
  (void)*nowhere;
}

const struct Scene kScenes[] = {
    {"read of nothing", read_nothing},
    {"write to a protected page", write_protected},
    {"read beyond a file", read_beyond_file},
    {"division by zero", divide},
    {"undefined instruction", undefined_instruction},
    {"stack overflow", overflow},
    {"breakpoint", breakpoint},
    {"single step", single_step},
    {"broken pipe", broken_pipe},
    {"own trap", own_trap},
    {"own trap of an unknown number", own_trap_of_an_unknown_number},
    {"own deadly trap", own_deadly_trap},
    {"deadly fault", deadly_fault},
    {"fault in a handler", fault_in_handler},
    {"blocked fault", blocked_fault},
    {NULL, NULL},
};
