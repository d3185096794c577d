/*
 * page_cache: makes a file cold: lets the system forget what it holds of it in memory, and looks whether it did.
 *
 *   cc -O2 -o page_cache page_cache.c
 *   ./page_cache FILE
 *
 * Prints {"pages":N,"resident":M}: pages of the file, and those still in memory. Needs no permission but to read it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int failed, const char *what) {
  if (!failed) return;
  fprintf(stderr, "page_cache: cannot %s: %s\n", what, strerror(errno));
  exit(1);
}

int main(int count, char **arguments) {
  if (count != 2) {
    fputs("usage: page_cache FILE\n", stderr);
    return 2;
  }
  int fd = open(arguments[1], O_RDONLY | O_CLOEXEC);
  check(fd < 0, "open the file");
  /* What is not yet written cannot be forgotten. */
  check(fsync(fd) < 0, "write the file out");
  errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  check(errno != 0, "let the file go");
  struct stat info;
  check(fstat(fd, &info) < 0 || info.st_size == 0, "find out the file's length");
  void *map = mmap(NULL, info.st_size, PROT_READ, MAP_SHARED, fd, 0);
  check(map == MAP_FAILED, "map the file");
  size_t page = sysconf(_SC_PAGESIZE), pages = (info.st_size + page - 1) / page, resident = 0;
  unsigned char *states = malloc(pages);
  check(states == NULL || mincore(map, info.st_size, states) < 0, "see which pages are in memory");
  for (size_t at = 0; at < pages; at++) resident += states[at] & 1;
  printf("{\"pages\":%zu,\"resident\":%zu}\n", pages, resident);
  return 0;
}
