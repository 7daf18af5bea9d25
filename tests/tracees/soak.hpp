// SPDX-License-Identifier: Apache-2.0
// What the members of a soak program share: dice, counters that survive fork, exec and SIGKILL, and ways to be
// born.
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace soak {

// In a file, as eight-byte numbers in this order. Of what a SIGKILL may interrupt it is noted before and after
// whether it was done: the truth lies between.
struct Counters {
  std::atomic<std::uint64_t> told;  // getppid calls
  std::atomic<std::uint64_t> tasks;
  std::atomic<std::uint64_t> execs;
  std::atomic<std::uint64_t> told_begun, told_done;  // getpgrp calls
  std::atomic<std::uint64_t> tasks_begun, tasks_done;
  std::atomic<std::uint64_t> execs_begun, execs_done;
};

inline constexpr int kCountersFd = 200;
inline Counters* counters = nullptr;

// For the whole family, which would otherwise wait for this member for ever.
[[noreturn]] inline void give_up(const char* what) {
  perror(what);
  kill(0, SIGKILL);
  abort();
}

inline void open_counters(const char* path) {
  const int fd = open(path, O_RDWR);
  if (fd < 0 || dup2(fd, kCountersFd) < 0) give_up(path);
  close(fd);
}

// The descriptor comes along through an exec, the mapping does not.
inline void map_counters() {
  void* const at = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, kCountersFd, 0);
  if (at == MAP_FAILED) give_up("mmap");
  counters = static_cast<Counters*>(at);
}

// The same numbers from the same seed everywhere (splitmix64).
struct Dice {
  std::uint64_t state;

  std::uint64_t next() {
    std::uint64_t mixed = state += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  int below(int bound) { return static_cast<int>(next() % static_cast<std::uint64_t>(bound)); }
};

inline void tell(int times) {
  counters->told += static_cast<std::uint64_t>(times);
  for (int i = 0; i < times; ++i) syscall(SYS_getppid);
}

// For members that may be killed at any time.
inline void tell_if_alive() {
  ++counters->told_begun;
  syscall(SYS_getpgrp);
  ++counters->told_done;
}

// Busy at first, then asleep.
[[noreturn]] inline void tell_until_killed() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 0; i < 300; ++i) tell_if_alive();
  for (;;) pause();
}

inline int status_of(pid_t pid, int options = 0) {
  int status = 0;
  if (waitpid(pid, &status, options | __WALL) != pid) give_up("waitpid");
  if (WIFSTOPPED(status)) return 256 + WSTOPSIG(status);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

using Body = std::function<int()>;

inline pid_t start(const Body& body) {
  ++counters->tasks;
  const pid_t pid = fork();
  if (pid < 0) give_up("fork");
  if (pid == 0) _exit(body());
  return pid;
}

inline std::thread start_thread(std::function<void()> body) {
  ++counters->tasks;
  return std::thread(std::move(body));
}

// Runs this program again as `words`, and notes that in `times`.
[[noreturn]] inline void become(std::vector<std::string> words, std::atomic<std::uint64_t>& times) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ++times;
  execv("/proc/self/exe", arguments.data());
  give_up("execv");
}

class Pipe {
 public:
  Pipe() {
    if (pipe(ends_) != 0) give_up("pipe");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }

  int writer() const { return ends_[1]; }
  void send(char word = '.') const {
    if (write(ends_[1], &word, 1) != 1) give_up("write");
  }
  char receive() const {
    char word = 0;
    if (read(ends_[0], &word, 1) != 1) give_up("read");
    return word;
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace soak
