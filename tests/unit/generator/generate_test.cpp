// SPDX-License-Identifier: Apache-2.0
#include "generator/core/generate.hpp"

#include <cerrno>

#include "generator/formats/oci.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::all_failed;
using snug::test::RecordingBuilder;

namespace {

using Names = std::vector<std::string>;

const GenerateOptions kWithoutFloor{.floor = FloorChoice::none, .portability = {false, false}};
const GenerateOptions kWithFloor{.portability = {false, false}};

Generated generated_from(const Recording& recording, const GenerateOptions& options = kWithoutFloor) {
  auto generated = generate(recording, options);
  if (!generated) FAIL(generated.error().because);
  return *generated;
}

Error refusal_of(const Recording& recording) {
  const auto generated = generate(recording, {});
  if (generated) FAIL("a profile was generated");
  CHECK(generated.error().code == ErrorCode::refused);
  return generated.error();
}

// The names that fail with ENOSYS.
Names absent_in(const Generated& generated) {
  for (const Rule& rule : generated.profile.rules)
    if (rule.verdict == Verdict{Action::fail, ENOSYS}) return rule.names;
  return {};
}

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("a profile allows what was seen and what every process needs") {
  const auto generated = generated_from(RecordingBuilder().saw(Arch::x86_64, "write").saw(Arch::x86_64, "read"));

  CHECK(generated.profile.default_verdict == Verdict{Action::fail, ENOSYS});
  CHECK(generated.profile.architectures == std::vector{Arch::x86_64});
  REQUIRE_FALSE(generated.profile.rules.empty());
  CHECK(generated.profile.rules[0] ==
        Rule{{"execve", "exit", "exit_group", "read", "restart_syscall", "rt_sigreturn", "write"},
             {Action::allow, 0},
             {},
             ""});
}

TEST_CASE("sigreturn is allowed where an ABI has it") {
  const auto generated = generated_from(RecordingBuilder().saw(Arch::i386, "read"));

  CHECK(contains(generated.profile.rules[0].names, "sigreturn"));
  CHECK(generated.profile.architectures == std::vector{Arch::x86_64, Arch::i386});
}

TEST_CASE("the ABI of the host is listed beside those that were seen") {
  const auto generated = generated_from(RecordingBuilder(Arch::aarch64).saw(Arch::arm, "read"));

  CHECK(generated.profile.architectures == std::vector{Arch::aarch64, Arch::arm});
}

TEST_CASE("the floor adds what runtimes call") {
  const Recording recording = RecordingBuilder().saw(Arch::x86_64, "read");

  CHECK(generated_from(recording, kWithFloor).allowed.at("capset").origins == std::set{Origin::floor});
  CHECK_FALSE(generated_from(recording, kWithoutFloor).allowed.contains("capset"));
}

TEST_CASE("the floor speaks only of calls that a listed ABI has") {
  const auto generated = generated_from(RecordingBuilder(Arch::aarch64).saw(Arch::aarch64, "read"), kWithFloor);

  CHECK_FALSE(generated.allowed.contains("select"));
  CHECK(generated.allowed.contains("pselect6"));
}

TEST_CASE("a call keeps all its origins and is counted once") {
  const auto generated = generated_from(
      RecordingBuilder().saw(Arch::x86_64, "read").saw(Arch::x86_64, "execve").saw(Arch::x86_64, "times"),
      kWithFloor);

  CHECK(generated.allowed.at("times").origins == std::set{Origin::observed});
  CHECK(generated.allowed.at("read").origins == std::set{Origin::observed, Origin::floor});
  CHECK(generated.allowed.at("execve").origins == std::set{Origin::observed, Origin::always, Origin::floor});
  CHECK(generated.counts.at(Origin::observed) == 3);
  CHECK(generated.counts.at(Origin::always) == 4);
  CHECK(generated.counts.at(Origin::floor) == generated.allowed.size() - 7);
}

TEST_CASE("calls with a fallback fail as if the kernel lacked them") {
  const auto absent = absent_in(generated_from(RecordingBuilder().saw(Arch::x86_64, "statx")));

  CHECK(contains(absent, "clone3"));
  CHECK_FALSE(contains(absent, "statx"));
  CHECK(std::is_sorted(absent.begin(), absent.end()));
}

TEST_CASE("fallbacks of 32-bit ABIs appear only with such an ABI") {
  CHECK_FALSE(contains(absent_in(generated_from(RecordingBuilder().saw(Arch::x86_64, "read"))), "clock_gettime64"));
  CHECK(contains(absent_in(generated_from(RecordingBuilder().saw(Arch::i386, "read"))), "clock_gettime64"));
}

TEST_CASE("a call that always failed as absent goes on failing so") {
  const auto generated = generated_from(
      RecordingBuilder().saw(Arch::x86_64, "read").saw(Arch::x86_64, "cachestat", all_failed(3, "ENOSYS")));

  CHECK_FALSE(generated.allowed.contains("cachestat"));
  CHECK(contains(absent_in(generated), "cachestat"));
}

TEST_CASE("a call that failed as absent but was not always watched to its end is allowed") {
  const Observation half_watched{4, 3, {{"ENOSYS", 3}}, {}};

  CHECK(generated_from(RecordingBuilder().saw(Arch::x86_64, "cachestat", half_watched))
            .allowed.contains("cachestat"));
}

TEST_CASE("a call that failed as absent only sometimes is allowed") {
  const Observation other_errors_too{4, 4, {{"ENOSYS", 3}, {"EINVAL", 1}}, {}};

  CHECK(generated_from(RecordingBuilder().saw(Arch::x86_64, "cachestat", other_errors_too))
            .allowed.contains("cachestat"));
}

TEST_CASE("a call that is absent for one ABI and used by another is allowed") {
  const auto generated = generated_from(
      RecordingBuilder().saw(Arch::x86_64, "cachestat", all_failed(3, "ENOSYS")).saw(Arch::i386, "cachestat"));

  CHECK(generated.allowed.contains("cachestat"));
}

TEST_CASE("a call that the floor needs is allowed although it was absent") {
  const Recording recording =
      RecordingBuilder().saw(Arch::x86_64, "read").saw(Arch::x86_64, "statx", all_failed(2, "ENOSYS"));

  CHECK(generated_from(recording, kWithFloor).allowed.at("statx").origins == std::set{Origin::floor});
  CHECK(contains(absent_in(generated_from(recording, kWithoutFloor)), "statx"));
}

TEST_CASE("the multiplexer of socket calls is allowed as a whole") {
  CHECK(generated_from(RecordingBuilder().saw(Arch::i386, "socketcall")).allowed.contains("socketcall"));
}

TEST_CASE("a call without a name is reported with its number and count") {
  const auto generated = generated_from(RecordingBuilder()
                                            .saw(Arch::x86_64, "read")
                                            .saw_number(Arch::x86_64, 4000, {1, 0, {}, {}})
                                            .saw_number(Arch::unknown, 12, {3, 0, {}, {}}));

  CHECK(generated.warnings ==
        Names{"x86_64 system call 4000 has no name, so no profile can allow it (seen 1 time)",
              "system call 12 is of an unknown ABI, so no profile can allow it (seen 3 times)"});
  CHECK(generated.profile.architectures == std::vector{Arch::x86_64});
}

TEST_CASE("an incomplete recording is refused with its reasons") {
  const Error error = refusal_of(
      RecordingBuilder().saw(Arch::x86_64, "read").missed("2 calls were lost").missed("a task vanished"));

  CHECK(error.what == "cannot generate a profile from an incomplete recording");
  CHECK(error.because == "2 calls were lost; a task vanished");
  CHECK(error.remedy == "record the workload again, or accept the gaps with --allow-incomplete");
}

TEST_CASE("an incomplete recording is accepted on demand and warned about") {
  const auto generated = generated_from(RecordingBuilder().saw(Arch::x86_64, "read").missed("a task vanished"),
                                        {.floor = FloorChoice::none, .incomplete = Incomplete::accepted});

  CHECK(generated.warnings == Names{"the recording is incomplete: a task vanished"});
}

TEST_CASE("a profile from attached runs alone warns that the start was not seen") {
  const Recording attached =
      RecordingBuilder().saw(Arch::x86_64, "read").within(Run::Begin::attach, Run::End::detach, 3);
  const Recording launched = RecordingBuilder(Arch::x86_64, "r-0000000000000002").saw(Arch::x86_64, "read");

  REQUIRE(generated_from(attached).warnings.size() == 1);
  CHECK(generated_from(attached).warnings.front().starts_with("snug attached when the workload ran already"));
  CHECK(generated_from(merge(attached, launched)).warnings.empty());
}

TEST_CASE("a profile warns of descendants that were let go, and only if there were any") {
  const auto ended_with = [](std::uint64_t let_go) {
    return generated_from(
        RecordingBuilder().saw(Arch::x86_64, "read").within(Run::Begin::launch, Run::End::command, let_go));
  };

  CHECK(ended_with(0).warnings.empty());
  CHECK(ended_with(2).warnings ==
        Names{"the descendants of the command were let go when it ended: what they called "
              "then is not in the profile"});
}

TEST_CASE("a recording without calls is refused") {
  const Error error = refusal_of(RecordingBuilder());

  CHECK(error.what == "cannot generate a profile that allows nothing");
  CHECK(error.because == "the recording has no system call that a profile could allow");
  CHECK(error.remedy == "record the workload: snug trace -- COMMAND");
}

TEST_CASE("a recording of nameless calls only is refused") {
  CHECK(refusal_of(RecordingBuilder().saw_number(Arch::unknown, 1)).what ==
        "cannot generate a profile that allows nothing");
}

TEST_CASE("recordings give the same bytes in whatever order they are merged") {
  const Recording one = RecordingBuilder(Arch::x86_64, "r-1").saw(Arch::x86_64, "write").saw(Arch::i386, "read");
  const Recording two =
      RecordingBuilder(Arch::aarch64, "r-2").saw(Arch::x86_64, "accept").saw(Arch::aarch64, "bind");

  const auto forwards = generated_from(merge(one, two), kWithFloor);
  const auto backwards = generated_from(merge(two, merge(one, one)), kWithFloor);

  CHECK(render_oci(forwards.profile) == render_oci(backwards.profile));
}

TEST_CASE("threads may wait for each other, whether they had to or not") {
  const auto allowed_after_clone = [](std::uint64_t flags) {
    Observation cloned{.count = 1, .outcomes = 1, .errors = {}, .first = {}};
    cloned.arguments["flags"] = {{0x11, flags}, false};
    return generated_from(RecordingBuilder().saw(Arch::x86_64, "clone", cloned)).allowed;
  };

  const auto with_threads = allowed_after_clone(0x3d0f00);  // glibc's flags for a thread
  REQUIRE(with_threads.contains("futex"));
  CHECK(with_threads.at("futex").origins == std::set{Origin::always});
  CHECK_FALSE(with_threads.contains("futex_time64"));             // of 32-bit ABIs
  CHECK_FALSE(allowed_after_clone(0x1200011).contains("futex"));  // a child of fork
}
