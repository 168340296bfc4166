// Does a known amount of work, step by step, and says what it did. Runs in containers: as static as busybox.
//   work REPORT user 500 memory 64000000 wait system 200 wait
// REPORT is a file that holds one line of JSON after each `wait`; SIGUSR1 ends a `wait`. After the last step it stays.
// Files are written to where it is started.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *report;
static int steps_waited, forked, fork_failed, killed;
static long long written, allocated;

static void fail(const char *what) {
  fprintf(stderr, "work: %s: %s\n", what, strerror(errno));
  exit(2);
}

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

static long long cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Looks at the clock about once a millisecond: looking is system time. */
static void burn_user(long milliseconds) {
  volatile unsigned long x = 1;
  for (long long until = cpu() + milliseconds * 1000LL; cpu() < until;)
    for (int i = 0; i < 500000; i++) x = x * 2862933555777941757UL + 3037000493UL;
}

static void burn_system(long milliseconds) {
  static char buffer[1 << 20];
  int zero = open("/dev/zero", O_RDONLY);
  if (zero < 0) fail("/dev/zero");
  for (long long until = cpu() + milliseconds * 1000LL; cpu() < until;)
    if (read(zero, buffer, sizeof buffer) < 0) fail("read");
  close(zero);
}

/* Small pages, each touched, so that it is charged by the byte. */
static void allocate(long long bytes) {
  char *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  for (long long at = 0; at < bytes; at += 4096) memory[at] = 1;
  allocated += bytes;
}

static void write_file(long long bytes, int flags) {
  enum { block = 1 << 20 };
  void *buffer;
  if (posix_memalign(&buffer, 4096, block)) fail("memalign");
  memset(buffer, 'x', block);
  int file = open("data", O_CREAT | O_TRUNC | O_WRONLY | flags, 0600);
  if (file < 0) fail("data");
  for (long long left = bytes; left > 0; left -= block)
    if (write(file, buffer, left < block ? left : block) < 0) fail("write");
  if (fsync(file)) fail("fsync");
  close(file);
  free(buffer);
  written += bytes;
}

static void fork_children(long count) {
  for (long i = 0; i < count; i++) {
    pid_t child = fork();
    if (child == 0)
      for (;;) pause();
    if (child < 0) fork_failed++;
    else forked++;
  }
}

/* A child that takes more than there is, and is the first to be killed for it. */
static void be_killed_for_memory(long long bytes) {
  pid_t child = fork();
  if (child == 0) {
    int score = open("/proc/self/oom_score_adj", O_WRONLY);
    if (score < 0 || write(score, "1000", 4) != 4) _exit(2);
    allocate(bytes);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) killed++;
}

static void tell(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  char unfinished[4096];
  snprintf(unfinished, sizeof unfinished, "%s.new", report);
  FILE *file = fopen(unfinished, "w");
  if (!file) fail(unfinished);
  fprintf(file,
          "{\"waits\":%d,\"userUs\":%lld,\"systemUs\":%lld,\"allocated\":%lld,\"written\":%lld,\"forked\":%d,"
          "\"forkFailed\":%d,\"killed\":%d}\n",
          steps_waited, microseconds(usage.ru_utime), microseconds(usage.ru_stime), allocated, written, forked,
          fork_failed, killed);
  fclose(file);
  if (rename(unfinished, report)) fail(report);
}

static void end(int signal) {
  (void)signal;
  _exit(0);
}

static void wait_for_signal(const sigset_t *going_on) {
  int signal;
  steps_waited++;
  tell();
  sigwait(going_on, &signal);
}

int main(int argc, char **argv) {
  sigset_t going_on;
  sigemptyset(&going_on);
  sigaddset(&going_on, SIGUSR1);
  sigprocmask(SIG_BLOCK, &going_on, 0);
  signal(SIGTERM, end); /* the first process of a container has no default one */
  if (argc < 2) return 2;
  report = argv[1];
  for (int at = 2; at < argc; at++) {
    const char *step = argv[at];
    if (!strcmp(step, "wait")) {
      wait_for_signal(&going_on);
      continue;
    }
    if (++at == argc) return 2;
    long long amount = atoll(argv[at]);
    if (!strcmp(step, "user")) burn_user(amount);
    else if (!strcmp(step, "system")) burn_system(amount);
    else if (!strcmp(step, "memory")) allocate(amount);
    else if (!strcmp(step, "write")) write_file(amount, 0);
    else if (!strcmp(step, "direct")) write_file(amount, O_DIRECT);
    else if (!strcmp(step, "fork")) fork_children(amount);
    else if (!strcmp(step, "oom")) be_killed_for_memory(amount);
    else if (!strcmp(step, "exit")) return amount;
    else return 2;
  }
  for (;;) pause();
}
