import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from './client.ts';
import { machineSession, power } from './machine-session.ts';

const thread = { threadId: 1 };
const say = async (client: Client, expression: string): Promise<string> =>
  (await client.request('evaluate', { expression, context: 'repl' })).result;
const refusal = (client: Client, expression: string): Promise<string> => client.refusal('evaluate', { expression, context: 'repl' });

/** Writes pages 0, 1 and 3 of a slot, then goes to user space, twice. */
const guest = `
_start: movz    x9, #1, lsl #32
        movz    x10, #0x0900, lsl #16
        mov     x8, #2
1:      str     x9, [x9]
        add     x1, x9, #1, lsl #12
        strb    w9, [x1, #7]
        add     x1, x9, #3, lsl #12
        str     x9, [x1]
        ldr     w1, [x10, #0x18]
        subs    x8, x8, #1
        b.ne    1b
        ${power}`;

const session = (dirtyLog: boolean): Promise<Client> =>
  machineSession(guest, {
    filters: ['exit:KVM_EXIT_MMIO'],
    memslots: [{ gpa: '0x100000000', size: '1M', dirtyLog }],
  });
const goOn = async (client: Client): Promise<void> => {
  await client.request('continue', thread);
  await client.event('stopped');
};

describe('dirty log in the Debug Console', () => {
  it('names the pages that were written since it was last read', async () => {
    const client = await session(true);
    await goOn(client);
    const pages = `3 pages written since the log was last read; it is clear now
  ipa:0x100000000, 2 pages
  ipa:0x100003000, 1 page`;
    assert.ok((await say(client, 'dirtylog 1')).endsWith(`slot 1: ${pages}`));
    assert.match(await say(client, 'dirtylog 1'), /slot 1: 0 pages written/);
    await goOn(client);
    assert.ok((await say(client, 'dirtylog 1')).endsWith(`slot 1: ${pages}`));
  });

  it('is switched on and off, for RAM too', async () => {
    const client = await session(false);
    assert.match(await refusal(client, 'dirtylog 1'), /slot 1 is not logged: "dirtylog 1 on" begins that/);
    assert.match(await say(client, 'dirtylog on'), /slot 0 are logged/);
    assert.match(await say(client, 'dirtylog 1 on'), /slot 1 are logged/);
    await goOn(client);
    assert.match(await say(client, 'dirtylog 1'), /slot 1: 3 pages/);
    assert.match(await say(client, 'dirtylog'), /slot 0: 0 pages/);
    assert.match(await say(client, 'dirtylog 1 off'), /no longer/);
    await goOn(client);
    assert.match(await refusal(client, 'dirtylog 1'), /not logged/);
  });

  it('says what is wrong', async () => {
    const client = await session(false);
    assert.match(await refusal(client, 'dirtylog 7'), /no memory slot 7: the VM has 0, 1/);
    assert.match(await refusal(client, 'dirtylog 1 maybe'), /dirtylog \[SLOT\] \[on\|off\]/);
    await client.refusal('evaluate', { expression: 'dirtylog 1 on off', context: 'repl' });
    const pfnmap = await machineSession(guest, { memslots: [{ gpa: '0x100000000', size: '1M', backing: 'pfnmap' }] });
    assert.match(await refusal(pfnmap, 'dirtylog 1 on'), /VM_PFNMAP memory \(pfnmap\) are not logged.*-EINVAL/);
  });
});
