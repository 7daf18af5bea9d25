// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/kubernetes.hpp"

#include <cerrno>

#include "tests/support/catch.hpp"

using namespace snug;

namespace {

constexpr Verdict kAllow{Action::allow, 0};
constexpr Verdict kDenied{Action::fail, EPERM};

const std::string kHead =
    "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\n"
    "kind: SeccompProfile\n"
    "metadata:\n"
    "  name: \"nginx\"\n"
    "spec:\n";

std::string written(const Profile& profile) {
  const auto text = render_kubernetes(profile, "nginx");
  if (!text) FAIL(text.error().because);
  return *text;
}

Profile read(const std::string& text) {
  const auto profile = parse_kubernetes(text, "p.yaml");
  if (!profile) FAIL(profile.error().because);
  return *profile;
}

Error refusal_of(const Profile& profile, std::string_view name = "nginx") {
  const auto text = render_kubernetes(profile, name);
  if (text) FAIL("the object was written");
  CHECK(text.error().code == ErrorCode::bad_input);
  CHECK(text.error().what == "cannot write the profile as a SeccompProfile");
  return text.error();
}

Error error_of(const std::string& text) {
  const auto profile = parse_kubernetes(text, "p.yaml");
  if (profile) FAIL("the object was accepted");
  CHECK(profile.error().code == ErrorCode::bad_input);
  CHECK(profile.error().what == "cannot use the profile p.yaml");
  return profile.error();
}

}  // namespace

TEST_CASE("a SeccompProfile is written with its keys in order and sorted names") {
  const Condition masked{1, Comparison::masked_eq, 0xffffffff, 0};
  const Profile profile{
      kDenied,
      {Arch::x86_64, Arch::i386},
      {{{"write", "read", "read"}, kAllow, {}, ""},
       {{"ioctl"}, {Action::fail, ENOSYS}, {masked, {2, Comparison::ne, 3, 0}}, "why\n\x1b[31mnot"}}};

  CHECK(written(profile) == kHead + R"(  defaultAction: SCMP_ACT_ERRNO
  architectures:
    - SCMP_ARCH_X86_64
    - SCMP_ARCH_X86
  syscalls:
    - action: SCMP_ACT_ALLOW
      names:
        - read
        - write
    # why
    # ?[31mnot
    - action: SCMP_ACT_ERRNO
      errnoRet: 38
      names:
        - ioctl
      args:
        - index: 1
          value: 4294967295
          valueTwo: 0
          op: SCMP_CMP_MASKED_EQ
        - index: 2
          value: 3
          op: SCMP_CMP_NE
)");
}

TEST_CASE("a SeccompProfile without rules is a default alone") {
  CHECK(written({{Action::log, 0}, {}, {}}) == kHead + "  defaultAction: SCMP_ACT_LOG\n");
}

TEST_CASE("a SeccompProfile that was written is read back as the same profile") {
  const Profile profile{kDenied,
                        {Arch::aarch64, Arch::arm},
                        {{{"read", "write"}, kAllow, {}, ""},
                         {{"ioctl"}, {Action::trace, 9}, {{1, Comparison::lt, 0x7fffffffffffffff, 2}}, ""},
                         {{"reboot"}, {Action::kill_thread, 0}, {}, ""}}};

  CHECK(read(written(profile)) == profile);
}

TEST_CASE("quotation marks and flow style are read as well") {
  const Profile profile = read(
      "---\n"
      "{apiVersion: security-profiles-operator.x-k8s.io/v1, kind: 'SeccompProfile', spec: {\n"
      "  defaultAction: \"SCMP_ACT_ERRNO\", flags: [SECCOMP_FILTER_FLAG_LOG],\n"
      "  syscalls: [{action: SCMP_ACT_ALLOW, names: [read], args: ~}]}}\n");

  CHECK(profile == Profile{kDenied, {}, {{{"read"}, kAllow, {}, ""}}});
}

TEST_CASE("a name that Kubernetes refuses is refused") {
  for (const std::string name : {"", "Nginx", "a_b", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a-.b", "a b"}) {
    const Error error = refusal_of({kDenied, {}, {}}, name);
    CHECK(error.because == "\"" + name + "\" is no name for a Kubernetes object");
    CHECK(error.remedy == "use small letters, digits, dashes and dots, such as --name nginx");
  }
  CHECK(refusal_of({kDenied, {}, {}}, std::string(254, 'a'))
            .because.ends_with("...\" is no name for a Kubernetes object"));
  for (const std::string name : {"a", "1", "a-b.c1", "true"}) CHECK(render_kubernetes({kDenied, {}, {}}, name));
}

TEST_CASE("a SeccompProfile cannot say another default errno") {
  const Error error = refusal_of({{Action::fail, ENOSYS}, {}, {}});

  CHECK(error.because ==
        "its default is SCMP_ACT_ERRNO ENOSYS, and a SeccompProfile has EPERM there and no place for another");
  CHECK(error.remedy == "make EPERM the default and give single calls another errno, or choose another format");
}

TEST_CASE("a SeccompProfile cannot say the errno 0") {
  const Error error = refusal_of({kDenied, {}, {{{"sync"}, {Action::fail, 0}, {}, ""}}});

  CHECK(error.because == "it has errno 0 for sync, which the operator takes for none");
  CHECK(error.remedy == "choose another errno, or another format");
}

TEST_CASE("a SeccompProfile cannot say numbers from 2^63 on") {
  for (const Condition& condition : {Condition{0, Comparison::eq, 0x8000000000000000, 0},
                                     Condition{0, Comparison::masked_eq, 1, 0x8000000000000000}}) {
    const Error error = refusal_of({kDenied, {}, {{{"ioctl"}, kAllow, {condition}, ""}}});
    CHECK(error.because ==
          "a rule for ioctl compares with 9223372036854775808, and the operator's numbers end at "
          "9223372036854775807");
    CHECK(error.remedy == "compare the lower 32 bits with SCMP_CMP_MASKED_EQ, or choose another format");
  }
}

TEST_CASE("a SeccompProfile cannot say more than six conditions") {
  const Error error =
      refusal_of({kDenied, {}, {{{"ioctl"}, kAllow, std::vector<Condition>(7, {1, Comparison::eq, 1, 0}), ""}}});

  CHECK(error.because == "a rule for ioctl has more than 6 conditions");
  CHECK(error.remedy == "split the rule");
}

TEST_CASE("a SeccompProfile cannot name LoongArch") {
  const Error error = refusal_of({kDenied, {Arch::x86_64, Arch::loongarch64}, {}});

  CHECK(error.because == "it is for SCMP_ARCH_LOONGARCH64, which the operator does not know");
  CHECK(error.remedy == "remove it from architectures, or choose another format");
}

TEST_CASE("a SeccompProfile needs a listener for notifications") {
  const Error in_default = refusal_of({{Action::notify, 0}, {}, {}});
  const Error in_rule = refusal_of({kDenied, {}, {{{"mount"}, {Action::notify, 0}, {}, ""}}});

  CHECK(in_default.because == "its default is SCMP_ACT_NOTIFY, and it names no listener");
  CHECK(in_default.remedy == "choose another default");
  CHECK(in_rule.because == "it has SCMP_ACT_NOTIFY for mount, and names no listener");
  CHECK(in_rule.remedy == "choose another action");
}

TEST_CASE("another object than a SeccompProfile is refused") {
  const Error error = error_of("apiVersion: v1\nkind: Pod\nspec: {}\n");

  CHECK(error.because == "kind is not SeccompProfile");
  CHECK(error.remedy == "give a SeccompProfile; other objects do not hold the profile itself");
}

TEST_CASE("a SeccompProfile of another group is refused") {
  const Error error =
      error_of("apiVersion: example.com/v1\nkind: SeccompProfile\nspec: {defaultAction: SCMP_ACT_LOG}\n");

  CHECK(error.because == "apiVersion does not begin with security-profiles-operator.x-k8s.io/");
  CHECK(error.remedy == "give an object of that operator");
}

TEST_CASE("a SeccompProfile without its spec is refused") {
  const Error error = error_of("apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\n");

  CHECK(error.because == "spec is missing");
  CHECK(error.remedy == "give the whole object");
}

TEST_CASE("a base profile is refused because it lies elsewhere") {
  const Error error = error_of(kHead + "  baseProfileName: runc-v1.4.2\n  defaultAction: SCMP_ACT_ERRNO\n");

  CHECK(error.because == "spec.baseProfileName names another profile, whose rules are added to these");
  CHECK(error.remedy == "add its rules here, and remove it");
}

TEST_CASE("a key of OCI's that Kubernetes drops is refused") {
  const Error error = error_of(kHead + "  defaultAction: SCMP_ACT_ERRNO\n  defaultErrnoRet: 38\n");

  CHECK(error.because == "spec.defaultErrnoRet is no part of a SeccompProfile, so that Kubernetes drops it");
  CHECK(error.remedy == "remove it");
}

TEST_CASE("what is wrong in a spec is reported with its place") {
  CHECK(error_of(kHead +
                 "  defaultAction: SCMP_ACT_ERRNO\n  syscalls: [{action: SCMP_ACT_ALLOW, names: [opennat]}]\n")
            .because ==
        "spec.syscalls[0].names[0] is \"opennat\", which is no system call; engines silently ignore such names");
}

TEST_CASE("text that is not YAML is reported with its place") {
  const Error error = error_of(kHead + "  defaultAction: [\n");

  CHECK(error.because == "line 7, column 1: this is not YAML");
  CHECK(error.remedy == "restore the file, or write it again");
}

TEST_CASE("YAML that no profile needs is refused with its place") {
  CHECK(error_of("a: &x [1]\nb: *x\n").because == "line 2, column 4: an alias, which snug does not follow");
  CHECK(error_of("kind: 1\nkind: 2\n").because == "line 2, column 1: the key \"kind\" for a second time");
  CHECK(error_of("? [1]\n: 2\n").because == "line 1, column 3: a key that is no text");
  CHECK(error_of("a: " + std::string(64, '[') + std::string(64, ']')).because ==
        "line 1, column 67: more levels than any profile has");
  CHECK(error_of("kind: SeccompProfile\n---\nkind: SeccompProfile\n").because == "it holds several YAML documents");
  CHECK(error_of("kind: SeccompProfile\n---\nkind: SeccompProfile\n").remedy ==
        "give one SeccompProfile at a time");
}

TEST_CASE("a Pod names the profile by its path on the node") {
  const auto text = render_pod("profiles/nginx.json");

  REQUIRE(text);
  CHECK(*text == R"(# For a Pod or a container. The profile itself, in the format oci, has to lie on every node as
# /var/lib/kubelet/seccomp/profiles/nginx.json
securityContext:
  seccompProfile:
    type: Localhost
    localhostProfile: "profiles/nginx.json"
)");
}

TEST_CASE("a path out of the kubelet's folder is refused") {
  for (const std::string path : {"", "/etc/p.json", "../p.json", "a/../p.json", "a/.."}) {
    const auto text = render_pod(path);
    REQUIRE_FALSE(text);
    CHECK(text.error() ==
          Error{ErrorCode::bad_input, "cannot write the profile as a securityContext",
                "\"" + path + "\" is no path under the kubelet's folder for profiles",
                "give a relative path without .., such as --localhost-profile profiles/nginx.json"});
  }
  for (const std::string path : {"a\"b", "a\\b", "a\nb"}) CHECK_FALSE(render_pod(path));
  CHECK(render_pod("..a/b..json"));
}
