// SPDX-License-Identifier: Apache-2.0
#include "generator/core/powerful.hpp"

#include <algorithm>

#include "generator/core/engine_default.hpp"
#include "snug/syscalls.hpp"
#include "tests/support/catch.hpp"

using namespace snug;

TEST_CASE("every powerful call exists and says why it is one") {
  for (const PowerfulCall& call : powerful_calls()) {
    INFO(call.name);
    CHECK(is_syscall_name(call.name));
    CHECK(call.why.size() > 10);
    CHECK(find_powerful(call.name) == &call);
  }
}

TEST_CASE("a call that is not powerful is not found among them") {
  for (const std::string_view name : {"", "read", "mounts", "zz_unknown"}) CHECK(find_powerful(name) == nullptr);
}

TEST_CASE("the families of powerful calls are complete") {
  for (const std::string_view name : {"mount",       "umount2",        "fsopen",
                                      "fsmount",     "move_mount",     "open_tree",
                                      "bpf",         "ptrace",         "process_vm_writev",
                                      "keyctl",      "add_key",        "request_key",
                                      "userfaultfd", "io_uring_setup", "perf_event_open",
                                      "unshare",     "setns",          "clone3",
                                      "kexec_load",  "init_module",    "open_by_handle_at",
                                      "pivot_root",  "reboot",         "swapon",
                                      "iopl"})
    CHECK(find_powerful(name) != nullptr);
}

TEST_CASE("what engines refuse by default is what their default profile does not allow") {
  for (const Arch arch : {Arch::x86_64, Arch::i386}) {
    const auto allowed = allowed_by_docker_default(arch);
    for (const PowerfulCall& call : powerful_calls()) {
      if (!syscall_number(arch, call.name) || call.name == "clone3") continue;
      INFO(call.name << " of " << name_of(arch));
      CHECK(allowed.contains(call.name) != call.refused_by_default);
    }
  }
}

TEST_CASE("clone3 is not refused by default with EPERM but with ENOSYS") {
  CHECK_FALSE(find_powerful("clone3")->refused_by_default);
  CHECK_FALSE(allowed_by_docker_default(Arch::x86_64).contains("clone3"));
}

TEST_CASE("the namespace flags together are those that Docker's default profile masks") {
  std::uint64_t all = 0;
  for (const std::uint64_t flag : kNamespaceFlags) all |= flag;

  CHECK(all == 0x7e020000);
}

TEST_CASE("Docker's default profile allows as many calls as measured") {
  // Measured with libseccomp 2.5.4, which does not know seven of the names on any ABI, uretprobe on x86_64, and
  // riscv_hwprobe. Not on the ABIs with multiplexers, where it has no numbers for the calls behind them.
  const std::pair<Arch, std::size_t> measured[] = {
      {Arch::x86_64, 301 + 8}, {Arch::aarch64, 260 + 7}, {Arch::arm, 346 + 7}, {Arch::riscv64, 260 + 8}};
  for (const auto& [arch, count] : measured) {
    INFO(name_of(arch));
    CHECK(allowed_by_docker_default(arch).size() == count);
  }
  CHECK(allowed_by_docker_default(Arch::unknown).empty());
}

TEST_CASE("Docker's default profile allows some calls on their own ABIs only") {
  CHECK(allowed_by_docker_default(Arch::x86_64).contains("arch_prctl"));
  CHECK(allowed_by_docker_default(Arch::i386).contains("modify_ldt"));
  CHECK(allowed_by_docker_default(Arch::arm).contains("cacheflush"));
  CHECK(allowed_by_docker_default(Arch::ppc64le).contains("swapcontext"));
  CHECK(allowed_by_docker_default(Arch::s390x).contains("s390_runtime_instr"));
  CHECK(allowed_by_docker_default(Arch::riscv64).contains("riscv_flush_icache"));
}
