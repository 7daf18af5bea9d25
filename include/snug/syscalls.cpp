// SPDX-License-Identifier: Apache-2.0
#include "snug/syscalls.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>

namespace snug {
namespace {

// A call's number in each ABI, in the order of kKnownArchs.
using Numbers = std::array<std::int32_t, kKnownArchs.size()>;

struct Row {
  std::string_view name;
  Numbers numbers;
};

constexpr std::int32_t _ = -1;  // as syscalls.inc says "not in this ABI"

// Every number has its own macro parameter, so that a row with one too few does not compile.
constexpr Row kRows[] = {
#define SNUG_SYSCALL(name, x86_64, i386, x32, aarch64, arm, riscv64, ppc64le, s390x, loongarch64) \
  {#name, {x86_64, i386, x32, aarch64, arm, riscv64, ppc64le, s390x, loongarch64}},
#include "snug/syscalls.inc"
#undef SNUG_SYSCALL
};

constexpr bool columns_are_in_order_of_arch() {
  for (std::size_t column = 0; column < kKnownArchs.size(); ++column) {
    if (static_cast<std::size_t>(kKnownArchs[column]) != column) return false;
  }
  return true;
}
static_assert(columns_are_in_order_of_arch());

// Whether `values`, seen through `field`, rise from each to the next: sorted, and nothing stands there twice.
template <typename Values, typename Field>
constexpr bool is_strictly_ascending(const Values& values, Field field) {
  const auto is_out_of_order = [field](const auto& left, const auto& right) {
    return !(std::invoke(field, left) < std::invoke(field, right));
  };
  return std::adjacent_find(std::begin(values), std::end(values), is_out_of_order) == std::end(values);
}
static_assert(is_strictly_ascending(kRows, &Row::name), "syscalls.inc: rows are not sorted by name, or repeat one");

// Numbers are sorted by giving each its place in an array, which takes compilers far fewer steps than comparing.
// arm's private numbers (asm/unistd.h, __ARM_NR_BASE) are moved up to directly behind the ordinary ones.
constexpr std::size_t kOrdinaryPlaces = 1024;
constexpr std::size_t kPrivatePlaces = 16;
constexpr std::size_t kPrivateBase = 0xf0000;

constexpr std::size_t place_of(std::int32_t number) {
  const auto place = static_cast<std::size_t>(number);
  return place < kPrivateBase ? place : place - kPrivateBase + kOrdinaryPlaces;
}

constexpr std::size_t count_calls(std::size_t column) {
  std::size_t count = 0;
  for (const Row& row : kRows) count += row.numbers[column] != _ ? 1U : 0U;
  return count;
}

template <std::size_t column>
constexpr auto sorted_by_number() {
  std::array<const Row*, kOrdinaryPlaces + kPrivatePlaces> places{};
  for (const Row& row : kRows) {
    if (row.numbers[column] != _) places[place_of(row.numbers[column])] = &row;
  }

  std::array<SyscallEntry, count_calls(column)> entries{};
  std::size_t next = 0;
  for (const Row* row : places) {
    if (row != nullptr) entries[next++] = {static_cast<std::uint32_t>(row->numbers[column]), row->name};
  }
  return entries;
}

template <std::size_t column>
constexpr auto kEntries = sorted_by_number<column>();

// Two calls of one number would share a place and leave the last entry zero, out of order.
template <std::size_t... columns>
constexpr bool numbers_are_unique(std::index_sequence<columns...>) {
  return (is_strictly_ascending(kEntries<columns>, &SyscallEntry::number) && ...);
}
static_assert(numbers_are_unique(std::make_index_sequence<kKnownArchs.size()>()), "syscalls.inc: a number repeats");

template <std::size_t... columns>
constexpr auto all_entries(std::index_sequence<columns...>) {
  return std::array{std::span<const SyscallEntry>(kEntries<columns>)...};
}
constexpr auto kTables = all_entries(std::make_index_sequence<kKnownArchs.size()>());

// The element of `values`, sorted by `field`, where that field is `value`; null when there is none.
template <typename Values, typename Field, typename Value>
auto find_sorted(const Values& values, Field field, const Value& value) -> decltype(std::data(values)) {
  const auto is_less = [field](const auto& element, const Value& wanted) { return element.*field < wanted; };
  const auto found = std::lower_bound(std::begin(values), std::end(values), value, is_less);
  return found != std::end(values) && (*found).*field == value ? &*found : nullptr;
}

}  // namespace

std::span<const SyscallEntry> syscalls_of(Arch arch) {
  if (arch == Arch::unknown) return {};
  return kTables[static_cast<std::size_t>(arch)];
}

std::optional<std::string_view> syscall_name(Arch arch, std::uint32_t number) {
  const auto* const entry = find_sorted(syscalls_of(arch), &SyscallEntry::number, number);
  if (entry == nullptr) return std::nullopt;
  return entry->name;
}

std::optional<std::uint32_t> syscall_number(Arch arch, std::string_view name) {
  const auto* const row = find_sorted(kRows, &Row::name, name);
  if (row == nullptr || arch == Arch::unknown) return std::nullopt;
  const std::int32_t number = row->numbers[static_cast<std::size_t>(arch)];
  if (number == _) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

bool is_syscall_name(std::string_view name) {
  return find_sorted(kRows, &Row::name, name) != nullptr;
}

}  // namespace snug
