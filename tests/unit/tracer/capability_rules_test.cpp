// SPDX-License-Identifier: Apache-2.0
// What holds of all rules.
#include "tracer/core/capability_rules.hpp"

#include <algorithm>
#include <array>

#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/tracer/capability_rule_cases.hpp"

using namespace snug;
using namespace snug::tracer;

namespace snug::tracer::played {

namespace {

// Takes the part up to `mark` off the beginning of `text`.
std::string_view take(std::string_view& text, char mark) {
  const std::size_t end = text.find(mark);
  std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  while (part.starts_with(' ')) part.remove_prefix(1);
  while (part.ends_with(' ')) part.remove_suffix(1);
  return part;
}

Judgement judge(const RuleCase& example, const Call& call, const CapabilityRule& rule) {
  PlayedSurroundings around;
  if (example.setup != nullptr) example.setup(around);
  Judgement judgement;
  rule.judge(call, around, judgement);
  return judgement;
}

Judgement judge(const RuleCase& example, const Call& call) {
  Judgement all;
  for (const CapabilityRule& rule : capability_rules(call.arch, call.number)) {
    const Judgement one = judge(example, call, rule);
    all.need.insert(one.need.begin(), one.need.end());
    all.declared |= one.declared;
    all.tracks_result |= one.tracks_result;
    if (!one.on.empty()) all.on = one.on;
  }
  return all;
}

CapabilityNeed one_by_one(CapabilitySet set) {
  CapabilityNeed need;
  for (unsigned number = 0; number < kCapabilities; ++number)
    if (has(set, number)) need.insert(CapabilitySet{1} << number);
  return need;
}

}  // namespace

CapabilityNeed parse_need(std::string_view text) {
  CapabilityNeed need;
  while (!text.empty()) {
    CapabilitySet any = 0;
    for (std::string_view clause = take(text, '&'); !clause.empty();) {
      const auto number = capability_number(take(clause, '|'));
      REQUIRE(number);
      any |= CapabilitySet{1} << *number;
    }
    need.insert(any);
  }
  return need;
}

std::string write_need(const CapabilityNeed& need) {
  std::string text;
  for (const CapabilitySet any : need) {
    std::string clause;
    for (const std::string& name : names_of(any)) clause += (clause.empty() ? "" : "|") + name;
    text += (text.empty() ? "" : " & ") + clause;
  }
  return text.empty() ? "nothing" : text;
}

Call call_of(const RuleCase& example, Arch arch, std::uint32_t number) {
  Call call{.arch = arch, .number = number, .audit_arch = audit_arch_of(arch)};
  std::ranges::copy(example.arguments, call.arguments.begin());
  PlayedSurroundings around;
  if (example.call == "clone3") call.pointed = read<std::uint64_t>(around, call.arguments[0]);
  return call;
}

void check_cases(std::span<const RuleCase> cases) {
  for (const Arch arch : {Arch::x86_64, Arch::aarch64}) {
    for (const RuleCase& example : cases) {
      const auto number = syscall_number(arch, example.call);
      if (!number && arch == Arch::aarch64) continue;  // it has none of the oldest calls
      INFO(example.call << " on " << name_of(arch) << ": " << example.name);
      REQUIRE(number);

      const Judgement judgement = judge(example, call_of(example, arch, *number));

      CHECK(write_need(judgement.need) == write_need(parse_need(example.need)));
      CHECK(write_need(one_by_one(judgement.declared)) == write_need(parse_need(example.declared)));
      CHECK(judgement.tracks_result == example.tracks_result);
    }
  }
}

}  // namespace snug::tracer::played

using namespace snug::tracer::played;

namespace {

std::vector<RuleCase> all_cases() {
  std::vector<RuleCase> all;
  for (const auto& cases : {file_cases(), name_making_cases(), owner_cases(), attribute_cases(), identity_cases(),
                            memory_cases(), special_name_cases(), network_cases(), netlink_cases(), process_cases(),
                            scheduling_cases(), namespace_cases(), system_cases()})
    all.insert(all.end(), cases.begin(), cases.end());
  return all;
}

std::vector<NamedRule> all_rules() {
  std::vector<NamedRule> all;
  for (const auto& rules : {file_rules(), file_owner_rules(), identity_rules(), memory_rules(), name_rules(),
                            network_rules(), process_rules(), system_rules()})
    all.insert(all.end(), rules.begin(), rules.end());
  return all;
}

// The calls that need the same whatever they are given.
bool is_unconditional(std::string_view call) {
  constexpr std::array kThose{"open_by_handle_at",
                              "setgroups",
                              "mount",
                              "umount2",
                              "pivot_root",
                              "move_mount",
                              "fsopen",
                              "fspick",
                              "fsmount",
                              "mount_setattr",
                              "sethostname",
                              "setdomainname",
                              "swapon",
                              "swapoff",
                              "acct",
                              "reboot",
                              "kexec_load",
                              "kexec_file_load",
                              "init_module",
                              "finit_module",
                              "delete_module",
                              "vhangup",
                              "settimeofday",
                              "clock_settime"};
  return std::ranges::find(kThose, call) != kThose.end();
}

// Copies of descriptors are tracked, and chroot always needs the one rule of its two that is not about the way.
bool always_says_something(const NamedRule& row) {
  const bool only_copies = row.rule.only_for == OnlyFor::tracked && row.call.starts_with("dup");
  return only_copies || is_unconditional(row.call) ||
         (row.call == "chroot" && row.rule.relevant == set_of({kSysChroot}));
}

// How often a rule said something of the cases of its call, and how often nothing.
struct Said {
  int something = 0;
  int nothing = 0;
};

Said said_of(const NamedRule& row, const std::vector<RuleCase>& cases) {
  Said said;
  for (const RuleCase& example : cases) {
    if (example.call != row.call) continue;
    const auto number = syscall_number(Arch::x86_64, row.call);
    const Judgement judgement = judge(example, call_of(example, Arch::x86_64, number.value_or(0)), row.rule);
    const bool something = !judgement.need.empty() || judgement.declared != 0 || judgement.tracks_result;
    ++(something ? said.something : said.nothing);
  }
  return said;
}

}  // namespace

TEST_CASE("every rule is of a call that some ABI has") {
  for (const NamedRule& row : all_rules()) {
    INFO(row.call);
    CHECK(is_syscall_name(row.call));
  }
}

TEST_CASE("of every rule there are cases where it says something, and where it says nothing") {
  const auto cases = all_cases();

  for (const NamedRule& row : all_rules()) {
    const Said said = said_of(row, cases);

    INFO(row.call << ", about " << write_need({row.rule.relevant}));
    CHECK(said.something > 0);
    CHECK((said.nothing > 0) != always_says_something(row));
  }
}

TEST_CASE("no rule speaks of capabilities that it is not said to be about") {
  for (const RuleCase& example : all_cases()) {
    const auto number = syscall_number(Arch::x86_64, example.call);
    REQUIRE(number);
    for (const CapabilityRule& rule : capability_rules(Arch::x86_64, *number)) {
      if (rule.relevant == 0) continue;
      INFO(example.call << ": " << example.name);
      for (const CapabilitySet any : judge(example, call_of(example, Arch::x86_64, *number), rule).need)
        CHECK(write_need({any & ~rule.relevant}) == write_need({0}));
    }
  }
}

TEST_CASE("only the ABIs of 64 bits that are judged have rules") {
  CHECK(has_capability_rules(Arch::x86_64));
  CHECK(has_capability_rules(Arch::aarch64));
  for (const Arch arch : {Arch::i386, Arch::x32, Arch::arm, Arch::unknown}) {
    CHECK_FALSE(has_capability_rules(arch));
    CHECK(capability_rules(arch, 0).empty());
  }
}

TEST_CASE("a call without rules, known or not, has none") {
  CHECK(capability_rules(Arch::x86_64, 39).empty());  // getpid
  CHECK(capability_rules(Arch::x86_64, 100'000).empty());
}
