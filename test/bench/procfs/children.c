// Forks argv[1] children that hold still with 1 MiB of private memory each, prints their pids, and ends with its stdin.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1000;
  pid_t *pids = calloc(count, sizeof *pids);
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  for (int i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid < 0) { perror("fork"); break; }
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(0);
      char *block = malloc(1 << 20);
      memset(block, 1, 1 << 20);
      for (;;) pause();
    }
    pids[i] = pid;
  }
  for (int i = 0; i < count && pids[i] > 0; i++) printf("%d\n", pids[i]);
  printf("ready\n");
  fflush(stdout);
  while (getchar() != EOF) {}
  for (int i = 0; i < count && pids[i] > 0; i++) kill(pids[i], SIGKILL);
  return 0;
}
