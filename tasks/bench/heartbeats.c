/*
 * heartbeats: sends a monitor the heartbeats of many content servers, at a rate or as fast as it goes.
 *
 *   cc -O2 -o heartbeats heartbeats.c
 *   ./heartbeats PORT SERVERS SECONDS RATE
 *
 * To 127.0.0.1, from one socket, for the servers B0, B1, ... in turn; RATE is datagrams a second, 0 as many as it can.
 * Prints {"sent":N,"seconds":S}. What the monitor's system has no room for is lost, as datagrams are.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_PORT = 20000, PORTS = 40000 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void sleep_until(double moment) {
  double left = moment - now();
  if (left <= 0) return;
  struct timespec pause = { .tv_sec = (time_t)left, .tv_nsec = (long)((left - (time_t)left) * 1e9) };
  nanosleep(&pause, NULL);
}

int main(int count, char **arguments) {
  long port = count == 5 ? atol(arguments[1]) : 0, servers = count == 5 ? atol(arguments[2]) : 0;
  double seconds = count == 5 ? atof(arguments[3]) : 0, rate = count == 5 ? atof(arguments[4]) : 0;
  if (port < 1 || port > 65535 || servers < 1 || seconds <= 0 || rate < 0) {
    fputs("usage: heartbeats PORT SERVERS SECONDS RATE\n", stderr);
    return 2;
  }
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
    fprintf(stderr, "heartbeats: cannot open a socket: %s\n", strerror(errno));
    return 1;
  }
  double began = now(), passed = 0;
  unsigned long long sent = 0;
  for (; (passed = now() - began) < seconds; sent++) {
    char datagram[128];
    long server = sent % servers;
    int length = snprintf(datagram, sizeof datagram, "HEARTBEAT B%ld 127.0.0.1 %ld %llu 10", server,
                          FIRST_PORT + server % PORTS, sent / servers % 100);
    if (rate > 0) sleep_until(began + sent / rate);
    /* Refused: nobody listens any more, or not yet. */
    if (send(fd, datagram, length, 0) < 0 && errno != ECONNREFUSED && errno != ENOBUFS) break;
  }
  printf("{\"sent\":%llu,\"seconds\":%.6f}\n", sent, passed);
  return 0;
}
