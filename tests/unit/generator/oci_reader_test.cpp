// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "generator/formats/oci.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

Profile read(std::string_view text, const ReadOptions& options = {}) {
  const auto profile = parse_profile(text, "p.json", options);
  if (!profile) FAIL(profile.error().because);
  return *profile;
}

// Whether a rule with these Docker conditions on the host holds.
bool holds(const std::string& conditions, const ReadOptions& options = {}) {
  return !read(
              R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", )" +
                  conditions + "}]}",
              options)
              .rules.empty();
}

}  // namespace

TEST_CASE("a default action alone is a profile") {
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ALLOW"})") == Profile{{Action::allow, 0}, {}, {}});
}

TEST_CASE("a missing errno is EPERM where the action carries one") {
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ERRNO"})").default_verdict == Verdict{Action::fail, EPERM});
  CHECK(read(R"({"defaultAction": "SCMP_ACT_TRACE"})").default_verdict == Verdict{Action::trace, EPERM});
  CHECK(read(R"({"defaultAction": "SCMP_ACT_TRAP"})").default_verdict == Verdict{Action::trap, 0});
}

TEST_CASE("errnos are read from numbers and podman's names") {
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38})").default_verdict.errno_value == 38);
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS"})").default_verdict.errno_value ==
        ENOSYS);
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOTSUP", "defaultErrnoRet": 95})")
            .default_verdict.errno_value == 95);
}

TEST_CASE("the errno 0 is an errno") {
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 0})").default_verdict ==
        Verdict{Action::fail, 0});
}

TEST_CASE("unknown keys are ignored as engines do") {
  CHECK(
      read(R"({"defaultAction": "SCMP_ACT_ALLOW", "x-snug": {"a": [1]}, "flags": ["SECCOMP_FILTER_FLAG_LOG"]})") ==
      Profile{{Action::allow, 0}, {}, {}});
}

TEST_CASE("null stands for nothing as in the engines") {
  const auto profile = read(R"({"defaultAction": "SCMP_ACT_ERRNO", "architectures": null, "syscalls": [
      {"names": ["read"], "action": "SCMP_ACT_ALLOW", "errnoRet": null, "args": null, "includes": null}]})");

  CHECK(profile == Profile{{Action::fail, EPERM}, {}, {{{"read"}, {Action::allow, 0}, {}, ""}}});
}

TEST_CASE("the singular name of old Docker profiles is a list of one") {
  const auto profile = read(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
      {"name": "read", "action": "SCMP_ACT_ALLOW", "args": []}]})");

  REQUIRE(profile.rules.size() == 1);
  CHECK(profile.rules[0].names == std::vector<std::string>{"read"});
}

TEST_CASE("values use all 64 bits") {
  const auto profile = read(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action":
      "SCMP_ACT_ALLOW", "args": [{"index": 5, "value": 18446744073709551615, "valueTwo": 1, "op": "SCMP_CMP_GE"}]}]})");

  REQUIRE(profile.rules.size() == 1);
  CHECK(profile.rules[0].conditions == std::vector<Condition>{{5, Comparison::ge, 18446744073709551615U, 1}});
}

TEST_CASE("archMap stands for the family of the native ABI") {
  const std::string text = R"({"defaultAction": "SCMP_ACT_ERRNO", "archMap": [
      {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
      {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
      {"architecture": "SCMP_ARCH_MIPS64", "subArchitectures": null}]})";
  ReadOptions on_arm;
  on_arm.native = Arch::aarch64;
  ReadOptions on_riscv;
  on_riscv.native = Arch::riscv64;

  CHECK(read(text, on_arm).architectures == std::vector{Arch::aarch64, Arch::arm});
  CHECK(read(text, on_riscv).architectures.empty());
}

TEST_CASE("ABIs that OCI knows and snug has no table for are left out") {
  CHECK(
      read(
          R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_MIPS", "SCMP_ARCH_ARM", "SCMP_ARCH_S390"]})")
          .architectures == std::vector{Arch::arm});
}

TEST_CASE("an architecture named twice counts once") {
  CHECK(read(R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_ARM", "SCMP_ARCH_ARM"]})")
            .architectures == std::vector{Arch::arm});
}

TEST_CASE("names that only ABIs without a table have are accepted") {
  CHECK(
      read(
          R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["cachectl"], "action": "SCMP_ACT_LOG"}]})")
          .rules.size() == 1);
}

TEST_CASE("includes hold when the ABI is one of them") {
  ReadOptions on_amd64;
  on_amd64.native = Arch::x86_64;

  CHECK(holds(R"("includes": {"arches": ["s390x", "amd64"]})", on_amd64));
  CHECK_FALSE(holds(R"("includes": {"arches": ["s390x", "x32", "mips"]})", on_amd64));
  CHECK(holds(R"("includes": {"arches": []})", on_amd64));
}

TEST_CASE("includes hold when all capabilities are given") {
  CHECK(holds(R"("includes": {"caps": ["CAP_CHOWN", "CAP_KILL"]})"));
  CHECK_FALSE(holds(R"("includes": {"caps": ["CAP_CHOWN", "CAP_SYS_ADMIN"]})"));
}

TEST_CASE("excludes hold when any capability is given or the ABI is one of them") {
  ReadOptions on_arm;
  on_arm.native = Arch::aarch64;

  CHECK_FALSE(holds(R"("excludes": {"caps": ["CAP_SYS_ADMIN", "CAP_KILL"]})"));
  CHECK(holds(R"("excludes": {"caps": ["CAP_SYS_ADMIN"]})"));
  CHECK_FALSE(holds(R"("excludes": {"arches": ["arm64"]})", on_arm));
}

TEST_CASE("excludes win over includes") {
  CHECK_FALSE(holds(R"("includes": {"caps": ["CAP_KILL"]}, "excludes": {"caps": ["CAP_KILL"]})"));
}

TEST_CASE("minKernel is compared number by number") {
  ReadOptions options;
  options.kernel = {4, 19};

  CHECK(holds(R"("includes": {"minKernel": "4.8"})", options));
  CHECK(holds(R"("includes": {"minKernel": "4.19"})", options));
  CHECK_FALSE(holds(R"("includes": {"minKernel": "4.20"})", options));
  CHECK_FALSE(holds(R"("excludes": {"minKernel": "3.50"})", options));
  CHECK(holds(R"("includes": {"minKernel": ""})", options));
}
