// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/diff_words.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>

#include "generator/core/risk.hpp"
#include "generator/formats/diff.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

namespace {

Profile allowing(std::vector<std::string> names, std::vector<Condition> conditions = {}) {
  return {{Action::fail, EPERM}, {Arch::x86_64}, {{std::move(names), {Action::allow}, std::move(conditions), ""}}};
}

const Compared kNames{"old.json", "new.json"};

const EvidenceByName kEvidence{{"mount", {3, {"/bin/app"}, {"run tests"}, "do_mount", "/lib/libapp.so"}}};

}  // namespace

TEST_CASE("an added call comes with its risks and who makes it") {
  const auto lines = lines_of(diff(allowing({"read"}), allowing({"read", "mount"})), kEvidence);

  REQUIRE(lines.size() == 1);
  CHECK(lines[0].sign == '+');
  CHECK(lines[0].subject == "mount");
  CHECK(lines[0].what == "is allowed now; before, it fails with EPERM");
  REQUIRE(lines[0].details.size() == 4);
  CHECK(lines[0].details[0].starts_with("powerful: it "));
  CHECK(lines[0].details[1] == "Docker's default profile refuses it");
  CHECK(lines[0].details[2] == "needs CAP_SYS_ADMIN");
  CHECK(lines[0].details[3] == "made 3 times by /bin/app, first in do_mount of /lib/libapp.so, under run tests");
}

TEST_CASE("a removed call comes without risks") {
  const auto lines = lines_of(diff(allowing({"mount"}), allowing({"read"})), {});

  REQUIRE(lines.size() == 2);
  CHECK(lines[0].sign == '-');
  CHECK(lines[0].details.empty());
}

TEST_CASE("a change of conditions comes with arguments that show it") {
  const auto lines = lines_of(diff(allowing({"socket"}, {{0, Comparison::eq, 1, 0}}), allowing({"socket"})), {});

  REQUIRE(lines.size() == 1);
  CHECK(lines[0].what == "is allowed with more arguments");
  REQUIRE(!lines[0].details.empty());
  CHECK(lines[0].details[0].find("it is allowed, and before fails with EPERM") != std::string::npos);
}

TEST_CASE("the text names both and says when they are the same") {
  const auto same = diff(allowing({"read"}), allowing({"read"}));

  CHECK(render_diff_text(same, kNames, {}) == "old.json and new.json decide alike on every call\n");
  CHECK(render_diff_text(diff(allowing({"read"}), allowing({"write"})), kNames, {})
            .starts_with("from old.json to new.json\n- read is no longer allowed"));
}

TEST_CASE("nothing that a recording holds moves the cursor or begins a line") {
  const EvidenceByName evidence{{"mount", {1, {"/bin/\x1b[2J"}, {"a\n- read is no longer allowed"}, "", ""}}};
  const std::string text =
      render_diff_text(diff(allowing({"read"}), allowing({"read", "mount"})), kNames, evidence);

  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("\n- read") == std::string::npos);
  CHECK(text.find("/bin/\\x1b[2J, under a\\x0a- read") != std::string::npos);
}

TEST_CASE("nothing that a recording holds becomes markup") {
  const EvidenceByName evidence{{"mount", {1, {"/bin/<img src=x>"}, {"a | b\n# c `d` @team"}, "", ""}}};
  const std::string text = render_diff_markdown(diff(allowing({"read"}), allowing({"mount"})), kNames, evidence);

  CHECK(text.find("<img") != std::string::npos);
  CHECK(text.find("\\<img src=x\\>") != std::string::npos);
  CHECK(text.find("a \\| b\\\\x0a\\# c \\`d\\` \\@team") != std::string::npos);
  CHECK(text.find("**More**") != std::string::npos);
  CHECK(text.find("**Less**") != std::string::npos);
}

TEST_CASE("the JSON tells each change with its witness, risk and evidence") {
  const auto found = diff(allowing({"read"}), allowing({"read", "mount"}));
  const auto json = nlohmann::json::parse(render_diff_json(found, kNames, kEvidence));

  CHECK(json["schema"] == "snug.diff/1");
  CHECK(json["same"] == false);
  CHECK(json["unnamed"].is_null());
  const auto& call = json["calls"].at(0);
  CHECK(call["name"] == "mount");
  CHECK(call["change"] == "added");
  CHECK(call["witness"]["before"] == nlohmann::json{{"action", "SCMP_ACT_ERRNO"}, {"errno", 1}});
  CHECK(call["witness"]["after"]["action"] == "SCMP_ACT_ALLOW");
  CHECK(call["risk"]["capability"] == "CAP_SYS_ADMIN");
  CHECK(call["evidence"]["function"] == "do_mount");
}

TEST_CASE("an ordinary call carries no risk") {
  const std::vector archs{Arch::x86_64};

  CHECK(risk_of("read", archs).empty());
  CHECK(risk_of("chroot", archs).capability == "CAP_SYS_CHROOT");
  CHECK(risk_of("mount", archs).refused_by_docker);
}
