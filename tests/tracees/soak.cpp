// SPDX-License-Identifier: Apache-2.0
// Runs programs made up from seeds: families of processes and threads that are born, signal, stop, exec and kill in
// every way we know. What each prints depends on its seed alone; how often its members made the tell-tale calls
// stands in the counters' file.
//
//   soak COUNTERS FIRST COUNT   runs the programs of COUNT seeds, and prints a line of each
#include "soak.hpp"

#include <cstdio>

using namespace soak;

namespace {

constexpr int kDeepest = 3;

int member(Dice dice, int depth);

std::vector<std::string> member_again(Dice& dice, int depth) {
  return {"soak", "member", std::to_string(dice.next()), std::to_string(depth + 1)};
}

int by_fork(Dice& dice, int depth) {
  return status_of(start([&] { return member({dice.next()}, depth + 1); }));
}

int by_vfork(Dice& dice, int) {
  const int times = dice.below(5);
  const int code = dice.below(64);
  ++counters->tasks;
  const pid_t pid = vfork();
  if (pid == 0) {
    tell(times);
    _exit(code);
  }
  return status_of(pid);
}

// Of a process without an exit signal the kernel tells as of a thread.
int by_clone(Dice& dice, int) {
  const int code = dice.below(64);
  const int exit_signal = dice.below(2) * SIGCHLD;
  ++counters->tasks;
  const auto pid = static_cast<pid_t>(syscall(SYS_clone, exit_signal, 0, 0, 0, 0));
  if (pid == 0) {
    tell(3);
    _exit(code);
  }
  return status_of(pid);
}

int by_threads(Dice& dice, int depth) {
  int results[4] = {};
  std::vector<std::thread> threads;
  for (int i = dice.below(4); i >= 0; --i) {
    threads.push_back(start_thread([&result = results[i], own = Dice{dice.next()}, depth]() mutable {
      tell(own.below(4));
      if (own.below(3) == 0) result = by_fork(own, depth + 1);
    }));
  }
  for (std::thread& thread : threads) thread.join();
  return results[0] + results[1] + results[2] + results[3];
}

int by_exec(Dice& dice, int depth) {
  auto words = member_again(dice, depth);
  return status_of(start([&]() -> int { become(words, counters->execs); }));
}

int waits_for_signals(Dice& dice, int) {
  const int times = 1 + dice.below(5);
  const Pipe ready;
  const pid_t child = start([&] {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ready.send();
    for (int i = 0; i < times; ++i) {
      sigwaitinfo(&signals, nullptr);
      tell(1);
    }
    return times;
  });
  ready.receive();
  for (int i = 0; i < times; ++i) sigqueue(child, SIGRTMIN, {});
  return status_of(child);
}

int handles_signals(Dice& dice, int) {
  const int times = 1 + dice.below(5);
  return status_of(start([&] {
    signal(SIGUSR1, [](int) { tell(1); });
    for (int i = 0; i < times; ++i) kill(getpid(), SIGUSR1);
    return times;
  }));
}

int stops(Dice& dice, int) {
  const int times = 1 + dice.below(3);
  const int threads = dice.below(3);
  const pid_t child = start([&] {
    std::vector<std::thread> others;
    for (int i = 0; i < threads; ++i) others.push_back(start_thread([&] { tell(times); }));
    for (int i = 0; i < times; ++i) {
      raise(SIGSTOP);  // ourselves: one for the process could be another thread's to take, while we go on
      tell(1);
    }
    for (std::thread& other : others) other.join();
    return times;
  });
  int sum = 0;
  for (int i = 0; i < times; ++i) {
    sum += status_of(child, WUNTRACED);
    kill(child, SIGCONT);
  }
  return sum + status_of(child);
}

int is_killed(Dice& dice, int) {
  const int threads = dice.below(4);
  const int patience = dice.below(40);
  const Pipe ready;
  const pid_t child = start([&]() -> int {
    for (int i = 0; i < threads; ++i) start_thread(tell_until_killed).detach();
    ready.send();
    tell_until_killed();
  });
  ready.receive();
  tell(patience);
  kill(child, SIGKILL);
  return status_of(child);
}

int is_killed_with_its_group(Dice& dice, int) {
  const int members = 1 + dice.below(3);
  const Pipe ready;
  const pid_t first = start([&]() -> int {
    setpgid(0, 0);
    for (int i = 0; i < members; ++i) start([]() -> int { tell_until_killed(); });
    ready.send();
    tell_until_killed();
  });
  ready.receive();
  kill(-first, SIGKILL);
  return status_of(first);
}

// Killed in the middle of a birth, which then nobody tells.
int is_killed_while_bearing(Dice& dice, int) {
  const int patience = dice.below(60);
  const Pipe ready;
  const pid_t child = start([&]() -> int {
    signal(SIGCHLD, SIG_IGN);
    ready.send();
    for (;;) {
      ++counters->tasks_begun;
      const pid_t born = dice.below(2) != 0 ? fork() : static_cast<pid_t>(syscall(SYS_clone, 0, 0, 0, 0, 0));
      if (born == 0) {
        tell_if_alive();
        _exit(0);
      }
      ++counters->tasks_done;
      if (born > 0) waitpid(born, nullptr, __WALL);
    }
  });
  ready.receive();
  tell(patience);
  kill(child, SIGKILL);
  return status_of(child);
}

// Killed in the middle of an exec, by a thread or by the only one.
int is_killed_while_executing(Dice& dice, int) {
  const std::string by_thread = std::to_string(dice.below(2));
  const int patience = dice.below(100);
  const Pipe ready;
  const std::string writer = std::to_string(ready.writer());
  const pid_t child = start([&]() -> int { become({"soak", "again", by_thread, writer}, counters->execs_begun); });
  for (int i = 0; i < 3; ++i) ready.receive();
  tell(patience);
  kill(child, SIGKILL);
  return status_of(child);
}

[[noreturn]] void execute_until_killed(char** words) {
  const auto again = [words] { become({words[0], words[1], words[2], words[3]}, counters->execs_begun); };
  ++counters->execs_done;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  fcntl(atoi(words[3]), F_SETFL, O_NONBLOCK);
  [[maybe_unused]] const auto told = write(atoi(words[3]), ".", 1);  // after the third nobody listens
  if (*words[2] == '0') again();
  ++counters->tasks_begun;
  std::thread(again).detach();
  ++counters->tasks_done;
  tell_until_killed();
}

int executes_in_a_thread(Dice& dice, int depth) {
  const int threads = dice.below(3);
  auto words = member_again(dice, depth);
  return status_of(start([&]() -> int {
    for (int i = 0; i < threads; ++i) start_thread(tell_until_killed).detach();
    start_thread([&] { become(words, counters->execs); }).detach();
    tell_until_killed();
  }));
}

// A program that the kernel finds to be broken when there is no way back: its only segment lies where none can.
std::string broken_program() {
  std::string file(8192, '\0');
  const unsigned char header[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0,  0, 0,  0, 2, 0, 62, 0,
                                    1,    0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0,  0, 0, 0, 0,  0,
                                    0,    0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 56, 0, 1, 0};
  const std::uint64_t segment[7] = {(std::uint64_t{5} << 32U) | 1U, 0, 0x7ffffffff0000000, 0, 4096, 4096, 4096};
  file.replace(0, sizeof(header), reinterpret_cast<const char*>(header), sizeof(header));
  file.replace(sizeof(header), sizeof(segment), reinterpret_cast<const char*>(segment), sizeof(segment));
  return file;
}

int executes_a_broken_program(Dice& dice, int) {
  const bool in_a_thread = dice.below(2) != 0;
  const std::string file = broken_program();
  return status_of(start([&]() -> int {
    const int fd = memfd_create("broken", MFD_CLOEXEC);
    if (write(fd, file.data(), file.size()) != static_cast<ssize_t>(file.size())) give_up("write");
    char* const words[] = {nullptr};
    const auto execute = [&] { fexecve(fd, words, words); };
    if (in_a_thread) start_thread(execute).join();
    execute();
    return 1;
  }));
}

int ends_by_another_thread(Dice& dice, int) {
  const int code = dice.below(64);
  const int threads = dice.below(3);
  return status_of(start([&]() -> int {
    for (int i = 0; i < threads; ++i) start_thread(tell_until_killed).detach();
    start_thread([&] { _exit(code); }).detach();
    tell_until_killed();
  }));
}

int outlives_its_leader(Dice& dice, int) {
  const int code = dice.below(64);
  return status_of(start([&]() -> int {
    const pthread_t leader = pthread_self();
    start_thread([code, leader] {
      pthread_join(leader, nullptr);
      tell(code % 4);
      _exit(code);
    }).detach();
    pthread_exit(nullptr);
  }));
}

int by_daemon(Dice& dice, int) {
  const char word = static_cast<char>(dice.below(64));
  const Pipe done;
  const int status = status_of(start([&] {
    start([&] {
      setsid();
      tell(2);
      done.send(word);
      return 0;
    });
    return 5;
  }));
  return status + done.receive();
}

int is_orphaned(Dice& dice, int depth) {
  const Pipe ready;
  const Pipe done;
  const pid_t child = start([&]() -> int {
    start([&] {
      const int code = member({dice.next()}, depth + 1);
      done.send(static_cast<char>(code));
      return code;
    });
    ready.send();
    tell_until_killed();
  });
  ready.receive();
  kill(child, SIGKILL);
  return status_of(child) + done.receive();
}

int is_never_waited_for(Dice& dice, int) {
  const int children = 1 + dice.below(4);
  return status_of(start([&] {
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < children; ++i)
      start([] {
        tell(1);
        return 0;
      });
    return wait(nullptr) == -1 ? children : 63;
  }));
}

int dies_of_a_signal(Dice& dice, int) {
  constexpr int kSignals[] = {SIGTERM, SIGSEGV, SIGABRT, SIGSYS, SIGTRAP, SIGUSR2};
  const int signo = kSignals[dice.below(6)];
  return status_of(start([&] {
    tell(1);
    kill(getpid(), signo);
    return 1;
  }));
}

using Way = int (*)(Dice&, int depth);
constexpr Way kWays[] = {by_fork,
                         by_fork,
                         by_vfork,
                         by_clone,
                         by_threads,
                         by_threads,
                         by_exec,
                         by_exec,
                         waits_for_signals,
                         handles_signals,
                         stops,
                         is_killed,
                         is_killed_with_its_group,
                         is_killed_while_bearing,
                         is_killed_while_executing,
                         executes_in_a_thread,
                         executes_a_broken_program,
                         ends_by_another_thread,
                         outlives_its_leader,
                         by_daemon,
                         is_orphaned,
                         is_never_waited_for,
                         dies_of_a_signal};

// What a member's deeds came to, in six bits.
int member(Dice dice, int depth) {
  unsigned int sum = 0;
  tell(dice.below(4));
  for (int left = depth < kDeepest ? 1 + dice.below(3) : 0; left > 0; --left) {
    const Way way = kWays[dice.below(static_cast<int>(std::size(kWays)))];
    sum = sum * 31 + static_cast<unsigned int>(way(dice, depth));
  }
  return static_cast<int>(sum % 64);
}

int run_programs(std::uint64_t first, std::uint64_t count) {
  setpgid(0, 0);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    std::printf("%llu: %d\n", static_cast<unsigned long long>(seed),
                status_of(start([&] { return member({seed}, 0); })));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::string what = count == 4 ? words[1] : "";
  if (what.empty()) return 2;
  if (what[0] == '/') open_counters(words[1]);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  map_counters();
  if (what == "member") return member({std::strtoull(words[2], nullptr, 10)}, atoi(words[3]));
  if (what == "again") execute_until_killed(words);
  return run_programs(std::strtoull(words[2], nullptr, 10), std::strtoull(words[3], nullptr, 10));
}
