// SPDX-License-Identifier: Apache-2.0
#include "generator/core/capability_diff.hpp"

#include <nlohmann/json.hpp>

#include "generator/formats/diff.hpp"
#include "generator/formats/diff_words.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/generator/recordings.hpp"

using namespace snug;
using snug::test::RecordingBuilder;

namespace {

constexpr unsigned kChown = 0;
constexpr unsigned kSysAdmin = 21;
constexpr unsigned kSysTime = 25;

RecordingBuilder watched() {
  return RecordingBuilder().watched_capabilities();
}

const Compared kNames{"old", "new"};

}  // namespace

TEST_CASE("the same needs are no difference") {
  const Recording recording = watched().needed("CHOWN", "chown", "/srv").gained_privilege("/bin/su");

  CHECK(diff_capabilities(recording, recording) == CapabilityDiff{});
}

TEST_CASE("capabilities that only one recording needs are told, the added ones with their evidence") {
  const auto found =
      diff_capabilities(watched().needed("CHOWN", "chown"), watched().needed("SYS_ADMIN", "mount", "/mnt"));

  CHECK(found.added == std::vector<CapabilityAdded>{{kSysAdmin, {"/bin/workload: mount, /mnt"}}});
  CHECK(found.removed == CapabilitySet{1} << kChown);
  CHECK_FALSE(found.empty());
}

TEST_CASE("what is needed for something else now is no difference") {
  const auto found =
      diff_capabilities(watched().needed("CHOWN", "chown"), watched().needed("CHOWN", "fchown", "/srv"));

  CHECK(found.empty());
}

TEST_CASE("a capability that was only lacked is not needed") {
  const auto found =
      diff_capabilities(watched(), watched().needed("SYS_TIME", "settimeofday", "", CapabilityUse::attempted));

  CHECK(found.empty());
}

TEST_CASE("programs that gain privilege now are told, and whether none did before") {
  const auto first = diff_capabilities(watched(), watched().gained_privilege("/bin/su"));
  const auto second = diff_capabilities(watched().gained_privilege("/bin/su"),
                                        watched().gained_privilege("/bin/su").gained_privilege("/bin/ping"));

  CHECK(first.gaining == std::set<std::string>{"/bin/su"});
  CHECK(first.none_gained);
  CHECK(second.gaining == std::set<std::string>{"/bin/ping"});
  CHECK_FALSE(second.none_gained);
}

TEST_CASE("where nobody looked who gains privilege, no program gains it now") {
  const CapabilityNeeds unknown;
  CapabilityNeeds known;
  known.gaining = {"/bin/su"};

  CHECK(diff(unknown, known).empty());
  CHECK_FALSE(diff(unknown, known).none_gained);
}

TEST_CASE("recordings without capabilities are not compared, which is no difference") {
  const Recording unwatched = RecordingBuilder();
  const Recording needing = watched().needed("CHOWN", "chown");
  const auto before = diff_capabilities(unwatched, needing);
  const auto after = diff_capabilities(needing, unwatched);

  CHECK(before.empty());
  CHECK(before.not_compared == "in the earlier recording, the run of '' was recorded without looking at that");
  CHECK(after.empty());
  CHECK(after.not_compared == "in the later recording, the run of '' was recorded without looking at that");
}

TEST_CASE("only doubts that both do not share are told") {
  CapabilityNeeds before;
  CapabilityNeeds after;
  before.warnings = {"both", "old"};
  after.warnings = {"both", "new"};

  CHECK(diff(before, after).doubts_of_before == std::set<std::string>{"old"});
  CHECK(diff(before, after).doubts_of_after == std::set<std::string>{"new"});
  CHECK(diff(before, after).empty());
}

TEST_CASE("an added capability comes with its risks and its evidence") {
  const auto lines = lines_of(diff_capabilities(
      watched(), watched().needed("SYS_ADMIN", "mount", "/mnt").needed("SYS_TIME", "settimeofday")));

  REQUIRE(lines.size() == 2);
  CHECK(lines[0] ==
        DiffLine{'+',
                 "CAP_SYS_ADMIN",
                 "is needed now",
                 {"as good as root", "Docker does not give it unless told to", "/bin/workload: mount, /mnt"}});
  CHECK(lines[1].details == std::vector<std::string>{"Docker does not give it unless told to",
                                                     "cannot be had in a container without root",
                                                     "/bin/workload: settimeofday"});
}

TEST_CASE("what Docker gives by default is no risk of its own") {
  CHECK(in_docker_default(kChown));
  CHECK_FALSE(in_docker_default(kSysTime));
}

TEST_CASE("of much evidence people are told the first lines") {
  CapabilityNeeds after{.recommended = CapabilitySet{1} << kChown, .evidence = {}, .gaining = {}, .warnings = {}};
  after.evidence[kChown] = {"1", "2", "3", "4", "5", "6"};
  const auto lines = lines_of(diff(CapabilityNeeds{}, after));

  REQUIRE(lines.size() == 1);
  CHECK(lines[0].details ==
        std::vector<std::string>{"as good as root", "1", "2", "3", "4", "and 2 more (--format json)"});
}

TEST_CASE("the text tells capabilities behind calls") {
  const Recording before = watched().saw(Arch::x86_64, "read").needed("CHOWN", "chown");
  const Recording after = watched().saw(Arch::x86_64, "read").gained_privilege("/bin/su");

  CHECK(render_diff_text(diff(before, before), kNames) ==
        "old and new have the same calls and need the same capabilities\n");
  CHECK(render_diff_text(diff(before, after), kNames) ==
        "from old to new\n"
        "- CAP_CHOWN is no longer needed\n"
        "+ /bin/su gains privilege now\n"
        "    no_new_privileges could be set before, and cannot be set now\n");
}

TEST_CASE("that capabilities were not compared is one line in text and Markdown") {
  const Recording unwatched = RecordingBuilder();
  const std::string text = render_diff_text(diff(unwatched, watched()), kNames);
  const std::string markdown = render_diff_markdown(diff(unwatched, watched()), kNames);

  CHECK(text ==
        "old and new have the same calls\n"
        "capabilities were not compared: in the earlier recording, the run of '' was recorded without looking at "
        "that\n");
  CHECK(markdown.find("have the same calls.\n\ncapabilities were not compared: ") != std::string::npos);
}

TEST_CASE("nothing that needs of capabilities hold moves the cursor or becomes markup") {
  const Recording after = watched().needed("CHOWN", "chown", "\x1b[2J<b>").gained_privilege("/bin/\n<i>");
  const auto found = diff(Recording(watched()), after);
  const std::string text = render_diff_text(found, kNames);
  const std::string markdown = render_diff_markdown(found, kNames);

  CHECK(text.find("chown, \\x1b[2J<b>") != std::string::npos);
  CHECK(text.find("+ /bin/\\x0a<i> gains privilege now") != std::string::npos);
  CHECK(markdown.find("\\<b\\>") != std::string::npos);
  CHECK(markdown.find("\\<i\\>") != std::string::npos);
}

TEST_CASE("the JSON tells each added capability with its risks and evidence") {
  const Recording after = watched().needed("SYS_ADMIN", "mount", "/mnt").gained_privilege("/bin/su");
  const auto found = diff(Recording(watched().needed("CHOWN", "chown")), after);
  const auto json = nlohmann::json::parse(render_diff_json(found, kNames));

  CHECK(json["of"] == "recordings");
  CHECK(json["same"] == false);
  CHECK(json["capabilities"]["added"] == nlohmann::json::array({{{"name", "CAP_SYS_ADMIN"},
                                                                 {"gives_root", true},
                                                                 {"in_docker_default", false},
                                                                 {"works_rootless", true},
                                                                 {"evidence", {"/bin/workload: mount, /mnt"}}}}));
  CHECK(json["capabilities"]["removed"] == nlohmann::json::array({"CAP_CHOWN"}));
  CHECK(json["capabilities"]["gaining"] == nlohmann::json::array({"/bin/su"}));
  CHECK(json["capabilities"]["not_compared"].is_null());
}

TEST_CASE("the JSON says why capabilities were not compared") {
  const auto json = nlohmann::json::parse(render_diff_json(diff(Recording(RecordingBuilder()), watched()), kNames));

  CHECK(json["same"] == true);
  CHECK(json["capabilities"]["not_compared"] ==
        "in the earlier recording, the run of '' was recorded without looking at that");
}
