// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/kernel_checks.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/watched_work.hpp"
#include "tracer/core/check_sites.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::test;

namespace {

constexpr gid_t kSameGroup = static_cast<gid_t>(-1);

bool is_required() {
  const char* const required = std::getenv("SNUG_REQUIRE");
  const std::string_view names = required == nullptr ? "" : required;
  return names == "all" || names.find("kernel-checks") != std::string_view::npos;
}

// CTest skips by this word.
void skip(const std::string& reason) {
  if (is_required()) FAIL(reason + ", which SNUG_REQUIRE asks for");
  WARN("skipped: " + reason);
}

std::optional<KernelChecks> open_or_skip(AskAboutAdmin admin = AskAboutAdmin::yes) {
  auto checks = KernelChecks::open(admin);
  if (checks && geteuid() == 0) return std::move(*checks);
  skip(checks ? "not root" : checks.error().what + ": " + checks.error().because);
  return std::nullopt;
}

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "snug-checks-XXXXXX").string()) {
    REQUIRE(mkdtemp(path_.data()) != nullptr);
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A file of root's, in a folder of its own.
class RootsFile {
 public:
  RootsFile() : path_(folder_.file("file")) { std::ofstream(path_).put('x'); }
  const char* path() const { return path_.c_str(); }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

std::vector<CapabilityCheck> checks_of(unsigned capability, std::vector<CapabilityCheck> checks) {
  std::erase_if(checks, [&](const CapabilityCheck& check) { return check.capability != capability; });
  return checks;
}

std::vector<CapabilityCheck> needs_in(std::vector<CapabilityCheck> checks) {
  std::erase_if(checks, [](const CapabilityCheck& check) {
    return meaning_of(check.site, check.capability) != CheckMeaning::need;
  });
  return checks;
}

void drop_effective(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  syscall(SYS_capget, &header, sets.data());
  sets.at(capability / 32).effective &= ~(1U << (capability % 32));
  syscall(SYS_capset, &header, sets.data());
}

// Every second page is unreadable, so that the kernel keeps the others as mappings of their own.
void make_mappings(int count) {
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < count; ++i) {
    void* const two = mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(two, size, PROT_NONE);
  }
}

// A shell that anybody runs as root; empty where the folder's file system ignores that.
std::string setuid_shell(const TemporaryFolder& folder) {
  const std::string shell = folder.file("sh");
  std::filesystem::copy_file("/bin/sh", shell);
  chmod(shell.c_str(), 04755);
  struct statvfs system = {};
  statvfs(shell.c_str(), &system);
  if ((system.f_flag & ST_NOSUID) == 0) return shell;
  skip("set-user-ID programs have no effect where temporary files are");
  return {};
}

std::size_t open_files() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("the kernel tells which function asked for a capability, and that it was granted") {
  auto checks = open_or_skip();
  if (!checks) return;
  const RootsFile file;

  const auto asked =
      checks_of(CAP_CHOWN, WatchedWork(*checks).run([&] { _exit(chown(file.path(), 12345, kSameGroup)); }));

  REQUIRE(asked.size() == 1);
  CHECK(asked[0].granted);
  CHECK(asked[0].in_first_namespace);
  CHECK((asked[0].site == "setattr_prepare" || asked[0].site == "chown_ok"));
  CHECK(checks->lost() == LostChecks{});
}

TEST_CASE("the kernel tells what it refused") {
  auto checks = open_or_skip();
  if (!checks) return;
  const RootsFile file;

  const auto asked = checks_of(CAP_CHOWN, WatchedWork(*checks).run([&] {
    drop_effective(CAP_CHOWN);
    _exit(chown(file.path(), 12345, kSameGroup));
  }));

  REQUIRE(asked.size() == 1);
  CHECK_FALSE(asked[0].granted);
}

TEST_CASE("each call that needs a capability leaves one need, and allocations none") {
  auto checks = open_or_skip();
  if (!checks) return;
  const TemporaryFolder folder;

  const auto needs = needs_in(WatchedWork(*checks).run([&] {
    make_mappings(10);
    mknod(folder.file("null").c_str(), S_IFCHR, 0x103);
    _exit(chroot("/"));
  }));

  REQUIRE(needs.size() == 2);
  CHECK(needs[0].capability == CAP_MKNOD);
  CHECK(needs[0].site == "vfs_mknod");
  CHECK(needs[1].capability == CAP_SYS_CHROOT);
}

TEST_CASE("what is asked about another user namespace is told apart") {
  auto checks = open_or_skip();
  if (!checks) return;

  const auto needs = needs_in(WatchedWork(*checks).run([] {
    unshare(CLONE_NEWUSER);
    _exit(unshare(CLONE_NEWUTS));
  }));

  REQUIRE(needs.size() == 1);
  CHECK(needs[0].capability == CAP_SYS_ADMIN);
  CHECK(needs[0].granted);
  CHECK_FALSE(needs[0].in_first_namespace);
}

TEST_CASE("after an exec that gives privilege the kernel tells nothing until the task is renewed") {
  auto checks = open_or_skip();
  if (!checks) return;
  const TemporaryFolder folder;
  const std::string shell = setuid_shell(folder);
  if (shell.empty()) return;
  const auto run = [&] {
    const int failed = setresuid(12345, 12345, 12345);
    if (failed == 0) execl(shell.c_str(), "sh", "-p", "-c", "exit 0", nullptr);
  };

  CHECK(WatchedWork(*checks, AtExec::leave).run(run).empty());
  const auto renewed = WatchedWork(*checks).run(run);

  REQUIRE_FALSE(renewed.empty());
  CHECK(renewed[0].granted);
  CHECK(checks->lost() == LostChecks{});
}

TEST_CASE("the check that a privileged exec makes because of the tracer is the observer's") {
  auto checks = open_or_skip();
  if (!checks) return;
  const TemporaryFolder folder;
  const std::string shell = setuid_shell(folder);
  if (shell.empty()) return;
  std::vector<CapabilityCheck> asked;

  WatchedWork work(*checks);
  work.keep_exec();
  asked = checks_of(CAP_SYS_PTRACE, work.run([&] {
    const int failed = setresuid(12345, 12345, 12345);
    if (failed == 0) execl(shell.c_str(), "sh", "-p", "-c", "exit 0", nullptr);
  }));

  REQUIRE_FALSE(asked.empty());
  for (const auto& check : asked) CHECK(meaning_of(check.site, check.capability) == CheckMeaning::observer);
}

TEST_CASE("a thread is watched on under the number that an exec gives it, and nothing is left of its own") {
  auto checks = open_or_skip();
  if (!checks) return;
  const auto before = open_files();

  WatchedWork work(*checks);
  const auto asked = work.run([] { std::thread([] { execl("/bin/sh", "sh", "-c", "exit 7", nullptr); }).join(); });

  CHECK(WEXITSTATUS(work.status()) == 7);
  CHECK_FALSE(asked.empty());
  CHECK(open_files() == before);
}

TEST_CASE("a fork of many mappings may lose checks of CAP_SYS_ADMIN, and never others") {
  auto checks = open_or_skip();
  if (!checks) return;
  const RootsFile file;

  const auto asked = WatchedWork(*checks).run([&] {
    make_mappings(1000);
    if (fork() == 0) _exit(0);
    _exit(chown(file.path(), 12345, kSameGroup));
  });

  CHECK(checks_of(CAP_CHOWN, asked).size() == 1);
  CHECK(checks->lost().of_admin > 0);
  CHECK(checks->lost().of_others == 0);
}

TEST_CASE("checks of CAP_SYS_ADMIN can be left out") {
  auto checks = open_or_skip(AskAboutAdmin::no);
  if (!checks) return;
  const RootsFile file;

  const auto asked = WatchedWork(*checks).run([&] { _exit(chown(file.path(), 12345, kSameGroup)); });

  CHECK(checks_of(CAP_CHOWN, asked).size() == 1);
  CHECK(checks_of(CAP_SYS_ADMIN, asked).empty());
}

TEST_CASE("nothing stays open for tasks that are forgotten, and one that is gone is no failure") {
  auto checks = open_or_skip();
  if (!checks) return;
  const auto before = open_files();
  const pid_t gone = fork();
  if (gone == 0) _exit(0);
  waitpid(gone, nullptr, 0);

  checks->watch(getpid());
  CHECK(open_files() == before + 2);
  checks->forget(getpid());
  checks->watch(gone);

  CHECK(open_files() == before);
  CHECK(checks->unwatched() == 0);
}

TEST_CASE("a task for which too few file descriptors are left is counted, with the reason") {
  auto checks = open_or_skip();
  if (!checks) return;
  rlimit usual{};
  getrlimit(RLIMIT_NOFILE, &usual);
  const rlimit few{64, usual.rlim_max};

  setrlimit(RLIMIT_NOFILE, &few);
  checks->watch(getpid());
  setrlimit(RLIMIT_NOFILE, &usual);

  CHECK(checks->drain(getpid()).empty());
  CHECK(checks->unwatched() == 1);
  REQUIRE(checks->first_failure());
  CHECK(*checks->first_failure() ==
        Error{ErrorCode::unsupported, "cannot hear the kernel's capability checks: Too many open files",
              "every task of the workload takes two of snug's file descriptors, and too few are left",
              "raise the limit of open files, with 'ulimit -n'"});
}
