// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/systemd.hpp"

#include <algorithm>
#include <cerrno>

#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kKill{Action::kill_process, 0};
constexpr Verdict kDenied{Action::fail, EPERM};

std::string written(const Profile& profile) {
  const auto text = render_systemd(profile);
  if (!text) FAIL(text.error().because);
  return *text;
}

Profile read(std::string_view text, Arch native = Arch::x86_64) {
  ReadOptions options;
  options.native = native;
  const auto profile = parse_systemd(text, "a.conf", options);
  if (!profile) FAIL(profile.error().because);
  return *profile;
}

Error refusal_of(const Profile& profile) {
  const auto text = render_systemd(profile);
  if (text) FAIL("the settings were written");
  CHECK(text.error().code == ErrorCode::bad_input);
  CHECK(text.error().what == "cannot write the profile as systemd settings");
  return text.error();
}

Error error_of(std::string_view text) {
  const auto profile = parse_systemd(text, "a.conf");
  if (profile) FAIL("the settings were accepted");
  CHECK(profile.error().code == ErrorCode::bad_input);
  CHECK(profile.error().what == "cannot use the profile a.conf");
  return profile.error();
}

// The verdict of the rule that names the call, or else the default.
Verdict verdict_of(const Profile& profile, const std::string& name) {
  for (const Rule& rule : profile.rules)
    if (std::find(rule.names.begin(), rule.names.end(), name) != rule.names.end()) return rule.verdict;
  return profile.default_verdict;
}

}  // namespace

TEST_CASE("a denying default becomes a list of allowed calls without systemd's own") {
  const Profile profile{kDenied,
                        {Arch::x86_64, Arch::i386},
                        {{{"write", "read"}, kAllow, {}, ""},
                         {{"clone3"}, {Action::fail, ENOSYS}, {}, "x"},
                         {{"reboot"}, kKill, {}, ""}}};

  CHECK(written(profile) == R"([Service]
SystemCallFilter=
# systemd adds @default to every list of allowed calls; what is not listed below is not to be allowed.
SystemCallFilter=@default
SystemCallFilter=~@default
SystemCallFilter=read write
SystemCallFilter=~clone3:ENOSYS
SystemCallFilter=~reboot:kill
SystemCallErrorNumber=EPERM
SystemCallArchitectures=
SystemCallArchitectures=x86-64 x86
)");
}

TEST_CASE("an allowing default becomes a list of denied calls") {
  const Profile profile{
      kAllow, {}, {{{"swapon", "reboot"}, {Action::fail, 4000}, {}, ""}, {{"kexec_load"}, kKill, {}, ""}}};

  CHECK(written(profile) == R"([Service]
SystemCallFilter=
SystemCallFilter=~reboot:4000 swapon:4000
SystemCallFilter=~kexec_load:kill
SystemCallArchitectures=
SystemCallArchitectures=native
)");
}

TEST_CASE("a killing default is written as kill") {
  CHECK(written({kKill, {}, {}}).find("\nSystemCallErrorNumber=kill\n") != std::string::npos);
}

TEST_CASE("long lists take several lines of at most 100 columns") {
  Profile profile{kDenied, {}, {{{}, kAllow, {}, ""}}};
  for (const char* name :
       {"accept", "accept4", "bind", "clock_gettime", "close", "connect", "epoll_create1", "execve", "exit_group",
        "futex", "getrandom", "listen", "mmap", "openat", "read", "write"})
    profile.rules[0].names.emplace_back(name);
  const std::string text = written(profile);

  CHECK(text.find(
            "\nSystemCallFilter=accept accept4 bind clock_gettime close connect epoll_create1 execve exit_group\n"
            "SystemCallFilter=futex getrandom listen mmap openat read write\n") != std::string::npos);
}

TEST_CASE("settings that were written are read back as the same profile") {
  const Rule allowed{{"read", "write"}, kAllow, {}, ""};
  const Rule failing{{"clone3", "statx"}, {Action::fail, ENOSYS}, {}, ""};
  const Rule odd{{"sync"}, {Action::fail, 0}, {}, ""};
  const Rule killing{{"reboot"}, kKill, {}, ""};
  const Profile denying{kDenied, {Arch::x86_64, Arch::x32}, {allowed, odd, failing, killing}};
  const Profile fatal{kKill, {}, {allowed, failing}};
  const Profile allowing{kAllow, {Arch::aarch64}, {odd, failing, killing}};

  for (const Profile& profile : {denying, fatal, allowing, Profile{kDenied, {}, {}}, Profile{kAllow, {}, {}}})
    CHECK(read(written(profile)) == profile);
}

TEST_CASE("every ABI has a name in systemd") {
  for (const Arch arch : kKnownArchs)
    CHECK(read(written({kDenied, {arch}, {}})).architectures == std::vector{arch});
}

TEST_CASE("a list of allowed calls holds systemd's own group as well") {
  const Profile profile = read("[Service]\nSystemCallFilter=openat\n");

  CHECK(verdict_of(profile, "openat") == kAllow);
  CHECK(verdict_of(profile, "futex") == kAllow);
  CHECK(verdict_of(profile, "mount") == kKill);
}

TEST_CASE("a later list takes calls out of an earlier one") {
  const Profile allowed =
      read("SystemCallFilter=read write\nSystemCallFilter=~write\nSystemCallErrorNumber=ENOSYS\n");
  const Profile denied = read("SystemCallFilter=~read write\nSystemCallFilter=write\n");

  CHECK(verdict_of(allowed, "read") == kAllow);
  CHECK(verdict_of(allowed, "write") == Verdict{Action::fail, ENOSYS});
  CHECK(denied == Profile{kAllow, {Arch::x86_64, Arch::i386, Arch::x32}, {{{"read"}, kKill, {}, ""}}});
}

TEST_CASE("an empty assignment forgets what stood before") {
  const Profile profile = read(
      "SystemCallFilter=read\nSystemCallFilter=\nSystemCallFilter=~reboot\n"
      "SystemCallErrorNumber=EPERM\nSystemCallErrorNumber=\n"
      "SystemCallArchitectures=x86\nSystemCallArchitectures=\nSystemCallArchitectures=native\n");

  CHECK(profile == Profile{kAllow, {}, {{{"reboot"}, kKill, {}, ""}}});
}

TEST_CASE("a denied call has the number for all unless it has its own") {
  const Profile profile =
      read("SystemCallErrorNumber=13\nSystemCallFilter=~reboot swapon:ENOSYS sync:0 mount:kill\n");

  CHECK(verdict_of(profile, "reboot") == Verdict{Action::fail, EACCES});
  CHECK(verdict_of(profile, "swapon") == Verdict{Action::fail, ENOSYS});
  CHECK(verdict_of(profile, "sync") == Verdict{Action::fail, 0});
  CHECK(verdict_of(profile, "mount") == kKill);
}

TEST_CASE("lines are continued past comments and other settings are left out") {
  const Profile profile = read(
      "# a unit\n[Unit]\nDescription=SystemCallFilter=mount\n[Service]\nSystemCallFilter = ~reboot \\\n"
      "; not this\n  swapon\nNoNewPrivileges=yes\n");

  CHECK(profile.rules == std::vector<Rule>{{{"reboot", "swapon"}, kKill, {}, ""}});
}

TEST_CASE("without architectures systemd filters the machine's whole family") {
  const std::string_view text = "SystemCallFilter=~reboot\n";

  CHECK(read(text, Arch::x86_64).architectures == std::vector{Arch::x86_64, Arch::i386, Arch::x32});
  CHECK(read(text, Arch::aarch64).architectures == std::vector{Arch::aarch64, Arch::arm});
  CHECK(read(text, Arch::riscv64).architectures == std::vector{Arch::riscv64});
}

TEST_CASE("native stands for the machine's own ABI among others") {
  const std::string_view text = "SystemCallFilter=~reboot\nSystemCallArchitectures=native x86 mips native\n";

  CHECK(read(text, Arch::x86_64).architectures == std::vector{Arch::x86_64, Arch::i386});
}

TEST_CASE("systemd cannot say conditions on arguments") {
  const Error error = refusal_of({kDenied, {}, {{{"ioctl"}, kAllow, {{1, Comparison::eq, 7, 0}}, ""}}});

  CHECK(error.because == "a rule for ioctl depends on arguments, which this form cannot name");
  CHECK(error.remedy == "allow or deny the call whatever its arguments are, or choose another format");
}

TEST_CASE("systemd cannot say other actions") {
  const Error error = refusal_of({kDenied, {}, {{{"reboot"}, {Action::log, 0}, {}, ""}}});

  CHECK(error.because ==
        "it has SCMP_ACT_LOG for reboot, and systemd can only allow a call, fail it or kill the process");
  CHECK(error.remedy == "use SCMP_ACT_ALLOW, SCMP_ACT_ERRNO or SCMP_ACT_KILL_PROCESS there");
  CHECK(refusal_of({kDenied, {}, {{{"reboot"}, {Action::trace, 9}, {}, ""}}}).because ==
        "it has SCMP_ACT_TRACE EBADF for reboot, and systemd can only allow a call, fail it or kill the process");
  for (const Action action : {Action::notify, Action::trap, Action::kill_thread, Action::log})
    CHECK(refusal_of({{action, 0}, {}, {}}).because ==
          "its default is " + std::string(name_of(action)) +
              ", and systemd can only allow a call, fail it or kill the process");
}

TEST_CASE("systemd cannot say a default errno of 0") {
  const Error error = refusal_of({{Action::fail, 0}, {}, {}});

  CHECK(error.because == "its default is to fail with errno 0, and SystemCallErrorNumber= begins at 1");
  CHECK(error.remedy == "use 1 (EPERM), 38 (ENOSYS) or another errno");
}

TEST_CASE("a group is refused because its calls depend on the version") {
  const Error error = error_of("[Service]\nSystemCallFilter=read @system-service\n");

  CHECK(error.because ==
        "line 2 names the group \"@system-service\", whose calls depend on the version of systemd");
  CHECK(error.remedy == "write out what 'systemd-analyze syscall-filter' lists for it");
}

TEST_CASE("a name that is no system call is refused because systemd would ignore it") {
  const Error error = error_of("SystemCallFilter=~opennat:EPERM\n");

  CHECK(error.because == "line 1 names \"opennat\", which is no system call; systemd ignores such names");
  CHECK(error.remedy == "correct or remove the name");
}

TEST_CASE("an errno beside an allowed call is refused because systemd would ignore both") {
  const Error error = error_of("SystemCallFilter=read:EPERM\n");

  CHECK(error.because == "line 1 allows \"read:EPERM\" with an errno, and systemd ignores such words");
  CHECK(error.remedy == "begin the list with ~, or remove the errno");
}

TEST_CASE("what is no errno is refused") {
  CHECK(error_of("SystemCallFilter=~read:4096\n").because == "line 1 has \"4096\" for an errno");
  CHECK(error_of("SystemCallFilter=~read:\n").because == "line 1 has \"\" for an errno");
  CHECK(error_of("SystemCallFilter=~read:x\n").remedy ==
        "use a name such as EPERM, a number from 0 to 4095, or kill");
  CHECK(error_of("SystemCallErrorNumber=0\n").because == "line 1 has \"0\" for an errno");
  CHECK(error_of("SystemCallErrorNumber=log\n").remedy ==
        "use a name such as EPERM, a number from 1 to 4095, or kill");
}

TEST_CASE("what is no architecture of systemd is refused") {
  const Error error = error_of("SystemCallFilter=read\nSystemCallArchitectures=native x86_64\n");

  CHECK(error.because == "line 2 names \"x86_64\", which is no architecture");
  CHECK(error.remedy == "use names such as x86-64, x86 or arm64");
}

TEST_CASE("a second filter for logging is refused") {
  const Error error = error_of("SystemCallFilter=read\nSystemCallLog=read\n");

  CHECK(error.because == "line 2 has SystemCallLog=, which adds a second filter");
  CHECK(error.remedy == "remove it, and use SCMP_ACT_LOG in another format");
}

TEST_CASE("a unit that filters nothing is refused") {
  const Error error = error_of("[Service]\nExecStart=/bin/true\n");

  CHECK(error.because == "it has no SystemCallFilter=");
  CHECK(error.remedy == "give a unit file that filters calls");
}
