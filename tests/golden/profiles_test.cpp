// SPDX-License-Identifier: Apache-2.0
// Profiles, byte for byte. SNUG_UPDATE_GOLDEN=1 in the environment rewrites the expected files instead.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "generator/core/generate.hpp"
#include "generator/formats/format.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::all_failed;
using snug::test::RecordingBuilder;

namespace {

std::string contents_of(const std::string& path) {
  std::stringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

void check_golden(const std::string& file, const std::string& text) {
  const std::string path = std::string(SNUG_SOURCE_DIR "/tests/golden/") + file;
  if (std::getenv("SNUG_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  CHECK(contents_of(path) == text);
}

std::string written(const Profile& profile, Format format) {
  const auto text = render(profile, format, {.name = "static-program", .localhost_profile = ""});
  if (!text) FAIL(text.error().because);
  return *text;
}

std::string profile_of(const Recording& recording, FloorChoice floor = FloorChoice::full) {
  const auto generated = generate(recording, {.floor = floor});
  if (!generated) FAIL(generated.error().because);
  return render_oci(generated->profile);
}

}  // namespace

TEST_CASE("a static program without a container") {
  check_golden(
      "static-program.json",
      profile_of(RecordingBuilder().saw(Arch::x86_64, "write").saw(Arch::x86_64, "brk"), FloorChoice::none));
}

TEST_CASE("a web server in a container") {
  RecordingBuilder builder;
  for (const char* name :
       {"accept4",    "arch_prctl", "bind",     "brk",          "clone",    "close",           "epoll_create1",
        "epoll_ctl",  "epoll_wait", "execve",   "exit_group",   "fstat",    "getrandom",       "listen",
        "lseek",      "mmap",       "mprotect", "newfstatat",   "openat",   "pread64",         "prlimit64",
        "read",       "recvfrom",   "rseq",     "rt_sigaction", "sendfile", "set_robust_list", "set_tid_address",
        "setsockopt", "socket",     "writev"})
    builder.saw(Arch::x86_64, name);

  check_golden("web-server.json", profile_of(builder));
}

TEST_CASE("programs of two ABIs of which one tried an absent call") {
  check_golden("two-abis.json", profile_of(RecordingBuilder()
                                               .saw(Arch::x86_64, "read")
                                               .saw(Arch::x86_64, "map_shadow_stack", all_failed(1, "ENOSYS"))
                                               .saw(Arch::i386, "socketcall")
                                               .saw(Arch::i386, "mmap2")
                                               .saw(Arch::i386, "clock_gettime64")));
}

TEST_CASE("a program on arm64") {
  check_golden("arm64.json", profile_of(RecordingBuilder(Arch::aarch64)
                                            .saw(Arch::aarch64, "openat")
                                            .saw(Arch::aarch64, "ppoll")
                                            .saw(Arch::aarch64, "clone3")));
}

TEST_CASE("a static program in the formats for others than container runtimes") {
  const auto generated = generate(RecordingBuilder().saw(Arch::x86_64, "write").saw(Arch::x86_64, "brk"),
                                  {.floor = FloorChoice::none, .errno_form = ErrnoForm::eperm});
  REQUIRE(generated);
  Profile profile = generated->profile;

  check_golden("static-program.yaml", written(profile, Format::kubernetes));
  check_golden("static-program.pod.yaml", written(profile, Format::pod));
  check_golden("static-program.conf", written(profile, Format::systemd));

  profile.rules.resize(1);  // a list of names cannot say what fails with ENOSYS
  check_golden("static-program.txt", written(profile, Format::names));
}
