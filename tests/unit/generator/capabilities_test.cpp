// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/capabilities.hpp"

#include "generator/core/capability_advice.hpp"
#include "generator/core/capability_report.hpp"
#include "tests/support/capability_sets.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using snug::test::set_of;

TEST_CASE("every format says the same capabilities in its own words") {
  const auto [name, none, two] = GENERATE(table<std::string, std::string, std::string>({
      {"docker", "--cap-drop=ALL\n", "--cap-drop=ALL --cap-add=CHOWN --cap-add=SYS_TIME\n"},
      {"compose", "cap_drop:\n  - ALL\n", "cap_drop:\n  - ALL\ncap_add:\n  - CHOWN\n  - SYS_TIME\n"},
      {"quadlet", "[Container]\nDropCapability=all\n",
       "[Container]\nDropCapability=all\nAddCapability=CHOWN SYS_TIME\n"},
      {"systemd", "[Service]\nCapabilityBoundingSet=\n",
       "[Service]\nCapabilityBoundingSet=CAP_CHOWN CAP_SYS_TIME\n"},
      {"kubernetes", "# Pod Security: baseline\nsecurityContext:\n  capabilities:\n    drop:\n    - ALL\n",
       "# Pod Security: privileged\nsecurityContext:\n  capabilities:\n    drop:\n    - ALL\n    add:\n    - "
       "CHOWN\n    - SYS_TIME\n"},
  }));
  const auto format = capability_format_named(name);

  REQUIRE(format);
  CHECK(render_capabilities({}, *format) == none);
  CHECK(render_capabilities({.set = set_of({"SYS_TIME", "CHOWN"})}, *format) == two);
}

TEST_CASE("all five sets of an OCI configuration are told") {
  const std::string text = render_capabilities({.set = set_of({"KILL"})}, CapabilityFormat::oci);

  for (const std::string_view set : {"bounding", "effective", "permitted"})
    CHECK(text.find("\"" + std::string(set) + "\": [\n      \"CAP_KILL\"\n    ]") != std::string::npos);
  for (const std::string_view set : {"inheritable", "ambient"})
    CHECK(text.find("\"" + std::string(set) + "\": []") != std::string::npos);
}

TEST_CASE("what gives more away is tried to be taken away first") {
  const CapabilitySet set = set_of({"NET_BIND_SERVICE", "SYS_TIME", "SYS_ADMIN", "CHOWN"});

  std::vector<std::string_view> names;
  for (const unsigned number : by_danger(set)) names.push_back(capability_name(number));
  CHECK(names ==
        std::vector<std::string_view>{"CAP_SYS_ADMIN", "CAP_CHOWN", "CAP_SYS_TIME", "CAP_NET_BIND_SERVICE"});
  CHECK(advice_on(*capability_number("SYS_ADMIN")).gives_root);
  CHECK_FALSE(advice_on(*capability_number("SYS_TIME")).gives_root);
  CHECK_FALSE(advice_on(*capability_number("NET_BIND_SERVICE")).instead.empty());
}

TEST_CASE("every capability has its place among them") {
  const auto all = by_danger((CapabilitySet{1} << kCapabilities) - 1);

  CHECK(all.size() == kCapabilities);
  CHECK(names_of((CapabilitySet{1} << kCapabilities) - 1).size() == kCapabilities);
}
