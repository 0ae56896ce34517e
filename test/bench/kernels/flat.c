/* Big flat code: 1024 different functions without loops, about 200 KiB of instructions, all of them called in every round. */
#include "kernel.h"

#define FUNCTION(n)                                                                                    \
  static __attribute__((noinline)) uint64_t f##n(uint64_t a, uint64_t *m) {                            \
    enum { K = 0x##n };                                                                                \
    uint64_t b = m[K * 7 % 509], c = m[K * 13 % 509];                                                  \
    a = (a ^ b) + (c << (K % 17 + 1)) + K * 0x9e37u;                                                   \
    if (a & (1ull << (K % 23))) b += a >> (K % 11 + 1);                                                \
    else c ^= a * (K | 1);                                                                             \
    m[K * 3 % 509] = b + c;                                                                            \
    a += b < c ? b - K : c + K * 3;                                                                    \
    c = (c >> (K % 29 + 3)) | (c << (61 - K % 29));                                                    \
    if ((int64_t)(a ^ c) < 0) a = ~a + (uint32_t)b;                                                    \
    m[K * 11 % 509] ^= a;                                                                              \
    return a + (uint16_t)c * (uint64_t)(K + 5) + (uint8_t)(b >> (K % 40));                             \
  }
#define SIXTEEN(X, n) \
  X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9) X(n##a) X(n##b) X(n##c) X(n##d) X(n##e) X(n##f)
#define BLOCK(X, n)                                                                                                                  \
  SIXTEEN(X, n##0) SIXTEEN(X, n##1) SIXTEEN(X, n##2) SIXTEEN(X, n##3) SIXTEEN(X, n##4) SIXTEEN(X, n##5) SIXTEEN(X, n##6)             \
  SIXTEEN(X, n##7) SIXTEEN(X, n##8) SIXTEEN(X, n##9) SIXTEEN(X, n##a) SIXTEEN(X, n##b) SIXTEEN(X, n##c) SIXTEEN(X, n##d)             \
  SIXTEEN(X, n##e) SIXTEEN(X, n##f)
#define ALL(X) BLOCK(X, 1) BLOCK(X, 2) BLOCK(X, 3) BLOCK(X, 4)

ALL(FUNCTION)

#define CALL(n) a = f##n(a, m);

uint64_t work(uint64_t cpu, uint8_t *memory) {
  uint64_t *m = (uint64_t *)memory, random = cpu + 1, a = cpu;
  for (int i = 0; i < 509; i++) m[i] = next_random(&random);
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    ALL(CALL)
  }
  return a;
}
