/* Says whether standard input is the secret PASSWORD. Exit code 0: right, 1: wrong, 2: no secret. */
#include <stdio.h>
#include "keyquorum.h"

int main(void) {
  unsigned char given[1024], password[1024];
  size_t length = fread(given, 1, sizeof given, stdin), size;
  int32_t error = keyquorum_secret("PASSWORD", password, sizeof password, &size);
  if (error != KEYQUORUM_SUCCESS) {
    fprintf(stderr, "no secret: %d\n", (int)error);
    return 2;
  }
  /* Every byte is looked at: time says nothing about where the first difference is. */
  unsigned difference = length != size;
  for (size_t at = 0; at < length && at < size; at++) difference |= given[at] ^ password[at];
  keyquorum_wipe(password, sizeof password);
  puts(difference == 0 ? "right" : "wrong");
  return difference == 0 ? 0 : 1;
}
