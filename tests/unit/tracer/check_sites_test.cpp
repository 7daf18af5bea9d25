// SPDX-License-Identifier: Apache-2.0
#include "tracer/core/check_sites.hpp"

#include <linux/capability.h>

#include "tests/support/catch.hpp"

using namespace snug::tracer;

TEST_CASE("a granted check at a place that nobody knows is a need") {
  CHECK(meaning_of("vfs_mknod", CAP_MKNOD) == CheckMeaning::need);
  CHECK(meaning_of("", CAP_SYS_ADMIN) == CheckMeaning::need);
  CHECK(meaning_of("zzz_newer_than_snug", 63) == CheckMeaning::need);
}

TEST_CASE("an allocation is no need of CAP_SYS_ADMIN") {
  CHECK(meaning_of("security_vm_enough_memory_mm", CAP_SYS_ADMIN) == CheckMeaning::opportunistic);
  CHECK(meaning_of("cap_vm_enough_memory", CAP_SYS_ADMIN) == CheckMeaning::opportunistic);
  CHECK(verdict_of("__vm_enough_memory", CAP_SYS_ADMIN).reason ==
        "every allocation asks, and the answer counts only where vm.overcommit_memory is 2");
}

TEST_CASE("one place may ask for several capabilities, of which each has its own meaning") {
  CHECK(meaning_of("setattr_prepare", CAP_CHOWN) == CheckMeaning::need);
  CHECK(meaning_of("setattr_prepare", CAP_FOWNER) == CheckMeaning::need);
  CHECK(meaning_of("setattr_prepare", CAP_FSETID) == CheckMeaning::decided_by_rule);
  CHECK(meaning_of("mm_access", CAP_PERFMON) == CheckMeaning::decided_by_rule);
  CHECK(meaning_of("mm_access", CAP_SYS_PTRACE) == CheckMeaning::need);
  CHECK(meaning_of("map_write", CAP_SYS_ADMIN) == CheckMeaning::opportunistic);
  CHECK(meaning_of("map_write", CAP_SETUID) == CheckMeaning::need);
}

TEST_CASE("a place that asks for two capabilities in the same way has a row for each") {
  for (const auto* const site :
       {"pipe_is_unprivileged_user", "too_many_pipe_buffers_soft", "too_many_pipe_buffers_hard"}) {
    CHECK(meaning_of(site, CAP_SYS_RESOURCE) == CheckMeaning::opportunistic);
    CHECK(meaning_of(site, CAP_SYS_ADMIN) == CheckMeaning::opportunistic);
  }
}

TEST_CASE("a call that asks whether or not it matters is left to the rules") {
  CHECK(meaning_of("__sys_setuid", CAP_SETUID) == CheckMeaning::decided_by_rule);
  CHECK(meaning_of("__sys_setgid", CAP_SETGID) == CheckMeaning::decided_by_rule);
  CHECK(meaning_of("cap_capset", CAP_SETPCAP) == CheckMeaning::decided_by_rule);
  CHECK(meaning_of("__sys_setresuid", CAP_SETUID) == CheckMeaning::need);
}

TEST_CASE("what the kernel asks because of the tracer is told apart") {
  CHECK(meaning_of("ptracer_capable", CAP_SYS_PTRACE) == CheckMeaning::observer);
}

TEST_CASE("reading another's numbers under /proc is no need of CAP_SYS_PTRACE, attaching to it is") {
  CHECK(meaning_of("do_task_stat", CAP_SYS_PTRACE) == CheckMeaning::opportunistic);
  CHECK(meaning_of("proc_pid_wchan", CAP_SYS_PTRACE) == CheckMeaning::opportunistic);
  CHECK(meaning_of("ptrace_attach", CAP_SYS_PTRACE) == CheckMeaning::need);
}

TEST_CASE("the variants that compilers make of a function have its name") {
  CHECK(source_name("rtnl_link_get_net_capable.constprop.0") == "rtnl_link_get_net_capable");
  CHECK(source_name("capable.cold") == "capable");
  CHECK(source_name("capable") == "capable");
}

TEST_CASE("functions that ask for their callers are no places") {
  for (const auto* const helper : {"cap_capable", "security_capable", "capable", "ns_capable", "file_ns_capable",
                                   "capable_wrt_inode_uidgid", "ptrace_may_access", "in_group_or_capable"}) {
    CHECK(asks_for_others(helper));
  }
  CHECK_FALSE(asks_for_others("ptracer_capable"));
  CHECK_FALSE(asks_for_others("security_vm_enough_memory_mm"));
  CHECK_FALSE(asks_for_others("vfs_mknod"));
}
