// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The demonstration workload: a small HTTP server with worker processes, and the client that goes with it. It needs
// nothing but libc. Its three verbs:
//
//   start FOLDER STATE [--compromised]
//       Serves FOLDER on a free port of 127.0.0.1; returns once it listens, with "PORT PID" in the file STATE.
//   get STATE PATH
//       Prints the page PATH.
//   stop STATE
//       Ends the server and waits until it is gone.

enum { worker_count = 2, message_size = 2048 };

struct state {
  int port;
  int pid;
};

static struct state read_state(const char* path) {
  struct state state;
  FILE* file = fopen(path, "re");
  if (file == NULL || fscanf(file, "%d %d", &state.port, &state.pid) != 2) err(1, "cannot read %s", path);
  fclose(file);
  return state;
}

static void write_state(const char* path, struct state state) {
  FILE* file = fopen(path, "we");
  if (file == NULL || fprintf(file, "%d %d\n", state.port, state.pid) < 0 || fclose(file) != 0) {
    err(1, "cannot write %s", path);
  }
}

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void write_all(int target, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(target, bytes, size);
    if (written < 0) err(1, "cannot write");
    bytes += written;
    size -= (size_t)written;
  }
}

static int listen_on_free_port(int* port) {
  struct sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr*)&address, length) != 0 || listen(listener, 16) != 0 ||
      getsockname(listener, (struct sockaddr*)&address, &length) != 0) {
    err(1, "cannot listen");
  }
  *port = ntohs(address.sin_port);
  return listener;
}

// Opens the file that the request line "GET /name HTTP/1.0" names, inside the folder; -1 when there is none.
static int open_requested(int folder, char* request, off_t* size) {
  struct stat status;
  char* name = request + strlen("GET /");
  if (strncmp(request, "GET /", strlen("GET /")) != 0) return -1;
  name[strcspn(name, " \r\n")] = '\0';
  if (strchr(name, '/') != NULL) return -1;
  const int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) return -1;
  *size = status.st_size;
  return file;
}

static void answer(int client, int folder) {
  char request[message_size] = "";
  char header[128];
  off_t size = 0;
  if (read(client, request, sizeof request - 1) <= 0) return;
  const int file = open_requested(folder, request, &size);
  const int length = snprintf(header, sizeof header, "HTTP/1.0 %s\r\nContent-Length: %jd\r\n\r\n",
                              file < 0 ? "404 Not Found" : "200 OK", (intmax_t)size);
  write_all(client, header, (size_t)length);
  if (file < 0) return;
  if (sendfile(client, file, NULL, (size_t)size) < 0) warn("cannot send");
  close(file);
}

// What an intruder who has taken over a worker tries first: a user namespace of one's own opens the door to most of
// the kernel's privileged code. It harms nothing here.
static void behave_as_if_compromised(void) {
  if (unshare(CLONE_NEWUSER) == 0) {
    warnx("worker %d: has a user namespace of its own", getpid());
  } else {
    warn("worker %d: cannot create a user namespace", getpid());
  }
}

_Noreturn static void work(int listener, int folder, bool compromised) {
  signal(SIGTERM, SIG_DFL);
  for (;;) {
    const int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) err(1, "cannot accept");
    if (compromised) behave_as_if_compromised();
    answer(client, folder);
    close(client);
  }
}

// The parent of the workers: lives until SIGTERM, which it keeps blocked so as to wait for it.
_Noreturn static void supervise(int listener, int folder, bool compromised) {
  pid_t workers[worker_count];
  sigset_t awaited;
  int signo = 0;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  for (int index = 0; index < worker_count; ++index) {
    workers[index] = fork();
    if (workers[index] == 0) {
      sigprocmask(SIG_UNBLOCK, &awaited, NULL);
      work(listener, folder, compromised);
    }
  }
  sigwait(&awaited, &signo);
  for (int index = 0; index < worker_count; ++index) {
    kill(workers[index], SIGTERM);
    waitpid(workers[index], NULL, 0);
  }
  exit(0);
}

static int start(const char* folder_path, const char* state_path, bool compromised) {
  int port = 0;
  sigset_t blocked;
  const int folder = open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) err(1, "cannot open %s", folder_path);
  const int listener = listen_on_free_port(&port);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  const pid_t server = fork();
  if (server < 0) err(1, "cannot fork");
  if (server == 0) supervise(listener, folder, compromised);
  write_state(state_path, (struct state){port, server});
  return 0;
}

// Reads until the other side closes; the bytes end with a NUL.
static void read_all(int source, char* bytes, size_t size) {
  size_t length = 0;
  ssize_t received = 0;
  while (length < size - 1 && (received = read(source, bytes + length, size - 1 - length)) > 0) {
    length += (size_t)received;
  }
  if (received < 0) err(1, "cannot read");
  bytes[length] = '\0';
}

static int get(const char* state_path, const char* path) {
  char buffer[message_size];
  const struct sockaddr_in address = loopback(read_state(state_path).port);
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server < 0 || connect(server, (const struct sockaddr*)&address, sizeof address) != 0) {
    err(1, "cannot connect");
  }
  const int length = snprintf(buffer, sizeof buffer, "GET %s HTTP/1.0\r\n\r\n", path);
  write_all(server, buffer, (size_t)length);
  read_all(server, buffer, sizeof buffer);
  const char* body = strstr(buffer, "\r\n\r\n");
  if (body == NULL || strncmp(buffer, "HTTP/1.0 200", strlen("HTTP/1.0 200")) != 0) errx(1, "no page %s", path);
  write_all(STDOUT_FILENO, body + 4, strlen(body + 4));
  return 0;
}

static int stop(const char* state_path) {
  const int pid = read_state(state_path).pid;
  struct pollfd server = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
  if (server.fd < 0 || kill(pid, SIGTERM) != 0) err(1, "cannot stop process %d", pid);
  return poll(&server, 1, 10000) == 1 ? 0 : 1;
}

int main(int argc, char** argv) {
  const char* verb = argc > 1 ? argv[1] : "";
  if (strcmp(verb, "start") == 0 && argc == 4) return start(argv[2], argv[3], false);
  if (strcmp(verb, "start") == 0 && argc == 5 && strcmp(argv[4], "--compromised") == 0) {
    return start(argv[2], argv[3], true);
  }
  if (strcmp(verb, "get") == 0 && argc == 4) return get(argv[2], argv[3]);
  if (strcmp(verb, "stop") == 0 && argc == 3) return stop(argv[2]);
  errx(2, "usage: start FOLDER STATE [--compromised] | get STATE PATH | stop STATE");
}
