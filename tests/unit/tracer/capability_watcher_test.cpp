// SPDX-License-Identifier: Apache-2.0
// What of the calls that a workload makes counts as a need of capabilities.
#include "tracer/core/capability_watcher.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>

#include "tests/support/catch.hpp"
#include "tests/support/played_workload.hpp"

using namespace snug;
using namespace snug::tracer;
using namespace snug::tracer::played;

namespace {

std::uint64_t low_port(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return value_at(address);
}

std::uint64_t route_message(std::uint16_t type) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  return value_at(header);
}

// A file of somebody else's that nobody but them may read.
void add_closed_file(Workload& workload, const std::string& path) {
  workload.views.task(kTask).files[path] = {2000, 2000, S_IFREG | 0600};
  workload.views.task(kTask).closed[path] = kRead | kWrite;
}

// A program with capabilities that it may use at once.
void add_program(Workload& workload, const std::string& path, CapabilitySet permitted) {
  vfs_cap_data data{};
  data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  data.data[0].permitted = static_cast<std::uint32_t>(permitted);
  workload.views.task(kTask).capabilities[path] = {reinterpret_cast<const char*>(&data), sizeof(data)};
}

}  // namespace

TEST_CASE("a call that succeeded used what it needed") {
  Workload workload;

  workload.play("sethostname", {});
  workload.play("sethostname", {});

  CHECK(workload.found() == Lines{"sethostname used CAP_SYS_ADMIN x2"});
}

TEST_CASE("what was used is told of its executable, with the first time and what it was about") {
  Workload workload;
  workload.play("umount2", {text_at("/mnt")});
  workload.now = 9;
  workload.play("umount2", {text_at("/mnt")});

  const CapabilityKey key{{Arch::x86_64, 166}, CapabilityUse::used, {set_of({kSysAdmin})}, "/mnt"};
  const CapabilityEvidence expected{
      .count = 2, .confirmed = 0, .first = {5, kTask, {}}, .phases = {{"startup", 2}}};
  CHECK(workload.recording().capabilities.at(key).at({"r-1", snug::id_of(kShell)}) == expected);
}

TEST_CASE("each executable has needs of its own") {
  Workload workload;
  workload.play("sethostname", {});
  workload.executable = &kTool;
  workload.play("sethostname", {});

  CHECK(workload.found() == Lines{"sethostname used CAP_SYS_ADMIN x1", "sethostname used CAP_SYS_ADMIN x1"});
}

TEST_CASE("a call that needs nothing is no different from one without rules") {
  Workload workload;
  workload.play("chown", {text_at("/none"), 1, 1});
  workload.play("getpid", {});

  CHECK(workload.found().empty());
  CHECK(workload.recorder.calls() == 2);
}

TEST_CASE("a task without any of the capabilities succeeded by other means") {
  Workload workload;
  workload.credentials().effective = set_of({kNetRaw});

  workload.play("sethostname", {});

  CHECK(workload.found().empty());
}

TEST_CASE("of several needs those count of which the task has something") {
  Workload workload;
  PlayedSurroundings& task = workload.views.task(kTask);
  task.files["/theirs"] = {2000, 2000, S_IFREG | 0644};
  task.credentials.effective = set_of({kFowner});

  workload.play("chmod", {text_at("/theirs"), 02755});

  CHECK(workload.found() == Lines{"chmod used CAP_FOWNER x1"});
}

TEST_CASE("one of several capabilities is enough for a need that any of them satisfies") {
  Workload workload;
  add_closed_file(workload, "/theirs");
  workload.credentials().effective = set_of({kDacReadSearch});

  workload.play("open", {text_at("/theirs"), O_RDONLY});

  CHECK(workload.found() == Lines{"open used CAP_DAC_OVERRIDE|CAP_DAC_READ_SEARCH x1"});
}

TEST_CASE("a denied call attempted what the task lacked") {
  for (const int denial : {EPERM, EACCES}) {
    Workload workload;
    workload.credentials().effective = set_of({kFowner});
    workload.views.task(kTask).files["/theirs"] = {2000, 2000, S_IFREG | 0644};

    workload.play("chmod", {text_at("/theirs"), 02755}, result_of(-denial));

    CHECK(workload.found() == Lines{"chmod attempted CAP_FSETID x1"});
  }
}

TEST_CASE("a denied call of a task that lacked nothing tells nothing") {
  Workload workload;

  workload.play("sethostname", {}, result_of(-EPERM));

  CHECK(workload.found().empty());
}

TEST_CASE("a call that failed for another reason may have found out something") {
  Workload workload;

  workload.play("umount2", {text_at("/none")}, result_of(-EINVAL));

  CHECK(workload.found() == Lines{"umount2 probe CAP_SYS_ADMIN x1"});
}

TEST_CASE("ways to files that are not there are tried all the time") {
  Workload workload;
  add_closed_file(workload, "/theirs");

  workload.play("open", {text_at("/theirs"), O_RDONLY}, result_of(-ENOENT));

  CHECK(workload.found().empty());
}

TEST_CASE("a program with capabilities declares them") {
  Workload workload;
  add_program(workload, "/ping", set_of({kNetRaw, kNetAdmin}));

  workload.play("execve", {text_at("/ping")});

  CHECK(workload.found() == Lines{"execve declared CAP_NET_ADMIN CAP_NET_RAW x1"});
}

TEST_CASE("a program that is denied lacks what it declares in the bounding set") {
  Workload workload;
  workload.credentials().bounding = set_of({kNetRaw});
  add_program(workload, "/ping", set_of({kNetRaw, kNetAdmin}));

  workload.play("execve", {text_at("/ping")}, result_of(-EPERM));

  CHECK(workload.found() == Lines{"execve attempted CAP_NET_ADMIN x1"});
}

TEST_CASE("capabilities over another user namespace are none that the workload was given") {
  Workload workload;
  workload.play("getpid", {});
  workload.credentials().user_namespace = kNested;

  workload.play("sethostname", {});
  workload.play("sethostname", {}, result_of(-EINVAL));
  workload.credentials().effective = 0;
  workload.play("sethostname", {}, result_of(-EPERM));

  CHECK(workload.found().empty());
}

TEST_CASE("a map of users that is written from inside needs capabilities around it") {
  Workload workload;
  PlayedSurroundings& task = workload.views.task(kTask);
  workload.play("getpid", {});
  task.credentials.user_namespace = kNested;
  task.credentials.effective = 0;
  task.names["#5"] = "/proc/100/uid_map";

  workload.play("open", {text_at("/proc/100/uid_map"), O_WRONLY}, result_of(5));
  workload.play("write", {5, text_at("0 100000 65536"), 14}, result_of(14));

  CHECK(workload.found() == Lines{"write used CAP_SETUID x1"});
}

TEST_CASE("what is written by netlink counts where a socket for it was made") {
  Workload workload;
  workload.views.task(kTask).sockets[5] = {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE};
  const std::uint64_t message = route_message(RTM_NEWLINK);

  workload.play("sendto", {5, message, 16});
  CHECK(workload.found().empty());

  workload.play("socket", {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}, result_of(5));
  workload.play("sendto", {5, message, 16}, result_of(16));
  workload.play("sendto", {5, route_message(RTM_GETLINK), 16}, result_of(16));
  CHECK(workload.found() == Lines{"sendto used CAP_NET_ADMIN x1"});
}

TEST_CASE("a socket that could not be made is not remembered") {
  Workload workload;
  workload.views.task(kTask).sockets[5] = {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE};

  workload.play("socket", {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE}, result_of(-EMFILE));
  workload.play("sendto", {5, route_message(RTM_NEWLINK), 16}, result_of(16));

  CHECK(workload.found().empty());
}

TEST_CASE("a copy of a remembered descriptor is remembered") {
  Workload workload;
  for (const char* const key : {"#5", "#9"}) workload.views.task(kTask).names[key] = "/proc/200/uid_map";
  const std::uint64_t text = text_at("0 0 4294967295");

  workload.play("dup2", {5, 9}, result_of(9));
  workload.play("write", {9, text, 14}, result_of(14));
  CHECK(workload.found().empty());

  workload.play("openat", {3, text_at("/proc/200/uid_map"), O_RDWR}, result_of(5));
  workload.play("dup2", {5, 9}, result_of(9));
  workload.play("write", {9, text, 14}, result_of(14));
  CHECK(workload.found() == Lines{"write used CAP_SETUID CAP_SETFCAP x1"});
}

TEST_CASE("sixteen places are told of one call, and the others together") {
  Workload workload;
  workload.views.task(kTask).sockets[5] = {AF_INET, SOCK_STREAM, IPPROTO_TCP};

  for (std::uint16_t port = 1; port <= 20; ++port) workload.play("bind", {5, low_port(port), 16});
  workload.play("bind", {5, low_port(1), 16});

  std::map<std::string, std::uint64_t> places;
  for (const auto& [key, evidences] : workload.recording().capabilities)
    places[key.on] = evidences.at({"r-1", snug::id_of(kShell)}).count;
  CHECK(places.size() == 17);
  CHECK(places.at("") == 4);
  CHECK(places.at("port 1/tcp") == 2);
  CHECK(places.contains("port 16/tcp"));
  CHECK_FALSE(places.contains("port 17/tcp"));
}

TEST_CASE("the places of another executable are counted by themselves") {
  Workload workload;
  workload.views.task(kTask).sockets[5] = {AF_INET, SOCK_STREAM, IPPROTO_TCP};
  for (std::uint16_t port = 1; port <= 16; ++port) workload.play("bind", {5, low_port(port), 16});
  workload.executable = &kTool;

  workload.play("bind", {5, low_port(17), 16});

  const CapabilityKey key{{Arch::x86_64, 49}, CapabilityUse::used, {set_of({kNetBindService})}, "port 17/tcp"};
  CHECK(workload.recording().capabilities.contains(key));
}

TEST_CASE("needs are told of the phase that they came up in") {
  Workload workload;
  workload.play("sethostname", {});
  workload.recorder.begin_phase("serving");
  workload.play("sethostname", {});
  workload.play("sethostname", {});

  const auto recording = workload.recording();
  const auto& evidence = recording.capabilities.begin()->second.begin()->second;
  CHECK(evidence.phases == std::map<std::string, std::uint64_t>{{"startup", 1}, {"serving", 2}});
}
