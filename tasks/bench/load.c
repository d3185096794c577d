/*
 * load: puts load on any server that answers a request and closes: a connection a request, many at once, one thread.
 * The bench asks ours and every peer with it, so that what it costs falls on all of them alike.
 *
 *   cc -O2 -o load load.c
 *   ./load --port 7001 --request 'GET hello.txt\n' --head line --expect 'OK ' --length 17 --at-once 32 --count 20000
 *   ./load --port 8080 --request 'GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' --head http --count 3
 *
 *   --host IP         where the server listens, an address [127.0.0.1]
 *   --port N          its port
 *   --request TEXT    what to send; \n \r \t \\ and \xHH as in C
 *   --requests FILE   a request a line, in turn, with the same escapes
 *   --head KIND       what comes before the body: none; line, up to LF; http, up to an empty line [none]
 *   --expect TEXT     the answer must begin so
 *   --length N        the body must have so many bytes
 *   --at-once N       connections at once, 1 to 20000 [1]
 *   --count N         end after so many requests [1]
 *   --seconds S       end when so much time has passed, in place of --count; what is under way is finished
 *   --idle            open --at-once connections, send the request if there is one, say {"open":N}, read nothing, hold
 *                     them until standard input ends, and say {"stillOpen":N}: those that the server did not close
 *   --buffer BYTES    how much is read at once [1048576]
 *   --deadline S      what is under way then has failed [60]
 *
 * An answer is read to its end and thrown away. One that is cut off, has another length or another beginning is an
 * error; so is a connection that cannot be made. Prints one line of JSON, times in microseconds from the first
 * packet of a connection to its end:
 *
 *   {"requests":1,"errors":0,"firstError":null,"bytes":268435468,"seconds":0.06,"cpuSeconds":0.05,
 *    "latencyUs":{"p50":60000,"p99":60000,"max":60000}}
 *
 * `requests` are those answered as expected; after 10000 errors it gives up. Exits with 0 whatever the count of errors,
 * with 2 for bad options, or if --idle cannot open all of its connections.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_AT_ONCE = 20000, MAX_EVENTS = 256, MAX_ERRORS = 10000, MESSAGE_BYTES = 200 };
enum head_kind { HEAD_NONE, HEAD_LINE, HEAD_HTTP };

struct text {
  char *bytes;
  size_t length;
};

struct options {
  struct sockaddr_storage address;
  socklen_t address_length;
  struct text *requests;
  size_t request_count;
  enum head_kind head;
  struct text expect;
  long long length; /* -1: any */
  int at_once;
  uint64_t count;
  double seconds; /* 0: count decides */
  bool idle;
  size_t buffer_bytes;
  double deadline_seconds;
};

struct conn {
  int fd; /* -1: none */
  const struct text *request;
  size_t sent;
  double started;
  uint64_t received;
  uint64_t body;
  size_t head_mark; /* how much of the head's end has been seen */
  bool head_done;
  bool wrong;
  bool writing; /* whether epoll watches for room to write */
  char begin[48];
};

struct result {
  uint64_t started, requests, errors, bytes;
  uint32_t *latencies;
  size_t capacity;
  char first_error[MESSAGE_BYTES];
};

static struct options options;
static struct result result;
static struct conn *conns;
static char *buffer;
static int poller, open_conns;
static double began;

static void usage(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputs(" (its source begins with its options)\n", stderr);
  va_end(arguments);
  exit(2);
}

static void *allocate(size_t bytes) {
  void *room = calloc(1, bytes ? bytes : 1);
  if (room == NULL) usage("out of memory");
  return room;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

/* ---- options ---- */

static int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

static struct text unescape(const char *source) {
  struct text text = { allocate(strlen(source) + 1), 0 };
  for (const char *at = source; *at != '\0'; at++) {
    char next = *at;
    if (next == '\\') {
      switch (*++at) {
        case 'n': next = '\n'; break;
        case 'r': next = '\r'; break;
        case 't': next = '\t'; break;
        case '\\': break;
        case 'x':
          if (hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0) usage("\\x needs two hex digits: %s", source);
          next = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
          at += 2;
          break;
        default: usage("unknown escape in: %s", source);
      }
    }
    text.bytes[text.length++] = next;
  }
  return text;
}

static double number(const char *name, const char *value, double least, double most) {
  char *end;
  double parsed = strtod(value, &end);
  if (*value == '\0' || *end != '\0' || !(parsed >= least && parsed <= most)) {
    usage("%s must be %.15g to %.15g, got \"%s\"", name, least, most, value);
  }
  return parsed;
}

static void add_request(struct text request) {
  size_t count = options.request_count;
  if ((count & (count - 1)) == 0) {
    options.requests = realloc(options.requests, (count ? count * 2 : 1) * sizeof *options.requests);
    if (options.requests == NULL) usage("out of memory");
  }
  options.requests[options.request_count++] = request;
}

static void read_requests(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) usage("cannot open %s: %s", path, strerror(errno));
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  while ((length = getline(&line, &room, file)) >= 0) {
    if (length > 0 && line[length - 1] == '\n') line[length - 1] = '\0';
    if (*line != '\0') add_request(unescape(line));
  }
  free(line);
  fclose(file);
}

static void find_address(const char *host, const char *port) {
  struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found;
  int problem = getaddrinfo(host, port, &hints, &found);
  if (problem != 0) usage("no such address: %s port %s", host, port);
  memcpy(&options.address, found->ai_addr, found->ai_addrlen);
  options.address_length = found->ai_addrlen;
  freeaddrinfo(found);
}

static enum head_kind head_kind(const char *value) {
  if (strcmp(value, "none") == 0) return HEAD_NONE;
  if (strcmp(value, "line") == 0) return HEAD_LINE;
  if (strcmp(value, "http") == 0) return HEAD_HTTP;
  usage("--head must be none, line or http, got \"%s\"", value);
  return HEAD_NONE;
}

static void read_options(char **arguments) {
  const char *host = "127.0.0.1", *port = NULL;
  options.length = -1;
  options.at_once = 1;
  options.count = 1;
  options.buffer_bytes = 1 << 20;
  options.deadline_seconds = 60;
  for (char **at = arguments; *at != NULL; at++) {
    const char *name = *at;
    if (strcmp(name, "--idle") == 0) {
      options.idle = true;
      continue;
    }
    const char *value = *++at;
    if (value == NULL) usage("%s needs a value, or is unknown", name);
    if (strcmp(name, "--host") == 0) host = value;
    else if (strcmp(name, "--port") == 0) number(name, port = value, 1, 65535);
    else if (strcmp(name, "--request") == 0) add_request(unescape(value));
    else if (strcmp(name, "--requests") == 0) read_requests(value);
    else if (strcmp(name, "--head") == 0) options.head = head_kind(value);
    else if (strcmp(name, "--expect") == 0) options.expect = unescape(value);
    else if (strcmp(name, "--length") == 0) options.length = number(name, value, 0, 9e15);
    else if (strcmp(name, "--at-once") == 0) options.at_once = number(name, value, 1, MAX_AT_ONCE);
    else if (strcmp(name, "--count") == 0) options.count = number(name, value, 1, 1e9);
    else if (strcmp(name, "--seconds") == 0) options.seconds = number(name, value, 0.001, 86400);
    else if (strcmp(name, "--buffer") == 0) options.buffer_bytes = number(name, value, 1, 1 << 30);
    else if (strcmp(name, "--deadline") == 0) options.deadline_seconds = number(name, value, 0.001, 86400);
    else usage("unknown option %s", name);
  }
  if (port == NULL) usage("--port is needed");
  if (options.request_count == 0 && !options.idle) usage("--request or --requests is needed");
  if (options.expect.length > sizeof conns->begin) usage("--expect takes %zu bytes at most", sizeof conns->begin);
  find_address(host, port);
}

/* ---- one connection ---- */

/* Notes the first error down with the beginning of the answer, in signs that JSON takes as they are. */
static void note_error(const struct conn *conn, const char *what) {
  if (result.errors++ > 0) return;
  size_t shown = conn->received < sizeof conn->begin ? conn->received : sizeof conn->begin;
  int length = snprintf(result.first_error, MESSAGE_BYTES, "%s after %llu bytes: ", what,
                        (unsigned long long)conn->received);
  for (size_t at = 0; at < shown && length < MESSAGE_BYTES - 1; at++) {
    char sign = conn->begin[at];
    result.first_error[length++] = sign >= ' ' && sign <= '~' && sign != '"' && sign != '\\' ? sign : '.';
  }
  result.first_error[length] = '\0';
}

static void note_latency(double seconds) {
  if (result.requests == result.capacity) {
    result.capacity = result.capacity ? result.capacity * 2 : 1024;
    result.latencies = realloc(result.latencies, result.capacity * sizeof *result.latencies);
    if (result.latencies == NULL) usage("out of memory");
  }
  result.latencies[result.requests++] = (uint32_t)(seconds * 1e6);
}

static void close_conn(struct conn *conn) {
  close(conn->fd);
  conn->fd = -1;
  open_conns--;
}

static void fail(struct conn *conn, const char *what) {
  note_error(conn, what);
  close_conn(conn);
}

static void watch(struct conn *conn, int operation, uint32_t events) {
  struct epoll_event event = { .events = events, .data.ptr = conn };
  epoll_ctl(poller, operation, conn->fd, &event);
}

/* Sends what is left of the request. Returns whether the connection lives. */
static bool send_request(struct conn *conn) {
  while (conn->sent < conn->request->length) {
    ssize_t count = send(conn->fd, conn->request->bytes + conn->sent, conn->request->length - conn->sent, MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) return true;
    if (count < 0) {
      fail(conn, strerror(errno));
      return false;
    }
    conn->sent += count;
  }
  return true;
}

static bool is_sent(const struct conn *conn) {
  return conn->sent == conn->request->length;
}

static void start(struct conn *conn) {
  *conn = (struct conn){ .fd = -1, .request = &options.requests[result.started++ % options.request_count] };
  conn->head_done = options.head == HEAD_NONE;
  conn->started = now();
  conn->fd = socket(options.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) {
    note_error(conn, strerror(errno));
    return;
  }
  open_conns++;
  int on = 1;
  setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(conn->fd, (struct sockaddr *)&options.address, options.address_length) < 0 && errno != EINPROGRESS) {
    fail(conn, strerror(errno));
    return;
  }
  /* Over loopback the handshake is over when connect() returns, and one wait is spared. */
  if (!send_request(conn)) return;
  conn->writing = !is_sent(conn);
  watch(conn, EPOLL_CTL_ADD, conn->writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Looks for the end of the head. Returns how many of the bytes belong to it. */
static size_t skip_head(struct conn *conn, const char *bytes, size_t count) {
  const char *end = options.head == HEAD_LINE ? "\n" : "\r\n\r\n";
  for (size_t at = 0; at < count; at++) {
    if (bytes[at] != end[conn->head_mark]) conn->head_mark = bytes[at] == end[0] ? 1 : 0;
    else if (end[++conn->head_mark] == '\0') {
      conn->head_done = true;
      return at + 1;
    }
  }
  return count;
}

static void take(struct conn *conn, const char *bytes, size_t count) {
  if (conn->received < sizeof conn->begin) {
    size_t room = sizeof conn->begin - conn->received;
    memcpy(conn->begin + conn->received, bytes, count < room ? count : room);
  }
  conn->received += count;
  result.bytes += count;
  size_t skipped = conn->head_done ? 0 : skip_head(conn, bytes, count);
  conn->body += count - skipped;
}

static void finish(struct conn *conn) {
  bool begins = conn->received >= options.expect.length &&
                memcmp(conn->begin, options.expect.bytes ? options.expect.bytes : "", options.expect.length) == 0;
  bool fits = options.length < 0 || conn->body == (uint64_t)options.length;
  if (begins && conn->head_done && fits) {
    note_latency(now() - conn->started);
    close_conn(conn);
  } else {
    fail(conn, !begins ? "the answer begins otherwise" : !conn->head_done ? "no whole head" : "another length");
  }
}

/* Moves a connection on. At its end, its place is free. */
static void move(struct conn *conn, uint32_t events) {
  if (conn->writing && (events & (EPOLLOUT | EPOLLERR))) {
    if (!send_request(conn)) return;
    conn->writing = !is_sent(conn);
    if (!conn->writing) watch(conn, EPOLL_CTL_MOD, EPOLLIN);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  ssize_t count = recv(conn->fd, buffer, options.buffer_bytes, 0);
  if (count > 0) take(conn, buffer, count);
  else if (count == 0) finish(conn);
  else if (errno != EAGAIN && errno != EINTR) fail(conn, strerror(errno));
}

/* ---- all of them ---- */

static bool wants_more(void) {
  if (result.errors >= MAX_ERRORS) return false;
  return options.seconds > 0 ? now() - began < options.seconds : result.started < options.count;
}

/* Starts requests in a place until one is under way or there are no more to start. */
static void refill(struct conn *conn) {
  while (conn->fd < 0 && wants_more()) start(conn);
}

static void fail_rest(const char *what) {
  for (int at = 0; at < options.at_once; at++) {
    if (conns[at].fd >= 0) fail(&conns[at], what);
  }
}

static void run(void) {
  struct epoll_event events[MAX_EVENTS];
  for (int at = 0; at < options.at_once; at++) refill(&conns[at]);
  while (open_conns > 0) {
    double left = options.deadline_seconds - (now() - began);
    if (left <= 0) {
      fail_rest("no end within the deadline");
      return;
    }
    int count = epoll_wait(poller, events, MAX_EVENTS, (int)(left * 1000) + 1);
    for (int at = 0; at < count; at++) {
      struct conn *conn = events[at].data.ptr;
      move(conn, events[at].events);
      refill(conn);
    }
  }
}

static void open_idle(void) {
  for (int at = 0; at < options.at_once; at++) {
    int fd = socket(options.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = { .tv_sec = (time_t)options.deadline_seconds + 1 };
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (fd < 0 || connect(fd, (struct sockaddr *)&options.address, options.address_length) < 0) {
      usage("only %d connections could be opened: %s", at, strerror(errno));
    }
    conns[at].fd = fd;
    if (options.request_count == 0) continue;
    const struct text *request = &options.requests[at % options.request_count];
    if (send(fd, request->bytes, request->length, MSG_NOSIGNAL) < 0) usage("cannot send: %s", strerror(errno));
  }
}

static void await_end_of_input(void) {
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
  char ignored[64];
  for (;;) {
    double left = options.deadline_seconds - (now() - began);
    if (left <= 0 || poll(&input, 1, (int)(left * 1000) + 1) <= 0) return;
    if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return;
  }
}

/* Opens connections, holds them until standard input ends, and says how many of them the server has not closed. */
static void hold(void) {
  open_idle();
  printf("{\"open\":%d}\n", options.at_once);
  fflush(stdout);
  await_end_of_input();
  int still_open = 0;
  for (int at = 0; at < options.at_once; at++) {
    char byte;
    ssize_t count = recv(conns[at].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0 || (count < 0 && errno == EAGAIN)) still_open++;
  }
  printf("{\"stillOpen\":%d}\n", still_open);
}

static int by_size(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

/* The nearest rank: the least value that so large a part of all is no greater than. */
static uint32_t quantile(double part) {
  if (result.requests == 0) return 0;
  size_t rank = (size_t)(part * result.requests);
  if (rank < part * result.requests) rank++;
  return result.latencies[rank > 0 ? rank - 1 : 0];
}

static void print_result(double seconds) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  qsort(result.latencies, result.requests, sizeof *result.latencies, by_size);
  const char *quote = result.errors > 0 ? "\"" : "";
  printf("{\"requests\":%llu,\"errors\":%llu,\"firstError\":%s%s%s,\"bytes\":%llu,\"seconds\":%.6f,\"cpuSeconds\":%.6f,",
         (unsigned long long)result.requests, (unsigned long long)result.errors, quote,
         result.errors > 0 ? result.first_error : "null", quote, (unsigned long long)result.bytes, seconds, cpu);
  printf("\"latencyUs\":{\"p50\":%u,\"p99\":%u,\"max\":%u}}\n", quantile(0.5), quantile(0.99), quantile(1));
}

/* As many descriptors as the user may have. */
static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **arguments) {
  (void)count;
  read_options(arguments + 1);
  raise_limit();
  conns = allocate(options.at_once * sizeof *conns);
  for (int at = 0; at < options.at_once; at++) conns[at].fd = -1;
  began = now();
  if (options.idle) {
    hold();
    return 0;
  }
  buffer = allocate(options.buffer_bytes);
  /* Touched now, so that its pages do not count as the first answer's time. */
  memset(buffer, 1, options.buffer_bytes);
  poller = epoll_create1(EPOLL_CLOEXEC);
  began = now();
  run();
  print_result(now() - began);
  return 0;
}
