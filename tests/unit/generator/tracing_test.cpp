// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/tracing.hpp"

#include <nlohmann/json.hpp>

#include "generator/formats/oci.hpp"
#include "snug/arch.hpp"
#include "snug/verdict_code.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using nlohmann::json;

TEST_CASE("a filter that stops every call says so of every ABI of this machine") {
  const json filter = json::parse(render_all_traced(0x736e));

  CHECK(filter["defaultAction"] == "SCMP_ACT_TRACE");
  CHECK(filter["defaultErrnoRet"] == 0x736e);
  CHECK(filter["syscalls"].empty());
  CHECK(filter["architectures"].size() == family_of(native_arch()).size());
  CHECK(filter["architectures"][0] == scmp_name_of(native_arch()));
}

TEST_CASE("each verdict but allow becomes a stop that tells it") {
  const json rule =
      GENERATE(json{{"action", "SCMP_ACT_ERRNO"}}, json{{"action", "SCMP_ACT_ERRNO"}, {"errnoRet", 38}},
               json{{"action", "SCMP_ACT_TRACE"}, {"errnoRet", 5}}, json{{"action", "SCMP_ACT_KILL"}},
               json{{"action", "SCMP_ACT_KILL_PROCESS"}}, json{{"action", "SCMP_ACT_TRAP"}},
               json{{"action", "SCMP_ACT_LOG"}});
  json filter{{"defaultAction", "SCMP_ACT_ALLOW"}, {"flags", {"SECCOMP_FILTER_FLAG_LOG"}}, {"syscalls", {rule}}};
  filter["syscalls"][0]["names"] = {"mount"};
  const auto asked = parse_profile(filter.dump(), "filter");
  REQUIRE(asked);

  const json traced = json::parse(*with_verdicts_traced(filter.dump(), "filter"));

  CHECK(traced["defaultAction"] == "SCMP_ACT_ALLOW");
  CHECK(traced["flags"] == filter["flags"]);
  CHECK(traced["syscalls"][0]["action"] == "SCMP_ACT_TRACE");
  CHECK(traced["syscalls"][0]["names"] == json{"mount"});
  CHECK(decode_verdict(traced["syscalls"][0]["errnoRet"].get<std::uint16_t>()) == asked->rules.at(0).verdict);
}

TEST_CASE("what the user's own program answers stays its own") {
  const std::string text = R"({"defaultAction":"SCMP_ACT_NOTIFY","listenerPath":"/s"})";

  CHECK(*with_verdicts_traced(text, "filter") == text);
}

TEST_CASE("a filter that is none is refused") {
  const auto text = GENERATE(as<std::string>{}, "", "{", "[]", "{}", R"({"defaultAction": 4})",
                             R"({"defaultAction": "SCMP_ACT_ODD"})",
                             R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"]}]})");

  CHECK_FALSE(with_verdicts_traced(text, "filter"));
}
