/* 32-bit integer matrices: product, transposition, sum of a window. */
#include "kernel.h"

#define N 96

typedef int32_t matrix[N][N];

static void product(matrix c, matrix a, matrix b) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      int32_t sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}

static void transpose(matrix a) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < i; j++) {
      int32_t kept = a[i][j];
      a[i][j] = a[j][i];
      a[j][i] = kept;
    }
}

static void window(matrix to, matrix from) {
  for (int i = 1; i < N - 1; i++)
    for (int j = 1; j < N - 1; j++) {
      int32_t sum = 0;
      for (int y = -1; y <= 1; y++)
        for (int x = -1; x <= 1; x++) sum += from[i + y][j + x];
      to[i][j] = sum >> 3;
    }
}

uint64_t work(uint64_t cpu, uint8_t *memory) {
  matrix *m = (matrix *)memory;
  uint64_t random = cpu + 1, sum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      m[0][i][j] = (int32_t)(next_random(&random) >> 40);
      m[1][i][j] = (int32_t)(next_random(&random) >> 40);
    }
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    product(m[2], m[0], m[1]);
    transpose(m[2]);
    window(m[0], m[2]);
    sum = mix(sum, (uint32_t)m[2][round % N][(round * 7) % N]);
  }
  return sum;
}
