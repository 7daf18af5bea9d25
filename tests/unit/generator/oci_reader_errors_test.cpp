// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/oci.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

Error error_of(std::string_view text) {
  const auto profile = parse_profile(text, "p.json");
  if (profile) FAIL("the profile was accepted");
  CHECK(profile.error().code == ErrorCode::bad_input);
  CHECK(profile.error().what == "cannot use the profile p.json");
  return profile.error();
}

Error error_at_top(const std::string& members) {
  return error_of(R"({"defaultAction": "SCMP_ACT_ERRNO", )" + members + "}");
}

Error error_in_rule(const std::string& members) {
  return error_at_top(R"("syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}, {)" + members + "}]");
}

Error error_in_condition(const std::string& members) {
  return error_in_rule(R"("names": ["write"], "action": "SCMP_ACT_LOG", "args": [{)" + members + "}]");
}

}  // namespace

TEST_CASE("text that ends too early is reported with its end") {
  const Error error = error_of("{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"sysc");

  CHECK(error.because == "line 3, column 8: the text ends before the JSON does");
  CHECK(error.remedy == "restore the file, or generate it again");
  CHECK(error_of("").because == "line 1, column 1: the text ends before the JSON does");
}

TEST_CASE("text that is not JSON is reported with its place") {
  const Error error = error_of("{\n  \"defaultAction\" \"SCMP_ACT_ERRNO\"}");

  CHECK(error.because == "line 2, column 34: this is not JSON");
  CHECK(error.remedy == "restore the file, or generate it again");
  CHECK(error_of("{} {").because == "line 1, column 4: this is not JSON");
}

TEST_CASE("a document that is no object is refused") {
  const Error error = error_of("[1, 2]");

  CHECK(error.because == "the document must be an object, not [1,2]");
  CHECK(error.remedy == "write an object there");
}

TEST_CASE("a profile without a default action is refused") {
  const Error error = error_of("{}");

  CHECK(error.because == "defaultAction is missing, and some engines then filter nothing at all");
  CHECK(error.remedy == "add \"defaultAction\": \"SCMP_ACT_ERRNO\"");
}

TEST_CASE("an unknown default action is refused") {
  const Error error = error_of(R"({"defaultAction": "SCMP_ACT_DENY"})");

  CHECK(error.because == "defaultAction is \"SCMP_ACT_DENY\", which is no action");
  CHECK(error.remedy ==
        "use SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, "
        "SCMP_ACT_NOTIFY, SCMP_ACT_TRACE or SCMP_ACT_TRAP");
}

TEST_CASE("a value of the wrong type is refused and shown") {
  CHECK(error_of(R"({"defaultAction": 7})").because == "defaultAction must be a string, not 7");
  CHECK(error_at_top(R"("syscalls": {"names": ["a name long enough to be cut off somewhere"]})").because ==
        "syscalls must be a list, not {\"names\":[\"a name long enough to be cut ...");
  CHECK(error_at_top(R"("syscalls": ["read"])").because == "syscalls[0] must be an object, not \"read\"");
  CHECK(error_in_rule(R"("names": "write", "action": "SCMP_ACT_ALLOW")").because ==
        "syscalls[1].names must be a list, not \"write\"");
}

TEST_CASE("an unknown architecture is refused") {
  const Error error = error_at_top(R"("architectures": ["SCMP_ARCH_X86_64", "x86_64"])");

  CHECK(error.because == "architectures[1] is \"x86_64\", which is no architecture");
  CHECK(error.remedy == "use names such as SCMP_ARCH_X86_64, SCMP_ARCH_X86 or SCMP_ARCH_AARCH64");
}

TEST_CASE("an unknown architecture in a family that is not ours is refused too") {
  CHECK(error_at_top(R"("archMap": [{"architecture": "SCMP_ARCH_MIPS", "subArchitectures": ["SCMP_ARCH_MIPZ"]}])")
            .because == "archMap[0].subArchitectures[0] is \"SCMP_ARCH_MIPZ\", which is no architecture");
}

TEST_CASE("the native architecture is refused because no engine accepts it") {
  const Error error = error_at_top(R"("architectures": ["SCMP_ARCH_NATIVE"])");

  CHECK(error.because == "architectures[0] is SCMP_ARCH_NATIVE, which no engine accepts");
  CHECK(error.remedy == "name the ABI, or leave architectures out");
}

TEST_CASE("architectures and archMap together are refused") {
  const Error error = error_at_top(R"("architectures": ["SCMP_ARCH_X86"], "archMap": [])");

  CHECK(error.because == "archMap stands beside architectures, and engines refuse both");
  CHECK(error.remedy == "keep one of the two");
}

TEST_CASE("a rule without names is refused") {
  const Error error = error_in_rule(R"("action": "SCMP_ACT_ALLOW")");

  CHECK(error.because == "syscalls[1].names is missing or empty");
  CHECK(error.remedy == "name the calls the rule is about");
}

TEST_CASE("name and names together are refused") {
  const Error error = error_in_rule(R"("name": "read", "names": ["write"], "action": "SCMP_ACT_ALLOW")");

  CHECK(error.because == "syscalls[1].name stands beside names, and engines refuse both");
  CHECK(error.remedy == "keep names only");
}

TEST_CASE("a name that no ABI has is refused because engines would ignore it") {
  const Error error = error_in_rule(R"("names": ["write", "opennat"], "action": "SCMP_ACT_ALLOW")");

  CHECK(error.because ==
        "syscalls[1].names[1] is \"opennat\", which is no system call; engines silently ignore such names");
  CHECK(error.remedy == "correct or remove the name");
}

TEST_CASE("a rule without an action is refused") {
  const Error error = error_in_rule(R"("names": ["write"])");

  CHECK(error.because == "syscalls[1].action is missing");
  CHECK(error.remedy == "add \"action\": \"SCMP_ACT_ALLOW\" or another action");
}

TEST_CASE("an errno above what the kernel knows is refused") {
  const Error error = error_in_rule(R"("names": ["write"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096)");

  CHECK(error.because == "syscalls[1].errnoRet is 4096, and the kernel knows no errno above 4095");
  CHECK(error.remedy == "use 1 (EPERM), 38 (ENOSYS) or another errno");
}

TEST_CASE("an errno that is no whole number is refused") {
  for (const std::string value : {"-1", "1.5", "\"13\"", "true", "99999999999999999999"}) {
    const Error error = error_at_top("\"defaultErrnoRet\": " + value);
    CHECK(error.because.find("defaultErrnoRet must be a whole number from 0 to 18446744073709551615, not ") == 0);
    CHECK(error.remedy == "write a whole number from 0 to 18446744073709551615 there");
  }
}

TEST_CASE("an errno beside an action that carries none is refused") {
  const Error error = error_in_rule(R"("names": ["write"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1)");

  CHECK(error.because ==
        "syscalls[1].errnoRet stands beside SCMP_ACT_ALLOW, which carries no errno; crun refuses to start");
  CHECK(error.remedy == "remove it, or use SCMP_ACT_ERRNO");
  CHECK(error_of(R"({"defaultAction": "SCMP_ACT_KILL", "defaultErrnoRet": 1})").because ==
        "defaultErrnoRet stands beside SCMP_ACT_KILL_THREAD, which carries no errno; crun refuses to start");
}

TEST_CASE("an unknown errno name is refused") {
  const Error error = error_at_top(R"("defaultErrno": "ENOPE")");

  CHECK(error.because == "defaultErrno is \"ENOPE\", which is no errno");
  CHECK(error.remedy == "use a name such as EPERM");
}

TEST_CASE("an errno name that contradicts the number is refused") {
  const Error error = error_at_top(R"("defaultErrnoRet": 1, "defaultErrno": "ENOSYS")");

  CHECK(error.because ==
        "defaultErrno is \"ENOSYS\" beside the number 1; podman obeys the name and Docker the number");
  CHECK(error.remedy == "make both say the same");
}

TEST_CASE("an argument index above 5 is refused") {
  const Error error = error_in_condition(R"("index": 6, "value": 1, "op": "SCMP_CMP_EQ")");

  CHECK(error.because == "syscalls[1].args[0].index is 6, and calls have the arguments 0 to 5");
  CHECK(error.remedy == "use an index from 0 to 5");
}

TEST_CASE("a condition without its numbers is refused") {
  const Error error = error_in_condition(R"("index": 0, "op": "SCMP_CMP_EQ")");

  CHECK(error.because == "syscalls[1].args[0].value is missing");
  CHECK(error.remedy == "add the number");
}

TEST_CASE("an unknown comparison is refused") {
  const Error error = error_in_condition(R"("index": 0, "value": 1, "op": "SCMP_CMP_IS")");

  CHECK(error.because == "syscalls[1].args[0].op is \"SCMP_CMP_IS\", which is no comparison");
  CHECK(error.remedy ==
        "use SCMP_CMP_EQ, SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_GT, SCMP_CMP_GE or SCMP_CMP_MASKED_EQ");
}

TEST_CASE("an argument named twice is refused because engines would read alternatives") {
  const Error error = error_in_condition(
      R"("index": 1, "value": 1, "op": "SCMP_CMP_GE"}, {"index": 1, "value": 3, "op": "SCMP_CMP_LE")");

  CHECK(error.because ==
        "syscalls[1].args names argument 1 twice; runc and crun then take every condition of the rule as a rule of "
        "its "
        "own, of which one is enough");
  CHECK(error.remedy == "write one rule for each alternative");
}

TEST_CASE("a minKernel of another form is refused") {
  for (const std::string version : {"6", "6.1.2", "6.", ".1", "six.one", "6-1"}) {
    const Error error = error_in_rule(
        "\"names\": [\"write\"], \"action\": \"SCMP_ACT_ALLOW\", "
        "\"includes\": {\"minKernel\": \"" +
        version + "\"}");
    CHECK(error.because == "syscalls[1].includes.minKernel is \"" + version + "\", which is not of the form 4.8");
    CHECK(error.remedy == "write two numbers and a dot");
  }
}

TEST_CASE("of several things wrong the first is reported") {
  CHECK(error_of(R"({"defaultAction": "A", "architectures": ["B"], "syscalls": 1})").because ==
        "defaultAction is \"A\", which is no action");
}

TEST_CASE("no prefix of a profile is accepted or brings the reader down") {
  const std::string text =
      render_oci({{Action::fail, 1},
                  {Arch::x86_64},
                  {{{"ioctl"}, {Action::allow, 0}, {{1, Comparison::masked_eq, 1, 1}}, "why"}}});

  // Without its last two characters, a brace and a newline, the text is no longer whole.
  for (std::size_t length = 0; length + 2 <= text.size(); ++length)
    CHECK_FALSE(parse_profile(std::string_view(text).substr(0, length), "p.json"));
}
