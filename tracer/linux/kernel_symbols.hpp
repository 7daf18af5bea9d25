// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "snug/result.hpp"

namespace snug::tracer {

// The names of the kernel's functions, by address, from /proc/kallsyms.
class KernelSymbols {
 public:
  // Errors: not_permitted where the kernel hides its addresses; io.
  static Result<KernelSymbols> read();

  // The functions that are in the text of such a file, for good.
  explicit KernelSymbols(std::string text);

  // The function that the address is in; empty for none. Modules that came or went since are noticed.
  const std::string& name_of(std::uint64_t address);

 private:
  struct Symbol {
    std::uint64_t address;
    std::string_view name;  // in text_
  };

  void parse();
  std::string_view find(std::uint64_t address) const;
  bool is_in_image(std::uint64_t address) const;
  void reload_if_modules_changed();

  std::vector<char> text_;         // not a string: small strings move, and views into them with them
  std::vector<Symbol> functions_;  // by address
  std::uint64_t image_begin_ = 0;
  std::uint64_t image_end_ = ~std::uint64_t{0};
  std::string modules_;  // at the last reading; empty where that was not of the running kernel
  std::unordered_map<std::uint64_t, std::string> names_;  // of addresses that were asked for
};

// Why /proc/kallsyms shows no addresses, and what to do, by what kernel.kptr_restrict is.
Error explain_hidden_symbols(int kptr_restrict);

}  // namespace snug::tracer
