// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/patch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace snug {
namespace {

constexpr std::size_t kContext = 3;

using Lines = std::vector<std::string_view>;

// Each with its newline, which the last one may lack.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

struct Edit {
  char sign;  // ' ' for a line of both, '-' and '+' for one of before and after only
  std::string_view line;
};

// The shortest way from one to the other by their longest common subsequence. What both begin and end with is left
// out of the table, whose size is the product of what remains.
class Editing {
 public:
  Editing(const Lines& before, const Lines& after) : before_(before), after_(after) {
    const std::size_t most = std::min(before.size(), after.size());
    while (head_ < most && before[head_] == after[head_]) ++head_;
    while (tail_ < most - head_ && before[before.size() - 1 - tail_] == after[after.size() - 1 - tail_]) ++tail_;
  }

  std::vector<Edit> edits() {
    measure();
    for (std::size_t i = 0; i < head_; ++i) add(' ', before_[i]);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows() || j < columns()) {
      if (i < rows() && j < columns() && old_line(i) == new_line(j)) {
        add(' ', old_line(i++)), ++j;
      } else if (j == columns() || (i < rows() && common(i + 1, j) >= common(i, j + 1))) {
        add('-', old_line(i++));
      } else {
        add('+', new_line(j++));
      }
    }
    for (std::size_t k = before_.size() - tail_; k < before_.size(); ++k) add(' ', before_[k]);
    return std::move(edits_);
  }

 private:
  std::size_t rows() const { return before_.size() - head_ - tail_; }
  std::size_t columns() const { return after_.size() - head_ - tail_; }
  std::string_view old_line(std::size_t i) const { return before_[head_ + i]; }
  std::string_view new_line(std::size_t j) const { return after_[head_ + j]; }
  std::uint32_t& common(std::size_t i, std::size_t j) { return common_[i * (columns() + 1) + j]; }
  void add(char sign, std::string_view line) { edits_.push_back({sign, line}); }

  // How many lines the rests from row i and column j have in common, in order.
  void measure() {
    common_.assign((rows() + 1) * (columns() + 1), 0);
    for (std::size_t i = rows(); i-- > 0;) {
      for (std::size_t j = columns(); j-- > 0;) {
        common(i, j) =
            old_line(i) == new_line(j) ? common(i + 1, j + 1) + 1 : std::max(common(i + 1, j), common(i, j + 1));
      }
    }
  }

  const Lines& before_;
  const Lines& after_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::vector<std::uint32_t> common_;
  std::vector<Edit> edits_;
};

// Where a hunk stands in one of the files: lines count from 1, and nothing stands after the line before it.
std::string range(std::size_t lines_before, std::size_t length) {
  return fmt::format("{},{}", length == 0 ? lines_before : lines_before + 1, length);
}

class Hunks {
 public:
  explicit Hunks(const std::vector<Edit>& edits) : edits_(edits) {}

  std::string render() {
    std::size_t done = 0;
    for (std::size_t first = next_change(0); first < edits_.size(); first = next_change(done)) {
      const std::size_t begin = std::max(done, first - std::min(first, kContext));
      pass_over(done, begin);
      done = end_of_hunk(first);
      add_hunk(begin, done);
    }
    return text_;
  }

 private:
  std::size_t next_change(std::size_t from) const {
    while (from < edits_.size() && edits_[from].sign == ' ') ++from;
    return from;
  }

  // Changes whose contexts touch are one hunk.
  std::size_t end_of_hunk(std::size_t change) const {
    std::size_t end = change;
    for (std::size_t next = change; next < edits_.size() && next <= end + 2 * kContext; next = next_change(end)) {
      while (next < edits_.size() && edits_[next].sign != ' ') ++next;
      end = next;
    }
    return std::min(end + kContext, edits_.size());
  }

  void pass_over(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (edits_[i].sign != '+') ++old_lines_;
      if (edits_[i].sign != '-') ++new_lines_;
    }
  }

  void add_hunk(std::size_t begin, std::size_t end) {
    const std::size_t old_before = old_lines_;
    const std::size_t new_before = new_lines_;
    pass_over(begin, end);
    text_ += fmt::format("@@ -{} +{} @@\n", range(old_before, old_lines_ - old_before),
                         range(new_before, new_lines_ - new_before));
    for (std::size_t i = begin; i < end; ++i) {
      text_ += fmt::format("{}{}", edits_[i].sign, edits_[i].line);
      if (!edits_[i].line.ends_with('\n')) text_ += "\n\\ No newline at end of file\n";
    }
  }

  const std::vector<Edit>& edits_;
  std::size_t old_lines_ = 0;
  std::size_t new_lines_ = 0;
  std::string text_;
};

}  // namespace

std::string render_patch(std::string_view before, std::string_view after, std::string_view path) {
  if (before == after) return "";
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(after);
  while (path.starts_with('/')) path.remove_prefix(1);
  return fmt::format("--- a/{}\n+++ b/{}\n", path, path) + Hunks(Editing(old_lines, new_lines).edits()).render();
}

}  // namespace snug
