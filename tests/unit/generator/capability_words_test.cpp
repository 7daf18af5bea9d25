// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/capability_words.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/capability_sets.hpp"
#include "tests/support/catch.hpp"

using namespace snug;
using snug::test::set_of;

namespace {

using Json = nlohmann::json;

constexpr std::string_view kCaveat =
    "programs of a user other than root do not get these by being added: their files must have them (setcap), or "
    "the program must start as root";

CapabilityFinding finding(std::string_view name, CapabilityClass what, std::vector<std::string> evidence) {
  return {.number = capability_number(name).value(), .what = what, .evidence = std::move(evidence)};
}

// Of one run as root, in which no program gained privilege, with what was found.
CapabilityReport report_of(std::vector<CapabilityFinding> findings) {
  CapabilityReport report;
  for (const CapabilityFinding& each : findings)
    if (each.what < CapabilityClass::tolerated) report.recommended |= CapabilitySet{1} << each.number;
  report.findings = std::move(findings);
  report.runs = 1;
  report.new_privileges = NewPrivileges::none;
  return report;
}

CapabilityReport needs_bind() {
  return report_of({finding("NET_BIND_SERVICE", CapabilityClass::used, {"/bin/app: bind, port 80/tcp"})});
}

}  // namespace

TEST_CASE("that nothing is needed is told in three lines") {
  CHECK(render_text(report_of({})) ==
        "no capability is needed, by 1 run\n"
        "no program gained privilege: no_new_privileges can be set\n"
        "docker run --cap-drop=ALL --security-opt=no-new-privileges\n");
}

TEST_CASE("a needed capability is told with its evidence and what would make do without it") {
  CHECK(render_text(needs_bind()) ==
        "1 capability is needed, by 1 run\n"
        "CAP_NET_BIND_SERVICE\n"
        "  /bin/app: bind, port 80/tcp\n"
        "  instead: a port above 1023, or the sysctl net.ipv4.ip_unprivileged_port_start=0\n"
        "no program gained privilege: no_new_privileges can be set\n"
        "docker run --cap-drop=ALL --cap-add=NET_BIND_SERVICE --security-opt=no-new-privileges\n");
}

TEST_CASE("several are told with what they give away, where they can be had and when they are needed") {
  CapabilityReport report = report_of({finding("SYS_ADMIN", CapabilityClass::required, {"/bin/app: mount"}),
                                       finding("SYS_TIME", CapabilityClass::checked, {"/bin/app: settimeofday"})});
  report.findings[0].only_at_startup = true;
  report.runs = 3;

  CHECK(render_text(report) ==
        "2 capabilities are needed, by 3 runs\n"
        "CAP_SYS_ADMIN, as good as root, at start-up only\n"
        "  /bin/app: mount\n"
        "CAP_SYS_TIME\n"
        "  /bin/app: settimeofday\n"
        "  cannot be had in a container without root\n"
        "no program gained privilege: no_new_privileges can be set\n"
        "docker run --cap-drop=ALL --cap-add=SYS_ADMIN --cap-add=SYS_TIME --security-opt=no-new-privileges\n");
}

TEST_CASE("of much evidence people are told the first lines and how many there are more") {
  const std::vector<std::string> five{"1", "2", "3", "4", "5"};
  CHECK(told({}).empty());
  CHECK(told({"1", "2", "3", "4"}) == std::vector<std::string>{"1", "2", "3", "4"});
  CHECK(told(five) == std::vector<std::string>{"1", "2", "3", "4", "and 1 more (--format json)"});

  const std::string text = render_text(report_of({finding("SYS_CHROOT", CapabilityClass::used, five)}));

  CHECK(
      text.starts_with("1 capability is needed, by 1 run\nCAP_SYS_CHROOT\n"
                       "  1\n  2\n  3\n  4\n  and 1 more (--format json)\nno program"));
}

TEST_CASE("what would do as well is told, but not what is recommended too") {
  CapabilityReport report = report_of({finding("SYS_CHROOT", CapabilityClass::used, {"a"}),
                                       finding("SETPCAP", CapabilityClass::used, {"b"}),
                                       finding("SYS_ADMIN", CapabilityClass::alternative, {"a"})});
  report.findings[0].alternatives = set_of({"SYS_ADMIN", "SETPCAP", "BPF"});
  report.findings[1].alternatives = set_of({"SYS_CHROOT"});

  CHECK(
      render_text(report).starts_with("2 capabilities are needed, by 1 run\n"
                                      "CAP_SYS_CHROOT\n  a\n  would do as well: CAP_SYS_ADMIN, CAP_BPF\n"
                                      "CAP_SETPCAP\n  b\n"
                                      "no program gained"));
}

TEST_CASE("what was lacked and what was not missed is told behind what is needed, and the rest is not") {
  const CapabilityReport report = report_of({finding("CHOWN", CapabilityClass::attempted, {"/bin/app: chown"}),
                                             finding("SYS_CHROOT", CapabilityClass::untried, {"u"}),
                                             finding("SYS_TIME", CapabilityClass::tolerated, {"t"}),
                                             finding("KILL", CapabilityClass::probe, {"p"}),
                                             finding("NET_RAW", CapabilityClass::opportunistic, {"o"})});

  CHECK(render_text(report) ==
        "1 capability is needed, by 1 run\n"
        "CAP_SYS_CHROOT\n"
        "  u\n"
        "CAP_SYS_TIME: used, and not missed\n"
        "  t\n"
        "CAP_CHOWN: lacked; give it only where that failure matters\n"
        "  /bin/app: chown\n"
        "no program gained privilege: no_new_privileges can be set\n"
        "docker run --cap-drop=ALL --cap-add=SYS_CHROOT --security-opt=no-new-privileges\n");
}

TEST_CASE("programs that gained privilege are named, and their gaining is not forbidden") {
  CapabilityReport report = report_of({});
  report.new_privileges = NewPrivileges::gained;
  report.gaining = {"/bin/su", "/bin/ping"};

  CHECK(render_text(report) ==
        "no capability is needed, by 1 run\n"
        "no_new_privileges cannot be set: /bin/ping, /bin/su gained privilege\n"
        "docker run --cap-drop=ALL\n");
}

TEST_CASE("where nobody looked who gains privilege, nothing is said of it") {
  CapabilityReport report = report_of({});
  report.new_privileges = NewPrivileges::unknown;

  CHECK(render_text(report) == "no capability is needed, by 1 run\ndocker run --cap-drop=ALL\n");
}

TEST_CASE("nothing that a report holds moves the cursor or begins a line") {
  CapabilityReport report = report_of({finding("SYS_CHROOT", CapabilityClass::used, {"/bin/\x1b[2J: chroot"}),
                                       finding("CHOWN", CapabilityClass::attempted, {"/bin/app: chown, /a\nb"})});
  report.new_privileges = NewPrivileges::gained;
  report.gaining = {"/bin/\rsu"};

  CHECK(render_text(report) ==
        "1 capability is needed, by 1 run\n"
        "CAP_SYS_CHROOT\n"
        "  /bin/\\x1b[2J: chroot\n"
        "CAP_CHOWN: lacked; give it only where that failure matters\n"
        "  /bin/app: chown, /a\\x0ab\n"
        "no_new_privileges cannot be set: /bin/\\x0dsu gained privilege\n"
        "docker run --cap-drop=ALL --cap-add=SYS_CHROOT\n");
}

TEST_CASE("who runs as another user than root is told that adding is not enough") {
  CapabilityReport report = needs_bind();
  report.as_root = false;

  const std::string text = render_text(report);

  CHECK(text.find("can be set\nnote: " + std::string(kCaveat) + "\ndocker run") != std::string::npos);
  CHECK(render_text(needs_bind()).find("note:") == std::string::npos);
}

TEST_CASE("the JSON tells all that is known") {
  CapabilityReport report = report_of({finding("SYS_TIME", CapabilityClass::flaky, {"1", "2", "3", "4", "5"}),
                                       finding("NET_BIND_SERVICE", CapabilityClass::alternative, {})});
  report.findings[0].alternatives = set_of({"SYS_ADMIN"});
  report.findings[0].only_at_startup = true;
  report.had = set_of({"SYS_TIME", "NET_BIND_SERVICE", "KILL", "CHOWN"});
  report.as_root = false;
  report.new_privileges = NewPrivileges::gained;
  report.gaining = {"/bin/su"};
  report.runs = 2;
  report.warnings = {"something was missed"};

  CHECK(Json::parse(render_json(report)) == Json::parse(R"({
    "schema": "snug.capabilities/1",
    "recommended": ["CAP_SYS_TIME"],
    "capabilities": [
      {"name": "CAP_SYS_TIME", "class": "flaky", "evidence": ["1", "2", "3", "4", "5"],
       "alternatives": ["CAP_SYS_ADMIN"], "only_at_startup": true, "gives_root": false, "works_rootless": false,
       "instead": ""},
      {"name": "CAP_NET_BIND_SERVICE", "class": "alternative", "evidence": [], "alternatives": [],
       "only_at_startup": false, "gives_root": false, "works_rootless": true,
       "instead": "a port above 1023, or the sysctl net.ipv4.ip_unprivileged_port_start=0"}
    ],
    "unused": ["CAP_CHOWN", "CAP_KILL"],
    "as_root": false,
    "no_new_privileges": false,
    "gaining": ["/bin/su"],
    "runs": 2,
    "warnings": ["something was missed"]
  })"));
}

TEST_CASE("the JSON tells whether no_new_privileges can be set, or that it is not known") {
  CapabilityReport report = report_of({});
  CHECK(Json::parse(render_json(report))["no_new_privileges"] == true);

  report.new_privileges = NewPrivileges::unknown;
  CHECK(Json::parse(render_json(report))["no_new_privileges"].is_null());
}

TEST_CASE("evidence that is not UTF-8 is JSON all the same") {
  const std::string text = render_json(report_of({finding("CHOWN", CapabilityClass::used, {"/tmp/\xe9"})}));

  CHECK(Json::parse(text)["capabilities"][0]["evidence"][0] == "/tmp/\uFFFD");
}

TEST_CASE("what is granted is what is recommended, with no new privileges where none were gained") {
  CapabilityReport report = needs_bind();
  CHECK(grant_of(report).set == set_of({"NET_BIND_SERVICE"}));
  CHECK(grant_of(report).as_root);
  CHECK(grant_of(report).no_new_privileges);

  report.as_root = false;
  report.new_privileges = GENERATE(NewPrivileges::gained, NewPrivileges::unknown);
  CHECK_FALSE(grant_of(report).as_root);
  CHECK_FALSE(grant_of(report).no_new_privileges);
}

TEST_CASE("formats that cannot give another user than root its capabilities say so") {
  const CapabilityGrant grant{.set = set_of({"KILL"}), .as_root = false};
  for (const auto format : {CapabilityFormat::docker, CapabilityFormat::compose, CapabilityFormat::kubernetes}) {
    CHECK(caveat_of(grant, format) == kCaveat);
    CHECK(caveat_of({.set = 0, .as_root = false}, format).empty());
    CHECK(caveat_of({.set = set_of({"KILL"})}, format).empty());
  }
  for (const auto format : {CapabilityFormat::oci, CapabilityFormat::systemd, CapabilityFormat::quadlet})
    CHECK(caveat_of(grant, format).empty());
}

TEST_CASE("another user than root has its capabilities in all five sets of an OCI configuration") {
  const auto json =
      Json::parse(render_capabilities({.set = set_of({"KILL", "CHOWN"}), .as_root = false}, CapabilityFormat::oci));

  REQUIRE(json["capabilities"].size() == 5);
  for (const char* const set : {"bounding", "effective", "permitted", "inheritable", "ambient"})
    CHECK(json["capabilities"][set] == Json{"CAP_CHOWN", "CAP_KILL"});
  CHECK(json["noNewPrivileges"] == false);
}

TEST_CASE("every format tells of no_new_privileges and of another user in its own words") {
  const auto [name, text] = GENERATE(table<std::string, std::string>({
      {"docker", "--cap-drop=ALL --cap-add=KILL --security-opt=no-new-privileges\n"},
      {"compose", "cap_drop:\n  - ALL\ncap_add:\n  - KILL\nsecurity_opt:\n  - no-new-privileges:true\n"},
      {"kubernetes",
       "# Pod Security: baseline\nsecurityContext:\n  allowPrivilegeEscalation: false\n  capabilities:\n    drop:\n"
       "    - ALL\n    add:\n    - KILL\n  runAsNonRoot: true\n"},
      {"quadlet", "[Container]\nDropCapability=all\nAddCapability=KILL\nNoNewPrivileges=true\n"},
      {"systemd", "[Service]\nCapabilityBoundingSet=CAP_KILL\nAmbientCapabilities=CAP_KILL\nNoNewPrivileges=yes\n"},
  }));
  const auto format = capability_format_named(name);

  REQUIRE(format);
  CHECK(render_capabilities({.set = set_of({"KILL"}), .as_root = false, .no_new_privileges = true}, *format) ==
        text);
}

TEST_CASE("an OCI configuration tells of no_new_privileges") {
  const auto json = Json::parse(render_capabilities({.no_new_privileges = true}, CapabilityFormat::oci));

  CHECK(json["noNewPrivileges"] == true);
}

TEST_CASE("formats are found by their names, and nothing else is") {
  CHECK(capability_format_names() ==
        std::vector<std::string>{"docker", "compose", "oci", "kubernetes", "quadlet", "systemd"});
  CHECK(capability_format_named("oci") == CapabilityFormat::oci);
  CHECK_FALSE(capability_format_named("podman"));
}

TEST_CASE("a pod is restricted that is not root's, gains nothing and binds low ports at most") {
  const CapabilityGrant restricted{
      .set = set_of({"NET_BIND_SERVICE"}), .as_root = false, .no_new_privileges = true};
  CapabilityGrant root = restricted;
  root.as_root = true;
  CapabilityGrant gaining = restricted;
  gaining.no_new_privileges = false;
  CapabilityGrant chown = restricted;
  chown.set |= set_of({"CHOWN"});

  CHECK(pod_security_level(restricted) == "restricted");
  CHECK(pod_security_level({.set = 0, .as_root = false, .no_new_privileges = true}) == "restricted");
  CHECK(pod_security_level(root) == "baseline");
  CHECK(pod_security_level(gaining) == "baseline");
  CHECK(pod_security_level(chown) == "baseline");
}

TEST_CASE("a pod is privileged that has more than the baseline") {
  const CapabilitySet baseline =
      set_of({"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
              "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"});

  for (unsigned number = 0; number < kCapabilities; ++number)
    CHECK(pod_security_level({.set = baseline | CapabilitySet{1} << number}) ==
          (has(baseline, number) ? "baseline" : "privileged"));
  CHECK(pod_security_level({.set = set_of({"NET_RAW"}), .as_root = false, .no_new_privileges = true}) ==
        "privileged");
}
