// SPDX-License-Identifier: Apache-2.0
#include "tracer/linux/kernel_symbols.hpp"

#include "tests/support/catch.hpp"

using namespace snug;
using namespace snug::tracer;

namespace {

constexpr auto kSymbols =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000010 T __pfx_capable\n"
    "ffffffff81000020 T capable\n"
    "ffffffff81000020 t capable_alias\n"
    "ffffffff81000080 t chown_ok.isra.0\n"
    "ffffffff81000090 d some_data\n"
    "ffffffff81000100 T _etext\n"
    "ffffffffc0000000 t tun_chr_ioctl\t[tun]\n";

}  // namespace

TEST_CASE("an address is in the function that begins before it") {
  KernelSymbols symbols(kSymbols);

  CHECK(symbols.name_of(0xffffffff81000020) == "capable");
  CHECK(symbols.name_of(0xffffffff8100007f) == "capable");
  CHECK(symbols.name_of(0xffffffff81000095) == "chown_ok.isra.0");
}

TEST_CASE("the padding before a function is no function") {
  CHECK(KernelSymbols(kSymbols).name_of(0xffffffff81000018) == "_stext");
}

TEST_CASE("an address outside of everything is in no function") {
  KernelSymbols symbols(kSymbols);

  CHECK(symbols.name_of(0x1000).empty());
  CHECK(symbols.name_of(0xffffffff90000000).empty());
}

TEST_CASE("hidden addresses are no functions") {
  CHECK(KernelSymbols("0000000000000000 T capable\n").name_of(0xffffffff81000020).empty());
}

TEST_CASE("why the kernel's addresses are hidden is said with the way out") {
  CHECK(explain_hidden_symbols(1) == Error{ErrorCode::not_permitted,
                                           "cannot read the names of the kernel's functions",
                                           "/proc/kallsyms shows addresses only to a process with CAP_SYSLOG",
                                           "run snug as root, with CAP_SYSLOG"});
  CHECK(explain_hidden_symbols(2) == Error{ErrorCode::not_permitted,
                                           "cannot read the names of the kernel's functions",
                                           "kernel.kptr_restrict is 2, so nobody sees addresses in /proc/kallsyms",
                                           "'sysctl kernel.kptr_restrict=1'"});
}
