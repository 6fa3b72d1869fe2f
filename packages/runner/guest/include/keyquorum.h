/* Secrets of a run, for modules in C: docs/MODULES.md. Nothing to link: a header alone. */
#ifndef KEYQUORUM_H
#define KEYQUORUM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum keyquorum_error {
  KEYQUORUM_SUCCESS = 0,
  KEYQUORUM_INVALID_HANDLE = 1,
  KEYQUORUM_MEMORY = 2,
  /* The run's manifest does not name it with as = "open". */
  KEYQUORUM_NOT_GRANTED = 3,
  /* A secret is given once in a run. */
  KEYQUORUM_OPENED_BEFORE = 4,
  /* The keepers refused: nobody granted it to this runner for this module, or no longer. */
  KEYQUORUM_DENIED = 5,
  /* It is granted, in a block that is not final yet. */
  KEYQUORUM_NOT_FINAL = 6,
  /* Too few keepers answered. */
  KEYQUORUM_UNAVAILABLE = 7,
  /* Also: the value is longer than the buffer. */
  KEYQUORUM_FAILED = 8
};

#define KEYQUORUM_HOST(function) __attribute__((import_module("keyquorum"), import_name(function)))

/* The host module as it is. Each answers one of the numbers above. */
KEYQUORUM_HOST("secret_open")
int32_t keyquorum_secret_open(const char *name, uint32_t name_length, uint32_t *handle, uint32_t *size);
KEYQUORUM_HOST("secret_read")
int32_t keyquorum_secret_read(uint32_t handle, void *into, uint32_t length, uint32_t *read);
KEYQUORUM_HOST("secret_close")
int32_t keyquorum_secret_close(uint32_t handle);

/* Overwrites a value that is not needed any more; a compiler may leave a memset out. */
static inline void keyquorum_wipe(void *value, size_t length) {
  volatile unsigned char *byte = (volatile unsigned char *)value;
  while (length-- > 0) *byte++ = 0;
}

/* Asks the keepers for a secret, and waits. Writes its bytes, without a zero at the end, and how many they are. Once in a run. */
static inline int32_t keyquorum_secret(const char *name, void *into, size_t capacity, size_t *length) {
  uint32_t handle, size, read = 0, at = 0;
  const char *end = name;
  while (*end != 0) end++;
  int32_t error = keyquorum_secret_open(name, (uint32_t)(end - name), &handle, &size);
  if (error != KEYQUORUM_SUCCESS) return error;
  if (size > capacity) error = KEYQUORUM_FAILED;
  for (; error == KEYQUORUM_SUCCESS && at < size; at += read) {
    error = keyquorum_secret_read(handle, (unsigned char *)into + at, size - at, &read);
    if (error == KEYQUORUM_SUCCESS && read == 0) error = KEYQUORUM_FAILED;
  }
  keyquorum_secret_close(handle);
  if (error == KEYQUORUM_SUCCESS)
    *length = size;
  else
    keyquorum_wipe(into, at);
  return error;
}

#ifdef __cplusplus
}
#endif

#endif
