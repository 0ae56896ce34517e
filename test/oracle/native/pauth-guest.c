/*
 * A bare-metal guest that authenticates pointers at EL1, where keys and TCR_EL1 can be chosen.
 * Cases are loaded at 0x48000000: a count (u64), then the structures below. Results leave as 8 raw bytes each through the PL011.
 */
#include <stdint.h>

struct test {
	uint64_t keys[10]; /* IA, IB, DA, DB, GA: low, high */
	uint64_t tcr, operation, pointer, modifier;
};

#define SET(register, value) __asm__ volatile("msr " register ", %0" ::"r"((uint64_t)(value)))
#define TWO(mnemonic) __asm__ volatile(mnemonic " %0, %1" : "+r"(p) : "r"(m))
#define ONE(mnemonic) __asm__ volatile(mnemonic " %0" : "+r"(p))

static void put(uint64_t value)
{
	volatile uint32_t *uart = (void *)0x09000000;
	for (int i = 0; i < 8; i++, value >>= 8) {
		while (uart[6] & 0x20) {}
		uart[0] = value & 0xff;
	}
}

void run(void)
{
	uint64_t count = *(volatile uint64_t *)0x48000000;
	const volatile struct test *t = (void *)0x48000008;
	uint64_t sctlr;
	__asm__ volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
	SET("sctlr_el1", sctlr | 1u << 31 | 1 << 30 | 1 << 27 | 1 << 13);
	for (; count; count--, t++) {
		SET("apiakeylo_el1", t->keys[0]); SET("apiakeyhi_el1", t->keys[1]);
		SET("apibkeylo_el1", t->keys[2]); SET("apibkeyhi_el1", t->keys[3]);
		SET("apdakeylo_el1", t->keys[4]); SET("apdakeyhi_el1", t->keys[5]);
		SET("apdbkeylo_el1", t->keys[6]); SET("apdbkeyhi_el1", t->keys[7]);
		SET("apgakeylo_el1", t->keys[8]); SET("apgakeyhi_el1", t->keys[9]);
		SET("tcr_el1", t->tcr);
		__asm__ volatile("isb");
		uint64_t p = t->pointer, m = t->modifier;
		switch (t->operation) {
		case 0: TWO("pacia"); break;
		case 1: TWO("pacib"); break;
		case 2: TWO("pacda"); break;
		case 3: TWO("pacdb"); break;
		case 4: TWO("autia"); break;
		case 5: TWO("autib"); break;
		case 6: TWO("autda"); break;
		case 7: TWO("autdb"); break;
		case 8: ONE("xpaci"); break;
		case 9: ONE("xpacd"); break;
		default: __asm__ volatile("pacga %0, %0, %1" : "+r"(p) : "r"(m));
		}
		put(p);
	}
	register uint64_t x0 __asm__("x0") = 0x84000008; /* PSCI SYSTEM_OFF */
	__asm__ volatile("hvc #0" : "+r"(x0));
}

__asm__(".section .text.start, \"ax\"\n"
	".global _start\n"
	"_start:\n"
	"	ldr	x0, =0x47000000\n"
	"	mov	sp, x0\n"
	"	bl	run\n"
	"	b	.\n");
