/* Advanced SIMD on bytes: case folding by comparison and select, sum of absolute differences, a table look-up, counting matches. */
#include <arm_neon.h>
#include "kernel.h"

#define SIZE 16384

uint64_t work(uint64_t cpu, uint8_t *memory) {
  uint8_t *a = memory, *b = memory + SIZE;
  uint64_t random = cpu + 1, sum = 0;
  for (int i = 0; i < SIZE; i++) a[i] = b[i] = (uint8_t)(next_random(&random) >> 32);
  static const uint8_t nibbles[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
  const uint8x16_t ones_of_nibble = vld1q_u8(nibbles);
  for (uint32_t round = 0; round < ITERATIONS; round++) {
    uint32x4_t differences = vdupq_n_u32(0), bits = vdupq_n_u32(0);
    uint8x16_t matches = vdupq_n_u8(0);
    for (int i = 0; i < SIZE; i += 16) {
      uint8x16_t x = vld1q_u8(a + i), y = vld1q_u8(b + i);
      uint8x16_t small = vandq_u8(vcgeq_u8(x, vdupq_n_u8('a')), vcleq_u8(x, vdupq_n_u8('z')));
      uint8x16_t folded = vbslq_u8(small, vsubq_u8(x, vdupq_n_u8(32)), x);
      differences = vpadalq_u16(differences, vpaddlq_u8(vabdq_u8(folded, y)));
      matches = vsubq_u8(matches, vceqq_u8(folded, y));
      uint8x16_t ones = vaddq_u8(vqtbl1q_u8(ones_of_nibble, vandq_u8(y, vdupq_n_u8(15))), vqtbl1q_u8(ones_of_nibble, vshrq_n_u8(y, 4)));
      bits = vpadalq_u16(bits, vpaddlq_u8(ones));
      vst1q_u8(b + i, vaddq_u8(vextq_u8(y, folded, 3), vdupq_n_u8((uint8_t)round)));
    }
    sum = mix(sum, vaddvq_u32(differences) + ((uint64_t)vaddvq_u32(bits) << 32) + vaddlvq_u8(matches));
  }
  return sum;
}
