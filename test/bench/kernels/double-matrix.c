/* Double precision: a matrix product by columns (FMLA on vectors), the same by dot products (FMADD), and Newton's square root with division. */
#include "kernel.h"

#define N 64

typedef double matrix[N][N];

uint64_t work(uint64_t cpu, uint8_t *memory) {
  matrix *m = (matrix *)memory;
  uint64_t random = cpu + 1, sum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      m[0][i][j] = (double)(next_random(&random) >> 40) / 16777216.0;
      m[1][i][j] = (double)(next_random(&random) >> 40) / 16777216.0 - 0.5;
    }
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    for (int i = 0; i < N; i++) {
      double *restrict row = m[2][i];
      for (int j = 0; j < N; j++) row[j] = 0;
      for (int k = 0; k < N; k++) {
        double a = m[0][i][k];
        const double *restrict from = m[1][k];
        for (int j = 0; j < N; j++) row[j] += a * from[j];
      }
    }
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double dot = 0;
        for (int k = 0; k < N; k++) dot += m[2][i][k] * m[1][j][k];
        double root = 1;
        double square = dot < 0 ? 1 - dot : 1 + dot;
        for (int step = 0; step < 4; step++) root = 0.5 * (root + square / root);
        m[3][i][j] = dot / root;
      }
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) m[0][i][j] = m[3][i][j] * 0.25 + 0.125;
    union {
      double d;
      uint64_t u;
    } one = {.d = m[3][round % N][(round * 5) % N]};
    sum = mix(sum, one.u);
  }
  return sum;
}
