// SPDX-License-Identifier: Apache-2.0
#include "cli/profile_change.hpp"

#include <fmt/format.h>

#include <iostream>

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "generator/formats/diff.hpp"
#include "generator/formats/format.hpp"
#include "generator/formats/patch.hpp"
#include "generator/formats/rewriting.hpp"

namespace snug::cli {
namespace {

// Without its first line, which names the two profiles.
std::string effect_of(const Profile& before, const Profile& after) {
  std::string text = render_diff_text(diff(before, after), {"before", "after"}, {});
  text.erase(0, text.find('\n') + 1);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<std::string> changed_text(const ProfileFile& file, const Denials& denials) {
  if (denials.empty()) return file.text;
  const auto after = amended(file.profile, needs_of(denials));
  if (!after) return after.error();
  return rewritten(file.text, file.path, file.profile, *after);
}

}  // namespace

Result<ProfileChange> change_for(const ProfileFile& file, const Denials& denials) {
  const auto after = amended(file.profile, needs_of(denials));
  if (!after) return after.error();
  ProfileChange change{effect_of(file.profile, *after), "", ""};
  const auto text = rewritten(file.text, file.path, file.profile, *after);
  const auto unchanged = rewritten(file.text, file.path, file.profile, file.profile);
  if (!text || !unchanged) {
    const Error& error = !text ? text.error() : unchanged.error();
    change.note = fmt::format("no patch: {}; {}", error.because, error.remedy);
    return change;
  }
  change.patch = render_patch(*unchanged, *text, file.path == "-" ? "profile" : file.path);
  if (*unchanged != file.text) change.note = "the patch is for the profile as snug convert writes it";
  return change;
}

void tell_change(const ProfileChange& change) {
  std::string text = "where the command is right to make them, this is the smallest change that allows it:\n";
  text += change.effect;
  if (!change.note.empty()) text += "\n(" + change.note + ")";
  say(text);
  std::cerr << change.patch;
}

Result<Done> write_changed(const ProfileFile& file, const Denials& denials, const std::string& path) {
  if (file.path == "-" || !is_same_file(file.path, path)) {
    const auto text = changed_text(file, denials);
    if (!text) return text.error();
    return write_file(path, *text);
  }
  if (denials.empty()) return Done{};
  const auto lock = FileLock::take(path);
  if (!lock) return lock.error();
  const auto now = read_file(path);
  if (!now) return now.error();
  const auto profile = parse_any(*now, path);
  if (!profile) return profile.error();
  const auto text = changed_text({path, *now, *profile}, denials);
  if (!text) return text.error();
  return write_file(path, *text);
}

}  // namespace snug::cli
