// SPDX-License-Identifier: Apache-2.0
// Files that are special by their name: rules_names.cpp.
#include <fcntl.h>
#include <unistd.h>

#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

namespace snug::tracer::played {
namespace {

constexpr std::string_view kMeasuring = "SYS_PTRACE|PERFMON|SYS_ADMIN";
constexpr std::string_view kRestoring = "CHECKPOINT_RESTORE|SYS_ADMIN";

// 200 is somebody else's process, 100 is the task's own.
void furnish(PlayedSurroundings& around) {
  around.processes = {{200, user(200, kOthers)}};
}
void with_kernel_6_14(PlayedSurroundings& around) {
  furnish(around);
  around.kernel = {6, 14};
}
void with_kernel_6_15(PlayedSurroundings& around) {
  furnish(around);
  around.kernel = {6, 15};
}

void restrict_log(PlayedSurroundings& around) {
  around.settings["kernel/dmesg_restrict"] = 1;
}
void open_log(PlayedSurroundings& around) {
  around.settings["kernel/dmesg_restrict"] = 0;
}

void hide_symbols(PlayedSurroundings& around, int restriction, int paranoid) {
  around.settings = {{"kernel/kptr_restrict", restriction}, {"kernel/perf_event_paranoid", paranoid}};
}
void show_symbols_to_all(PlayedSurroundings& around) {
  hide_symbols(around, 0, 1);
}
void show_symbols_to_some(PlayedSurroundings& around) {
  hide_symbols(around, 0, 2);
}
void hide_symbols_mostly(PlayedSurroundings& around) {
  hide_symbols(around, 1, 1);
}
void hide_symbols_from_all(PlayedSurroundings& around) {
  hide_symbols(around, 2, 2);
}

// What is behind descriptor 5.
template <const char* name>
void open_as_5(PlayedSurroundings& around) {
  furnish(around);
  around.names["#5"] = name;
  around.process_files = {{"200/setgroups", "allow\n"},   {"200/loginuid", "1000"},
                          {"300/loginuid", "4294967295"}, {"100/oom_score_adj", "-500\n"},
                          {"200/oom_score_adj", "900\n"}, {"300/setgroups", "deny\n"}};
}
constexpr char kUserMap[] = "/proc/200/uid_map";
constexpr char kGroupMap[] = "/proc/200/gid_map";
constexpr char kDeniedGroupMap[] = "/proc/300/gid_map";
constexpr char kLogin[] = "/proc/200/loginuid";
constexpr char kFirstLogin[] = "/proc/300/loginuid";
constexpr char kKilling[] = "/proc/100/oom_score_adj";
constexpr char kOtherKilling[] = "/proc/200/oom_score_adj";
constexpr char kNextPid[] = "/proc/sys/kernel/ns_last_pid";
constexpr char kForwarding[] = "/proc/sys/net/ipv4/ip_forward";
constexpr char kInterface[] = "/proc/sys/net/ipv4/conf/eth0/forwarding";
constexpr char kSetting[] = "/proc/sys/net/ipv4/tcp_ecn";
constexpr char kPlain[] = "/tmp/log";

void act_as_root(PlayedSurroundings& around) {
  open_as_5<kUserMap>(around);
  around.credentials.uid = all_ids(0);
}

RuleCase writes(std::string_view name, std::string_view text, std::string_view need,
                void (*setup)(PlayedSurroundings&)) {
  return {name, "write", {5, text_at(text), text.size()}, need, setup};
}

RuleCase opens(std::string_view path, std::uint64_t flags, std::string_view need,
               void (*setup)(PlayedSurroundings&) = furnish) {
  return {path, "open", {text_at(path), flags}, need, setup};
}

RuleCase tracks(std::string_view path, std::uint64_t flags) {
  return {.name = path, .call = "open", .arguments = {text_at(path), flags}, .need = "", .tracks_result = true};
}

}  // namespace

std::span<const RuleCase> special_name_cases() {
  static const std::vector<RuleCase> kCases{
      opens("/proc/kallsyms", O_RDONLY, "", show_symbols_to_all),
      opens("/proc/kallsyms", O_RDONLY, "SYSLOG", show_symbols_to_some),
      opens("/proc/kallsyms", O_RDONLY, "SYSLOG", hide_symbols_mostly),
      opens("/proc/kallsyms", O_RDONLY, "", hide_symbols_from_all),
      opens("/dev/mem", O_RDWR, "SYS_RAWIO"),
      opens("/dev/port", O_RDONLY, "SYS_RAWIO"),
      opens("/dev/null", O_RDWR, ""),
      opens("/proc/kcore", O_RDONLY, "SYS_RAWIO"),
      opens("/proc/kcore", O_PATH, ""),
      opens("/proc/kmsg", O_RDONLY, "SYSLOG"),
      opens("/dev/kmsg", O_RDONLY, "SYSLOG", restrict_log),
      opens("/dev/kmsg", O_RDONLY, "", open_log),
      opens("/dev/kmsg", O_WRONLY, "", restrict_log),
      opens("/proc/200/maps", O_RDONLY, "SYS_PTRACE", with_kernel_6_14),
      opens("/proc/200/maps", O_RDONLY, kMeasuring, with_kernel_6_15),
      opens("/proc/100/maps", O_RDONLY, ""),
      opens("/proc/200/task/200/environ", O_RDONLY, kMeasuring),
      opens("/proc/200/mem", O_RDWR, "SYS_PTRACE"),
      opens("/proc/200/stack", O_RDONLY, "SYS_ADMIN"),
      opens("/proc/200/status", O_RDONLY, ""),
      opens("/proc/200/fd", O_RDONLY | O_DIRECTORY, ""),
      opens("/proc/200/fd/3", O_RDONLY, "SYS_PTRACE"),
      opens("/proc/200/ns/net", O_RDONLY, "SYS_PTRACE"),
      opens("/proc/200/ns", O_RDONLY | O_DIRECTORY, ""),
      opens("/proc/200/root/etc/passwd", O_RDONLY, "SYS_PTRACE"),
      opens("/proc/200/map_files/1000-2000", O_RDONLY, kRestoring),
      opens("/proc/200/map_files", O_RDONLY | O_DIRECTORY, ""),
      opens("/proc/version", O_RDONLY, ""),
      {"is looked at, not opened", "stat", {text_at("/proc/kcore")}, "", furnish},
      {"is looked at, not opened", "stat", {text_at("/proc/kmsg")}, "", furnish},
      {"is looked at, not opened", "stat", {text_at("/proc/200/maps")}, "", furnish},
      {"only its owner and mode count", "access", {text_at("/proc/kcore"), R_OK}, "", furnish},
      {"only its owner and mode count", "access", {text_at("/proc/200/maps"), R_OK}, "", furnish},
      {"follows", "stat", {text_at("/proc/200/exe")}, "SYS_PTRACE", furnish},
      {"follows", "access", {text_at("/proc/200/root/run"), F_OK}, "SYS_PTRACE", furnish},
      {"does not follow", "lstat", {text_at("/proc/200/exe")}, "", furnish},
      {"does not follow", "lstat", {text_at("/proc/200/fd/3")}, "", furnish},
      {"follows on its way", "lstat", {text_at("/proc/200/root/etc")}, "SYS_PTRACE", furnish},
      {"tells where it leads", "readlink", {text_at("/proc/200/exe")}, "SYS_PTRACE", furnish},
      {"tells where it leads", "readlink", {text_at("/proc/200/fd/3")}, "SYS_PTRACE", furnish},
      {"one's own", "readlink", {text_at("/proc/100/exe")}, "", furnish},
      {"another's", "readlinkat", {minus(-AT_FDCWD), text_at("/proc/200/cwd")}, "SYS_PTRACE", furnish},

      tracks("/proc/200/uid_map", O_WRONLY),
      tracks("/proc/200/gid_map", O_RDWR),
      tracks("/proc/100/oom_score_adj", O_WRONLY),
      tracks("/proc/100/oom_adj", O_WRONLY),
      tracks("/proc/100/loginuid", O_WRONLY),
      tracks("/proc/sys/kernel/ns_last_pid", O_WRONLY),
      tracks("/proc/sys/net/ipv4/ip_forward", O_WRONLY),
      opens("/proc/200/uid_map", O_RDONLY, ""),
      opens("/proc/100/comm", O_WRONLY, ""),
      opens("/home/uid_map", O_WRONLY, ""),
      {.name = "below an open folder",
       .call = "openat",
       .arguments = {6, text_at("uid_map"), O_WRONLY},
       .need = "",
       .setup = [](PlayedSurroundings& around) { around.names["#6/uid_map"] = "/proc/200/uid_map"; },
       .tracks_result = true},
      {"a plain file below an open folder", "openat", {6, text_at("log"), O_WRONLY}, ""},

      writes("one's own user", "0 1000 1\n", "", open_as_5<kUserMap>),
      writes("one's own user, for many", "0 1000 2\n", "SETUID", open_as_5<kUserMap>),
      writes("the first user", "0 0 1\n", "SETUID & SETFCAP", open_as_5<kUserMap>),
      writes("the first user as root", "0 0 1\n", "SETFCAP", act_as_root),
      writes("others", "0 100000 65536\n", "SETUID", open_as_5<kUserMap>),
      writes("one's own and others", "0 1000 1\n1 100000 65536\n", "SETUID", open_as_5<kUserMap>),
      writes("one's own group while groups can be set", "0 1000 1\n", "SETGID", open_as_5<kGroupMap>),
      writes("one's own group when none can be set", "0 1000 1\n", "", open_as_5<kDeniedGroupMap>),
      writes("the first group", "0 0 1\n", "SETGID", open_as_5<kDeniedGroupMap>),
      writes("another login", "1001", "AUDIT_CONTROL", open_as_5<kLogin>),
      writes("the first login", "1001", "", open_as_5<kFirstLogin>),
      writes("less likely to be killed", "-600\n", "SYS_RESOURCE", open_as_5<kKilling>),
      writes("as likely to be killed", "-500\n", "", open_as_5<kKilling>),
      writes("less likely, though not less than at first", "100\n", "", open_as_5<kOtherKilling>),
      writes("more likely to be killed", "900\n", "", open_as_5<kKilling>),
      writes("the next process's number", "4000", kRestoring, open_as_5<kNextPid>),
      writes("forwarding", "1\n", "NET_ADMIN", open_as_5<kForwarding>),
      writes("an interface's forwarding", "1\n", "NET_ADMIN", open_as_5<kInterface>),
      writes("another setting", "1\n", "", open_as_5<kSetting>),
      writes("to a plain file", "0 0 1\n", "", open_as_5<kPlain>),
      {"others", "pwrite64", {5, text_at("0 100000 1"), 10, 0}, "SETUID", open_as_5<kUserMap>},
      {"to a plain file", "pwrite64", {5, text_at("0 100000 1"), 10, 0}, "", open_as_5<kPlain>},

      {.name = "a copy", .call = "dup", .arguments = {5}, .need = "", .tracks_result = true},
      {.name = "a copy", .call = "dup2", .arguments = {5, 9}, .need = "", .tracks_result = true},
      {.name = "a copy", .call = "dup3", .arguments = {5, 9, 0}, .need = "", .tracks_result = true},
      {.name = "a copy", .call = "fcntl", .arguments = {5, F_DUPFD, 9}, .need = "", .tracks_result = true},
      {.name = "a copy", .call = "fcntl", .arguments = {5, F_DUPFD_CLOEXEC, 9}, .need = "", .tracks_result = true},
      {"its flags", "fcntl", {5, F_GETFD}, ""},
  };
  return kCases;
}

TEST_CASE("some files need more than their modes say, by their name") {
  check_cases(special_name_cases());
}

}  // namespace snug::tracer::played
