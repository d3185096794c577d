/*
 * plain_server: what a server that copies from memory can reach on this machine: a write() loop, and nothing else. The
 * yardstick for files that are hot.
 *
 *   cc -O2 -pthread -o plain_server plain_server.c
 *   ./plain_server 268435456
 *
 * Listens on a free port of 127.0.0.1 and prints {"port":N}. Answers every line, whatever it says, with `OK <bytes>`
 * and so many bytes of memory, in writes of 1 MiB, and closes. A thread a connection, as the plainest of servers do it.
 * Ends when its standard input does, so that it never outlives who started it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WRITE_BYTES = 1 << 20, STACK_BYTES = 65536, BACKLOG = 4096 };

static char *body;
static size_t body_bytes;

static void check(int result, const char *what) {
  if (result >= 0) return;
  fprintf(stderr, "plain_server: cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

static int write_all(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(fd, bytes, count < WRITE_BYTES ? count : WRITE_BYTES);
    if (written < 0) return -1;
    bytes += written;
    count -= written;
  }
  return 0;
}

static void *answer(void *argument) {
  int fd = (int)(long)argument, on = 1;
  char line[4096], head[64];
  size_t length = 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  while (length < sizeof line && memchr(line, '\n', length) == NULL) {
    ssize_t count = read(fd, line + length, sizeof line - length);
    if (count <= 0) break;
    length += count;
  }
  if (length > 0) {
    int head_bytes = snprintf(head, sizeof head, "OK %zu\n", body_bytes);
    if (write_all(fd, head, head_bytes) == 0) write_all(fd, body, body_bytes);
  }
  close(fd);
  return NULL;
}

static void *end_with_input(void *ignored) {
  char bytes[64];
  while (read(STDIN_FILENO, bytes, sizeof bytes) > 0) continue;
  exit(0);
  return ignored;
}

int main(int count, char **arguments) {
  char *end = NULL;
  body_bytes = count == 2 ? strtoull(arguments[1], &end, 10) : 0;
  if (body_bytes == 0 || *end != '\0') {
    fputs("usage: plain_server BYTES\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  body = mmap(NULL, body_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(body == MAP_FAILED ? -1 : 0, "take memory");
  /* Written once: memory that never was is one page of zeros, which no file is. */
  memset(body, 'x', body_bytes);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  check(listener, "make a socket");
  check(bind(listener, (struct sockaddr *)&address, length), "bind");
  check(listen(listener, BACKLOG), "listen");
  check(getsockname(listener, (struct sockaddr *)&address, &length), "see its port");
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, end_with_input, NULL) != 0) check(-1, "start a thread");
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0 && pthread_create(&thread, &attributes, answer, (void *)(long)fd) != 0) close(fd);
  }
}
