// SPDX-License-Identifier: Apache-2.0
// What a capability watcher keeps of tasks, and tells of the whole run.
#include <fcntl.h>

#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/played_workload.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::played;

TEST_CASE("the workload's privilege is that of its first call") {
  Workload workload;
  Credentials& own = workload.credentials();
  own.uid = all_ids(3);
  own.ambient = set_of({kChown});
  own.no_new_privileges = true;
  workload.play("getpid", {});
  own.uid = all_ids(0);
  workload.play("getpid", {});

  const Privilege privilege = workload.privilege();
  CHECK(privilege.uid == 3);
  CHECK(privilege.gid == 1000);
  CHECK(privilege.bounding == kAll);
  CHECK(privilege.permitted == kAll);
  CHECK(privilege.effective == kAll);
  CHECK(privilege.ambient == set_of({kChown}));
  CHECK(privilege.no_new_privileges);
  CHECK(privilege.in_first_namespace);
  CHECK(privilege.unjudged_because.empty());
}

TEST_CASE("a workload may begin in another than the machine's first user namespace") {
  Workload workload;
  workload.credentials().user_namespace = kNested;

  workload.play("sethostname", {});

  CHECK_FALSE(workload.privilege().in_first_namespace);
  CHECK(workload.found() == Lines{"sethostname used CAP_SYS_ADMIN x1"});
}

TEST_CASE("nothing is told of a workload that made no call") {
  Workload workload;
  const Call call = workload.call_of("sethostname", {});
  workload.watcher.entered({kTask, true, kShell}, call, 0);

  CHECK(workload.found().empty());
  CHECK(workload.recording().runs.at("r-1").privilege == std::nullopt);
}

TEST_CASE("a program whose exec gives privilege is one of the gains") {
  Workload workload;
  workload.credentials().uid = all_ids(1000);
  workload.credentials().permitted = workload.credentials().effective = 0;
  const Call call = workload.call_of("execve", {text_at("/bin/su")});

  REQUIRE(workload.enter(call).watch_outcome);
  workload.credentials().uid.effective = 0;
  workload.views.task(kTask).executes = "/bin/su";
  workload.leave(call, kFine);

  CHECK(workload.privilege().gains == std::set<std::string>{"/bin/su"});
}

TEST_CASE("a program that is executed as before gains nothing, and neither does one that could not be") {
  Workload workload;
  const Call call = workload.call_of("execve", {text_at("/bin/ls")});

  workload.enter(call);
  workload.credentials().permitted = set_of({kChown});
  workload.leave(call, kFine);
  workload.enter(call);
  workload.credentials().permitted = kAll;
  workload.leave(call, result_of(-ENOENT));

  CHECK(workload.privilege().gains.empty());
}

TEST_CASE("a gain in another user namespace is none of the workload's") {
  Workload workload;
  workload.play("getpid", {});
  workload.credentials().user_namespace = kNested;
  workload.credentials().permitted = 0;
  const Call call = workload.call_of("execve", {text_at("/bin/su")});

  workload.enter(call);
  workload.credentials().permitted = kAll;
  workload.leave(call, kFine);

  CHECK(workload.privilege().gains.empty());
}

TEST_CASE("an exec from a thread returns under the process's number") {
  Workload workload;
  workload.play("getpid", {});
  workload.as_privileged(kTask, kAll);
  constexpr pid_t kThread = 101;
  workload.as_privileged(kThread, 0).process = kTask;
  const Call call = workload.call_of("execve", {text_at("/bin/su")});

  workload.enter(call, kThread);
  workload.watcher.moved(kThread, kTask);
  workload.views.task(kTask).executes = "/bin/su";
  workload.leave(call, kFine, kTask);

  CHECK(workload.privilege().gains == std::set<std::string>{"/bin/su"});
}

TEST_CASE("what a new task's number stood for before is forgotten") {
  Workload workload;
  const Call call = workload.call_of("sethostname", {});
  workload.enter(call);

  workload.watcher.begun(kTask);
  workload.leave(call, kFine);

  CHECK(workload.found().empty());
  CHECK(workload.views.forgotten == std::vector<pid_t>{kTask});
}

TEST_CASE("a task that has moved is looked at anew") {
  Workload workload;

  workload.watcher.moved(101, kTask);

  CHECK(workload.views.forgotten == std::vector<pid_t>{kTask});
}

TEST_CASE("calls that change what a task is make its view be forgotten, and others do not") {
  Workload workload;

  workload.play("sethostname", {});
  CHECK(workload.views.forgotten.empty());

  for (const char* const call : {"setuid", "setgroups", "capset", "chroot", "unshare", "execve"})
    workload.play(call, {});
  CHECK(workload.views.forgotten == std::vector<pid_t>(6, kTask));
}

TEST_CASE("calls of an ABI without rules are said not to be judged, once") {
  Workload workload;
  const Call call = workload.call_of("sethostname", {}, Arch::i386);

  workload.enter(call);
  workload.enter(call);

  CHECK(workload.privilege().unjudged_because ==
        std::vector<std::string>{"calls of i386 by a task with capabilities are not judged"});
  CHECK(workload.found().empty());
}

TEST_CASE("calls of an ABI without rules do not matter without capabilities") {
  Workload workload;
  workload.credentials().effective = 0;

  workload.enter(workload.call_of("sethostname", {}, Arch::i386));

  CHECK(workload.privilege().unjudged_because.empty());
}

TEST_CASE("the recorder hears of the outcomes that it asked for, and of no others") {
  Workload workload;
  for (int i = 0; i < 40; ++i) workload.play("sethostname", {}, i == 0 ? result_of(-EPERM) : kFine);

  const auto recording = workload.recording();
  const auto& observation = recording.syscalls.at({Arch::x86_64, 170}).at({"r-1", snug::id_of(kShell)});
  CHECK(observation.count == 40);
  CHECK(observation.outcomes == 32);
  CHECK(workload.found() == Lines{"sethostname used CAP_SYS_ADMIN x39"});
}

TEST_CASE("an outcome is waited for only where something is to be learnt of it") {
  Workload workload;
  const Call needy = workload.call_of("sethostname", {});
  const Call other = workload.call_of("getpid", {});
  for (int i = 0; i < 32; ++i) {
    workload.play("sethostname", {});
    workload.play("getpid", {});
  }

  CHECK(workload.enter(needy).watch_outcome);
  CHECK_FALSE(workload.enter(other).watch_outcome);
}

TEST_CASE("what was found is added to the recording as often as it is asked for") {
  Workload workload;
  workload.play("sethostname", {});
  const Recording checkpoint = workload.recording();
  workload.play("sethostname", {});
  const Recording last = workload.recording();

  CHECK(workload.recording() == last);
  CHECK(checkpoint.capabilities.begin()->second.begin()->second.count == 1);
  CHECK(last.capabilities.begin()->second.begin()->second.count == 2);
}

TEST_CASE("files are not looked at once a task serves them itself") {
  Workload workload;
  workload.play("open", {text_at("/dev/fuse"), O_RDWR}, result_of(-ENOENT));
  CHECK_FALSE(workload.views.avoids_files);

  workload.play("openat", {static_cast<std::uint64_t>(AT_FDCWD), text_at("/dev/fuse"), O_RDWR}, result_of(3));

  CHECK(workload.views.avoids_files);
  const auto reasons = workload.privilege().unjudged_because;
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].find("/dev/fuse") != std::string::npos);
}
