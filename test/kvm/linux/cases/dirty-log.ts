import { program } from '../guests.ts';
import { enableCap, GUEST, GUEST_BYTES, place, type Script, scripted, slot, struct } from '../script.ts';
import type { Case } from '../steps.ts';

const LOG_DIRTY_PAGES = 1;
const READONLY = 2;
const MANUAL_PROTECT = 168;
const BITMAP_BYTES = GUEST_BYTES / 4096 / 8;

const getLog = (script: Script, label: string, of = 0, bitmap: number = place.value): void => {
  const argument = struct(16, [
    [0, 'u32', of],
    [8, 'u64', bitmap],
  ]);
  script.write(place.value, new Uint8Array(BITMAP_BYTES).fill(0xaa));
  script.call(slot.vm, 'KVM_GET_DIRTY_LOG', argument, label);
  script.dump(`${label}: bitmap`, place.value, BITMAP_BYTES);
};

function clearLog(
  script: Script,
  label: string,
  first: number | bigint,
  pages: number,
  of = 0,
  bitmap = new Uint8Array(BITMAP_BYTES).fill(0xff),
): void {
  const argument = struct(24, [
    [0, 'u32', of],
    [4, 'u32', pages],
    [8, 'u64', first],
    [16, 'u64', place.value],
  ]);
  script.write(place.value, bitmap);
  script.call(slot.vm, 'KVM_CLEAR_DIRTY_LOG', argument, label);
}

/** Stores to pages 16, 17 and 200, loads from page 100. */
const stores = program(`
  mov x1, #${GUEST}
  mov x2, #0x10000
  add x2, x1, x2
  str x1, [x2]
  str x1, [x2, #0x1000]
  movz x3, #0xc, lsl #16
  movk x3, #0x8000
  add x3, x1, x3
  strb w1, [x3]
  movz x4, #6, lsl #16
  movk x4, #0x4000
  ldr x5, [x1, x4]
`);

function again(script: Script, label: string): void {
  script.set('pc', BigInt(GUEST));
  script.run(label);
}

export const dirtyLog: readonly Case[] = [
  scripted('KVM_GET_DIRTY_LOG', (script) => {
    script.guest(stores);
    getLog(script, 'of a slot that is not logged');
    getLog(script, 'of a slot that is not there', 1);
    getLog(script, 'of slot 32767', 32767);
    getLog(script, 'of address space 1', 0x1_0000);
    script.memory({ flags: LOG_DIRTY_PAGES }, 'log');
    getLog(script, 'before anything ran');
    script.run();
    getLog(script, 'after stores');
    getLog(script, 'at once again');
    again(script, 'the same stores');
    getLog(script, 'after the same stores');
    getLog(script, 'to nowhere', 0, 0x7000_0000);
    script.memory({}, 'log no longer');
    getLog(script, 'no longer logged');
    script.memory({ flags: LOG_DIRTY_PAGES }, 'log again');
    getLog(script, 'logged again');
  }),
  scripted('logging begins after stores', (script) => {
    script.guest(stores);
    script.run();
    script.memory({ flags: LOG_DIRTY_PAGES }, 'log');
    getLog(script, 'nothing yet');
    again(script, 'the same stores');
    getLog(script, 'after the same stores');
  }),
  scripted('KVM_CLEAR_DIRTY_LOG without the capability', (script) => {
    script.guest(stores);
    script.memory({ flags: LOG_DIRTY_PAGES }, 'log');
    clearLog(script, 'clear', 0, 256);
  }),
  scripted('KVM_CLEAR_DIRTY_LOG', (script) => {
    script.guest(stores);
    script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(MANUAL_PROTECT, 0, 1), 'capability');
    script.memory({ flags: LOG_DIRTY_PAGES }, 'log');
    script.run();
    getLog(script, 'get');
    getLog(script, 'get again');
    clearLog(script, 'the first 64 pages', 0, 64);
    getLog(script, 'get after that');
    again(script, 'the same stores');
    getLog(script, 'get after the same stores');
    clearLog(script, 'a page that is not the first of 64', 1, 64);
    clearLog(script, 'not a multiple of 64 pages', 0, 63);
    clearLog(script, 'the last 64 pages', 192, 64);
    clearLog(script, 'beyond the slot', 192, 128);
    clearLog(script, 'all after the slot', 256, 64);
    clearLog(script, 'no page', 0, 0);
    clearLog(script, 'to the end, not a multiple of 64', 192, 63);
    clearLog(script, 'a first page that wraps', 0xffff_ffff_ffff_ffc0n, 128);
    clearLog(script, 'another slot', 0, 64, 1);
    clearLog(script, 'slot 32767', 0, 64, 32767);
    getLog(script, 'in the end');
  }),
  scripted('KVM_CLEAR_DIRTY_LOG of initially set pages', (script) => {
    script.guest(stores);
    script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(MANUAL_PROTECT, 0, 3), 'capability');
    script.memory({ flags: LOG_DIRTY_PAGES }, 'log');
    getLog(script, 'before anything ran');
    clearLog(script, 'all', 0, 256);
    getLog(script, 'after that');
    script.run();
    getLog(script, 'after stores');
  }),
  scripted('KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2', (script) => {
    script.open();
    for (const value of [0, 1, 2, 3, 4]) {
      script.createVm(`VM ${value}`);
      script.call(slot.vm, 'KVM_ENABLE_CAP', enableCap(MANUAL_PROTECT, 0, value), `enable ${value}`);
      script.close(slot.vm);
    }
  }),
  scripted('user space’s own stores are not logged', (script) => {
    script.guest(stores);
    script.memory({ flags: LOG_DIRTY_PAGES }, 'log');
    script.write(place.memory + 0x8000, Uint8Array.of(1));
    getLog(script, 'log');
  }),
  scripted('a logged slot that is read-only', (script) => {
    script.guest(program('movz x2, #0x5000, lsl #16\nldr x1, [x2]\nstr x1, [x2]'));
    script.memory({ slot: 1, gpa: 0x5000_0000, address: place.other, flags: LOG_DIRTY_PAGES | READONLY }, 'slot 1');
    script.run('store');
    getLog(script, 'log', 1);
  }),
];
