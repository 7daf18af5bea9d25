// SPDX-License-Identifier: Apache-2.0
#include "generator/core/floor_request.hpp"

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/floors.hpp"

using namespace snug;

namespace {

using Calls = std::set<std::string>;

Calls small_calls(const FloorRequest& request) {
  return floor_calls(test::small_floors(), request, Arch::x86_64);
}

Calls shipped_calls(const FloorRequest& request) {
  return floor_calls(shipped_floors(), request, Arch::x86_64);
}

FloorRequest for_runtime(std::string name, std::optional<std::string> version = {}) {
  FloorRequest request;
  request.runtimes = {{std::move(name), std::move(version)}};
  return request;
}

}  // namespace

TEST_CASE("a floor of which nothing is decided is the union of all runtimes, without inits") {
  CHECK(small_calls({}) == Calls{"accept4", "capset", "chdir", "execve", "futex", "openat2", "setgroups", "umask"});
}

TEST_CASE("with no_new_privileges only what was measured with it is in the floor") {
  CHECK(small_calls({.runtimes = {}, .no_new_privileges = true, .exec = true, .inits = {}}) ==
        Calls{"accept4", "execve", "umask"});
}

TEST_CASE("without exec only the start is in the floor") {
  FloorRequest request = for_runtime("ox");
  request.exec = false;

  CHECK(small_calls(request) == Calls{"capset", "chdir", "execve", "futex", "openat2"});
}

TEST_CASE("a version has the entries that speak of it, and every margin") {
  CHECK(small_calls(for_runtime("ox", "1.5")) == Calls{"capset", "chdir", "execve", "futex", "setgroups", "umask"});
  CHECK(small_calls(for_runtime("ox", "2.0")) ==
        Calls{"capset", "execve", "futex", "openat2", "setgroups", "umask"});
}

TEST_CASE("two versions of a runtime have the union of their floors") {
  FloorRequest request = for_runtime("ox", "1.0");
  request.runtimes.push_back({"ox", "2.0"});

  CHECK(small_calls(request) == small_calls(for_runtime("ox")));
}

TEST_CASE("an init adds its calls when it is asked for") {
  FloorRequest request = for_runtime("yak");
  request.inits = {"calf"};

  CHECK(small_calls(request) == Calls{"accept4", "execve", "wait4"});
}

TEST_CASE("what runtimes do without is not in the floor") {
  const auto calls = shipped_calls({});

  for (const std::string name : {"capset", "execve", "fchown", "openat2", "setresuid", "statx"})
    CHECK(calls.contains(name));
  for (const std::string name : {"fsopen", "fsmount", "open_tree", "mmap2", "mount"})
    CHECK_FALSE(calls.contains(name));
}

TEST_CASE("the floor of an old runc lacks what newer ones call") {
  const auto old = shipped_calls(for_runtime("runc", "1.1.5"));

  for (const std::string name : {"openat2", "statx", "close_range", "prlimit64"}) CHECK_FALSE(old.contains(name));
  for (const std::string name : {"capset", "futex", "getppid", "setgroups"}) CHECK(old.contains(name));
}

TEST_CASE("a crun that is decided in all respects needs nearly nothing") {
  FloorRequest request = for_runtime("crun", "1.8.1");
  request.no_new_privileges = true;
  request.exec = false;

  CHECK(shipped_calls(request) ==
        Calls{"close", "execve", "exit_group", "futex", "openat", "read", "rt_sigreturn", "write"});
}

TEST_CASE("a runtime built for a 32-bit ABI calls the wide namesakes too") {
  const auto calls = floor_calls(shipped_floors(), {}, Arch::arm);

  for (const std::string name : {"fcntl64", "fstatat64", "mmap2", "setuid32", "futex_time64"})
    CHECK(calls.contains(name));
}

TEST_CASE("an init makes other calls where the host lacks those of x86_64") {
  FloorRequest request = for_runtime("crun");
  request.inits = {"tini"};
  const auto calls = floor_calls(shipped_floors(), request, Arch::aarch64);

  for (const std::string name : {"faccessat", "getpgid", "readlinkat"}) {
    CHECK(calls.contains(name));
    CHECK_FALSE(shipped_calls(request).contains(name));
  }
}

TEST_CASE("each choice that is open is told with the calls it would take away") {
  CHECK(possible_savings(test::small_floors(), {}, {}, Arch::x86_64) ==
        std::vector<Saving>{{"--no-new-privileges", {"capset", "chdir", "futex", "openat2", "setgroups"}},
                            {"--no-exec", {"setgroups", "umask"}},
                            {"--runtime ox", {"accept4"}},
                            {"--runtime yak", {"capset", "chdir", "futex", "openat2", "setgroups", "umask"}}});
}

TEST_CASE("a call that is needed anyway is no saving") {
  CHECK(possible_savings(test::small_floors(), for_runtime("ox", "1.0"), {"setgroups"}, Arch::x86_64) ==
        std::vector<Saving>{{"--no-new-privileges", {"capset", "chdir", "futex"}}, {"--no-exec", {"umask"}}});
}

TEST_CASE("a choice that takes nothing away is not told, nor one that was made") {
  CHECK(possible_savings(test::small_floors(), for_runtime("yak"), {}, Arch::x86_64).empty());
}

TEST_CASE("a call that the host's ABI lacks is no saving") {
  for (const Saving& saving : possible_savings(shipped_floors(), {}, {}, Arch::aarch64))
    for (const std::string& name : saving.calls) CHECK(syscall_number(Arch::aarch64, name));
}
