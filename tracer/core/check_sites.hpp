// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace snug::tracer {

// What it means that the kernel asked for a capability at one place and was told yes. The kernel asks for many more
// than a workload would miss.
enum class CheckMeaning {
  need,             // what was being done would have failed without it, as far as anybody knows
  opportunistic,    // without it the same is done, a little differently
  observer,         // the kernel asked because a tracer is attached
  decided_by_rule,  // the kernel asks whether or not it matters; arguments and files tell
};

struct CheckVerdict {
  CheckMeaning meaning;
  std::string_view reason;  // a clause, which follows "because" or a colon
};

// What a granted check of `capability` by the function `site` means. Places that are in no table are needs.
CheckVerdict verdict_of(std::string_view site, unsigned capability);
CheckMeaning meaning_of(std::string_view site, unsigned capability);

// The name of a function as it is in the source: compilers append ".isra.0", ".constprop.0" and the like to that of
// a variant.
std::string_view source_name(std::string_view symbol);

// Whether a function, by its name in the source, asks for its callers, like capable(), rather than for itself.
bool asks_for_others(std::string_view function);

}  // namespace snug::tracer
