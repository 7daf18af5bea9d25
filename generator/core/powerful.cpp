// SPDX-License-Identifier: Apache-2.0
#include "generator/core/powerful.hpp"

#include <algorithm>

namespace snug {

namespace {

// Whether engines refuse a call is as in Docker's default profile with its default capabilities, Linux 4.8 or
// newer.
constexpr PowerfulCall kPowerfulCalls[] = {
    PowerfulCall{"_sysctl", "changes the kernel's settings, on kernels before 5.5", true},
    PowerfulCall{"acct", "has the kernel log every process of the machine into a file", true},
    PowerfulCall{"add_key", "stores keys in the kernel, whose keyrings are not kept apart by containers", true},
    PowerfulCall{"adjtimex", "can set the machine's clock, with CAP_SYS_TIME", false},
    PowerfulCall{"bpf", "loads programs into the kernel; its verifier has been fooled many times", true},
    PowerfulCall{"chroot", "changes the root folder; with an open folder outside of it, root can leave", false},
    PowerfulCall{"clock_adjtime", "can set the machine's clock, with CAP_SYS_TIME", false},
    PowerfulCall{"clock_adjtime64", "can set the machine's clock, with CAP_SYS_TIME", false},
    PowerfulCall{"clock_settime", "sets the machine's clock", true},
    PowerfulCall{"clock_settime64", "sets the machine's clock", true},
    PowerfulCall{"clone", "makes namespaces by its flags; a user namespace opens most of the kernel to any user",
                 false},
    PowerfulCall{"clone3", "makes namespaces by flags in memory, where no filter can see them", false},
    PowerfulCall{"create_module", "loads code into the kernel, on kernels before 2.6", true},
    PowerfulCall{"delete_module", "takes modules out of the kernel", true},
    PowerfulCall{"execveat", "runs programs that have no name in any folder", false},
    PowerfulCall{"fanotify_init", "watches, and can forbid, what others do with files", true},
    PowerfulCall{"finit_module", "loads code into the kernel", true},
    PowerfulCall{"fsconfig", "sets up a file system to be mounted; its parsing has overflowed", true},
    PowerfulCall{"fsmount", "makes a mount", true},
    PowerfulCall{"fsopen", "begins to mount a file system", true},
    PowerfulCall{"fspick", "changes a mounted file system", true},
    PowerfulCall{"init_module", "loads code into the kernel", true},
    PowerfulCall{"io_uring_enter", "makes the kernel do reads, sends and opens that no filter sees", true},
    PowerfulCall{"io_uring_register", "prepares what io_uring does, which no filter sees", true},
    PowerfulCall{"io_uring_setup", "makes an io_uring, a frequent way into the kernel, whose work no filter sees",
                 true},
    PowerfulCall{"ioperm", "opens the hardware's ports to the process", true},
    PowerfulCall{"iopl", "opens the hardware's ports to the process", true},
    PowerfulCall{"kcmp", "tells which processes share kernel objects, and so where these lie", true},
    PowerfulCall{"kexec_file_load", "replaces the running kernel", true},
    PowerfulCall{"kexec_load", "replaces the running kernel", true},
    PowerfulCall{"keyctl", "reads and changes keys, whose keyrings are not kept apart by containers", true},
    PowerfulCall{"lookup_dcookie", "finds out paths of files that profiling saw", true},
    PowerfulCall{"migrate_pages", "moves the memory of other processes", true},
    PowerfulCall{"modify_ldt", "changes the processor's segments, from which attacks on the kernel began", false},
    PowerfulCall{"mount", "attaches file systems, the host's perhaps", true},
    PowerfulCall{"mount_setattr", "changes what mounts permit", true},
    PowerfulCall{"move_mount", "moves mounts, out of a container perhaps", true},
    PowerfulCall{"move_pages", "moves the memory of other processes and tells where it is", true},
    PowerfulCall{"name_to_handle_at", "gives handles of files, with which open_by_handle_at passes by all folders",
                 false},
    PowerfulCall{"nfsservctl", "controls the kernel's NFS server, on kernels before 3.1", true},
    PowerfulCall{"open_by_handle_at", "opens any file of a file system, those outside the container too", true},
    PowerfulCall{"open_tree", "copies mounts", true},
    PowerfulCall{"open_tree_attr", "copies mounts and changes what they permit", true},
    PowerfulCall{"perf_event_open", "profiles the processor and the kernel; a frequent way into the kernel", true},
    PowerfulCall{"personality", "can switch off the randomisation of addresses for programs it runs", false},
    PowerfulCall{"pidfd_getfd", "takes open files out of other processes", true},
    PowerfulCall{"pivot_root", "changes the root folder of everybody in the namespace", true},
    PowerfulCall{"process_madvise", "advises on the memory of other processes", true},
    PowerfulCall{"process_vm_readv", "reads the memory of other processes", false},
    PowerfulCall{"process_vm_writev", "writes into the memory of other processes", false},
    PowerfulCall{"ptrace", "reads and controls other processes, and can pass by filters before Linux 4.8", false},
    PowerfulCall{"query_module", "lists the kernel's modules, on kernels before 2.6", true},
    PowerfulCall{"quotactl", "sets limits on what users may store", true},
    PowerfulCall{"quotactl_fd", "sets limits on what users may store", true},
    PowerfulCall{"reboot", "restarts or stops the machine", true},
    PowerfulCall{"request_key", "has the kernel start a program of the host's to find a key", true},
    PowerfulCall{"seccomp", "installs further filters, and listeners that answer calls in place of the kernel",
                 false},
    PowerfulCall{"set_mempolicy_home_node", "decides where memory lies among the machine's nodes", true},
    PowerfulCall{"setdomainname", "changes the NIS domain name", true},
    PowerfulCall{"sethostname", "changes the host's name", true},
    PowerfulCall{"setns", "enters namespaces of others", true},
    PowerfulCall{"settimeofday", "sets the machine's clock", true},
    PowerfulCall{"stime", "sets the machine's clock", true},
    PowerfulCall{"swapoff", "takes the machine swap space", true},
    PowerfulCall{"swapon", "gives the machine swap space, from a file of choice", true},
    PowerfulCall{"syslog", "reads and clears the kernel's log, which tells of addresses and of others", true},
    PowerfulCall{"umount", "detaches file systems, and shows what they hide", true},
    PowerfulCall{"umount2", "detaches file systems, and shows what they hide", true},
    PowerfulCall{"unshare", "makes namespaces; a user namespace opens most of the kernel to any user", true},
    PowerfulCall{"uselib", "loads a library the way of the 1990s", true},
    PowerfulCall{"userfaultfd", "halts the kernel at a memory access of choice, which makes races winnable", true},
    PowerfulCall{"vhangup", "hangs up the terminal for others", true},
    PowerfulCall{"vm86", "runs 16-bit code, from which attacks on the kernel began", true},
    PowerfulCall{"vm86old", "runs 16-bit code, from which attacks on the kernel began", true},
    PowerfulCall{"vmsplice", "maps memory into pipes, from which attacks on the kernel began", false},
};

constexpr bool comes_before(const PowerfulCall& call, std::string_view name) {
  return call.name < name;
}
static_assert(std::ranges::is_sorted(kPowerfulCalls, {}, &PowerfulCall::name));

}  // namespace

std::span<const PowerfulCall> powerful_calls() {
  return kPowerfulCalls;
}

const PowerfulCall* find_powerful(std::string_view name) {
  const auto* const end = std::end(kPowerfulCalls);
  const auto* const found = std::lower_bound(std::begin(kPowerfulCalls), end, name, comes_before);
  return found != end && found->name == name ? found : nullptr;
}

}  // namespace snug
