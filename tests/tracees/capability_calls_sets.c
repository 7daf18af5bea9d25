// SPDX-License-Identifier: Apache-2.0
// Cases about the sets of capabilities themselves: SETPCAP, and what asking for a capability takes.
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability_calls.h"

#define BIT(capability) (1U << (capability))

// All of the capabilities named here are of the first word.
static long set_capabilities(unsigned effective, unsigned permitted, unsigned inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  memset(sets, 0, sizeof(sets));
  sets[0].effective = effective;
  sets[0].permitted = permitted;
  sets[0].inheritable = inheritable;
  return syscall(SYS_capset, &header, sets);
}

static int drop_from_bounding_set(void) {
  return verdict(prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE, 0, 0, 0));
}

static int read_bounding_set(void) {
  return verdict(prctl(PR_CAPBSET_READ, CAP_SYS_MODULE, 0, 0, 0));
}

static int set_securebits(void) {
  return verdict(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0));
}

static int keep_capabilities(void) {
  return verdict(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
}

static int promise_no_new_privileges(void) {
  return verdict(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static int drop_all(void) {
  return verdict(set_capabilities(0, 0, 0));
}

static int keep_one(void) {
  const unsigned kept = BIT(CAP_NET_BIND_SERVICE);
  return verdict(set_capabilities(kept, kept, 0));
}

static int keep_one_unused(void) {
  return verdict(set_capabilities(0, BIT(CAP_NET_RAW), 0));
}

static int inherit_one(void) {
  const unsigned kept = BIT(CAP_CHOWN);
  return verdict(set_capabilities(0, kept, kept));
}

// One that is not permitted may become inheritable from the bounding set.
static int inherit_from_bounding_set(void) {
  const unsigned kept = BIT(CAP_SETPCAP);
  const int result = verdict(set_capabilities(kept, kept, 0));
  return result == DONE ? verdict(set_capabilities(kept, kept, BIT(CAP_CHOWN))) : result;
}

static int raise_ambient(void) {
  const int result = inherit_one();
  if (result != DONE) return result;
  return verdict(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
}

static int clear_ambient(void) {
  return verdict(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

static const struct capability_case cases[] = {
    {"drop_from_bounding_set", "SETPCAP", NULL, drop_from_bounding_set, NULL},
    {"read_bounding_set", "-", NULL, read_bounding_set, NULL},
    {"set_securebits", "SETPCAP", NULL, set_securebits, NULL},
    {"keep_capabilities", "-", NULL, keep_capabilities, NULL},
    {"promise_no_new_privileges", "-", NULL, promise_no_new_privileges, NULL},
    {"drop_all_capabilities", "-", NULL, drop_all, NULL},
    {"keep_one_capability", "NET_BIND_SERVICE", NULL, keep_one, NULL},
    {"keep_one_capability_unused", "NET_RAW", NULL, keep_one_unused, NULL},
    {"inherit_one_capability", "CHOWN", NULL, inherit_one, NULL},
    {"inherit_from_bounding_set", "SETPCAP&CHOWN", NULL, inherit_from_bounding_set, NULL},
    {"raise_ambient_capability", "CHOWN", NULL, raise_ambient, NULL},
    {"clear_ambient_capabilities", "-", NULL, clear_ambient, NULL},
};

const struct capability_table set_cases = TABLE(cases);
