// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/oci.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

TEST_CASE("a profile is rendered with its keys in order and one name a line") {
  const Profile profile{
      {Action::fail, 1}, {Arch::x86_64, Arch::i386}, {{{"write", "read"}, {Action::allow, 0}, {}, ""}}};

  CHECK(render_oci(profile) == R"({
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 1,
  "architectures": [
    "SCMP_ARCH_X86_64",
    "SCMP_ARCH_X86"
  ],
  "syscalls": [
    {
      "names": [
        "read",
        "write"
      ],
      "action": "SCMP_ACT_ALLOW"
    }
  ]
}
)");
}

TEST_CASE("conditions and comments are rendered after the action") {
  const Condition masked{1, Comparison::masked_eq, 0xffffffff, 0};
  const Condition huge{0, Comparison::eq, 0xffffffffffffffff, 0};
  const Profile profile{{Action::kill_process, 0}, {}, {{{"ioctl"}, {Action::fail, 38}, {huge, masked}, "why"}}};

  CHECK(render_oci(profile) == R"({
  "defaultAction": "SCMP_ACT_KILL_PROCESS",
  "syscalls": [
    {
      "names": [
        "ioctl"
      ],
      "action": "SCMP_ACT_ERRNO",
      "errnoRet": 38,
      "args": [
        {
          "index": 0,
          "value": 18446744073709551615,
          "op": "SCMP_CMP_EQ"
        },
        {
          "index": 1,
          "value": 4294967295,
          "valueTwo": 0,
          "op": "SCMP_CMP_MASKED_EQ"
        }
      ],
      "comment": "why"
    }
  ]
}
)");
}

TEST_CASE("a profile without rules is rendered with an empty list") {
  CHECK(render_oci({{Action::allow, 0}, {}, {}}) ==
        "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\",\n  \"syscalls\": []\n}\n");
}

TEST_CASE("an errno stands only beside actions that carry one") {
  for (const Action action : {Action::allow, Action::log, Action::notify, Action::trap, Action::kill_thread}) {
    const std::string text = render_oci({{action, 0}, {}, {{{"read"}, {action, 0}, {}, ""}}});
    CHECK(text.find("rrnoRet") == std::string::npos);
  }
  CHECK(render_oci({{Action::trace, 7}, {}, {}}).find("\"defaultErrnoRet\": 7") != std::string::npos);
}

TEST_CASE("a comment that is not UTF-8 is still rendered as JSON") {
  const std::string text = render_oci({{Action::allow, 0}, {}, {{{"read"}, {Action::log, 0}, {}, "\xff"}}});

  CHECK(parse_profile(text, "p.json"));
}

TEST_CASE("what is rendered is read back as the same profile") {
  const Profile profile{
      {Action::fail, 38},
      {Arch::x86_64, Arch::x32},
      {{{"read", "write"}, {Action::allow, 0}, {}, "needed"},
       {{"ioctl"}, {Action::trace, 9}, {{1, Comparison::masked_eq, 0xff, 2}, {2, Comparison::ne, 3, 0}}, ""},
       {{"reboot"}, {Action::kill_thread, 0}, {}, ""}}};

  const auto again = parse_profile(render_oci(profile), "p.json");

  REQUIRE(again);
  CHECK(*again == profile);
}
