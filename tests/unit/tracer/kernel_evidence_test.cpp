// SPDX-License-Identifier: Apache-2.0
// What a capability watcher makes of the checks that the kernel itself was heard to make.
#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/played_workload.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::played;

namespace {

CapabilityCheck check(Capability capability, std::string site, bool granted = true) {
  return {.capability = capability, .granted = granted, .site = std::move(site)};
}

struct HeardWorkload : Workload {
  HeardWorkload() { kernel.listens = true; }

  // A call during which the kernel asks that.
  void play_asked(std::string_view name, const std::vector<CapabilityCheck>& checks,
                  const SyscallReturned& outcome = kFine) {
    const Call call = call_of(name, {});
    REQUIRE(enter(call).watch_outcome);
    kernel.asked[kTask] = checks;
    leave(call, outcome);
  }
};

}  // namespace

TEST_CASE("a check that the kernel grants confirms what was judged") {
  HeardWorkload workload;

  workload.play_asked("sethostname", {check(kSysAdmin, "__do_sys_sethostname")});
  workload.play_asked("sethostname", {});

  const CapabilityKey key{{Arch::x86_64, 170}, CapabilityUse::used, {set_of({kSysAdmin})}, ""};
  const auto evidence = workload.recording().capabilities.at(key).at({"r-1", snug::id_of(kShell)});
  CHECK(evidence.count == 2);
  CHECK(evidence.confirmed == 1);
}

TEST_CASE("what no rule knows is told by the kernel's function that asked") {
  HeardWorkload workload;

  workload.play_asked("getpid", {check(kSysTime, "some_driver"), check(kSysTime, "some_driver")});

  CHECK(workload.found() == Lines{"getpid checked CAP_SYS_TIME x1"});
  CHECK(workload.recording().capabilities.begin()->first.on == "some_driver");
}

TEST_CASE("a check whose answer changes nothing is no need") {
  HeardWorkload workload;

  workload.play_asked("mmap", {check(kSysAdmin, "cap_vm_enough_memory")});

  CHECK(workload.found() == Lines{"mmap opportunistic CAP_SYS_ADMIN x1"});
}

TEST_CASE("checks that are not about the workload are not told") {
  HeardWorkload workload;
  CapabilityCheck nested = check(kSysAdmin, "may_mount");
  nested.in_first_namespace = false;
  CapabilityCheck unknown = check(kChown, "something_new");
  unknown.capability = 63;

  workload.play_asked("getpid", {nested, unknown, check(kSysPtrace, "ptracer_capable")});

  CHECK(workload.found().empty());
}

TEST_CASE("what was asked before a call is none of the call's") {
  HeardWorkload workload;
  workload.kernel.asked[kTask] = {check(kSysTime, "some_driver")};

  workload.play_asked("getpid", {});

  CHECK(workload.found().empty());
}

TEST_CASE("a refusal that no rule explains is explained by the kernel") {
  HeardWorkload workload;

  workload.play_asked("getpid", {check(kSysTime, "some_driver", false)}, result_of(-EPERM));
  workload.play_asked("getpid", {check(kSysNice, "some_driver", false)}, result_of(-ENOENT));
  workload.play_asked("getpid", {check(kSysBoot, "some_driver", false)});

  CHECK(workload.found() == Lines{"getpid attempted CAP_SYS_TIME x1"});
}

TEST_CASE("tasks are listened to from their beginning to their end, under whatever number") {
  HeardWorkload workload;
  workload.watcher.begun(7);
  workload.watcher.begun(8);
  CHECK(workload.kernel.watched == std::set<pid_t>{7, 8});

  workload.watcher.moved(8, 7);
  CHECK(workload.kernel.watched == std::set<pid_t>{7});
  workload.watcher.ended(7);
  CHECK(workload.kernel.watched.empty());
}

TEST_CASE("why the kernel was not heard is told") {
  HeardWorkload heard;
  heard.kernel.missing = "some were lost";
  heard.play("getpid", {});
  CHECK(heard.privilege().no_kernel_evidence == "some were lost");

  Workload alone;
  alone.play("getpid", {});
  CHECK(alone.privilege().no_kernel_evidence == "nobody listens");

  HeardWorkload rootless;
  rootless.credentials().user_namespace = kNested;
  rootless.play("getpid", {});
  CHECK(rootless.privilege().no_kernel_evidence == "the workload is not in the machine's first user namespace");
}
