// SPDX-License-Identifier: Apache-2.0
// The tables of capability_calls and what their cases share. Every case runs in its own folder, which is also its
// working directory; "stranger" is a process of another user.
#pragma once
#include <stddef.h>
#include <sys/types.h>

#define DONE 0
#define DENIED 1
#define ODD 2           // neither done nor denied: the case is wrong for this kernel
#define IMPOSSIBLE 77   // on this machine, whatever the privileges
#define STRANGER 54321  // user and group id, which nobody has
#define OTHER_STRANGER 54322

// What a machine must heed of some cases.
#define INITIAL "initial"  // only in the initial pid namespace
#define PROBE "probe"      // fails with another error even where it is permitted, and so is no use of a privilege

struct capability_case {
  const char* name;
  const char* needs;  // alternatives are joined by '|', clauses by '&'; "-" for nothing
  void (*prepare)(void);
  int (*act)(void);
  const char* remark;
};

struct capability_table {
  const struct capability_case* cases;
  size_t count;
};

#define TABLE(cases) \
  { cases, sizeof(cases) / sizeof((cases)[0]) }

extern const struct capability_table ownership_cases, permission_cases, folder_cases, attribute_cases;
extern const struct capability_table identity_cases, mapping_cases, set_cases;
extern const struct capability_table socket_cases, netlink_cases;
extern const struct capability_table process_cases, priority_cases, memory_cases, ipc_cases;
extern const struct capability_table mount_cases, namespace_cases;
extern const struct capability_table system_cases, audit_cases, kernel_cases;

// DONE for a result of a call that is no error, DENIED for EPERM and EACCES, else by what errno says.
int verdict(long result);

// DENIED if the call failed with `error`, which is how the kernel says no here, else as verdict.
int verdict_of(long result, int error);

// DONE if a call that fails silently had its effect, else DENIED.
int effect(int had);

// IMPOSSIBLE, with the reason on standard error.
int impossible(const char* reason);

// Whether this kernel is older than a version, and so asks for other privileges.
int is_older_than(int major, int minor);

// Ends a preparation that failed.
void must(long result, const char* what);

void make_file(const char* name, uid_t owner, mode_t mode);
void make_folder(const char* name, uid_t owner, mode_t mode);
void copy_program(const char* from, const char* to, uid_t owner, mode_t mode);
mode_t mode_of(const char* name);

// Writes `text` into a file that exists; -1 with errno set where that fails.
long write_text(const char* name, const char* text);
long read_number(const char* name, long otherwise);

// Whether this thread has a capability in its effective set.
int has_capability(int capability);

// Prepares a process of another user without capabilities that waits for its end.
void start_stranger(void);

// The same of this user.
void start_peer(void);

// The prepared process, and an address of its memory that is mapped.
pid_t stranger(void);
unsigned long page_of_stranger(void);

// Runs `work` in a child and returns its exit status, or ODD for an odd end.
int in_child(int (*work)(void));
