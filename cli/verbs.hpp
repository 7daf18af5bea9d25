// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace snug::cli {

// What the command line asks for, besides what each verb's own options hold.
struct Invocation {
  std::vector<std::string> workload;  // everything after "--", untouched
  int status = 0;                     // snug's exit status, set by the verb that ran
};

// Each adds its verb to `app`; when that verb is chosen it runs and sets `invocation.status`.
void add_runtime(CLI::App& app, Invocation& invocation);
void add_trace(CLI::App& app, Invocation& invocation);
void add_caps(CLI::App& app, Invocation& invocation);
void add_check(CLI::App& app, Invocation& invocation);
void add_convert(CLI::App& app, Invocation& invocation);
void add_diff(CLI::App& app, Invocation& invocation);
void add_explain(CLI::App& app, Invocation& invocation);
void add_generate(CLI::App& app, Invocation& invocation);
void add_hook(CLI::App& app, Invocation& invocation);
void add_lint(CLI::App& app, Invocation& invocation);
void add_merge(CLI::App& app, Invocation& invocation);
void add_minimize(CLI::App& app, Invocation& invocation);
void add_phase(CLI::App& app, Invocation& invocation);
void add_verify(CLI::App& app, Invocation& invocation);

// Is the runtime that container engines call with `words`; returns only when it fails.
int run_runtime(std::vector<std::string> words);

// Makes the help of `verb`, which runs a workload, show `usage`: CLI11 does not know about "--".
void show_usage(CLI::App& verb, const std::string& usage);

// Whether `verb` runs a workload, so that its own failures have the status 125.
bool runs_workload(const std::string& verb);

}  // namespace snug::cli
