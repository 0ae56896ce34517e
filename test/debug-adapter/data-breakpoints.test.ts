import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RAM, type Script } from '../machine/fake-target.ts';
import { loop, stopped } from './scripted-session.ts';

describe('data breakpoints over the protocol', () => {
  const store = (value: number): Script => ({ kind: 'store', address: RAM + 0x104n, value });

  it('info, conditions, a stop that says what happened', async () => {
    const { client, target } = await stopped([loop, [8, store(0x5a)], [12, store(0x5a)]]);
    const info = await client.request('dataBreakpointInfo', { name: 'helper' });
    assert.deepEqual(info, {
      dataId: 'symbol:helper/8',
      description: '8 bytes: helper at ipa:0x40080100',
      accessTypes: ['read', 'write', 'readWrite'],
      canPersist: true,
    });
    const { breakpoints } = await client.request('setDataBreakpoints', {
      breakpoints: [
        { dataId: info.dataId, accessType: 'write', hitCondition: '2' },
        { dataId: 'va:0x40080104/1', condition: 'pc ==' },
      ],
    });
    assert.deepEqual(
      breakpoints.map((b: { verified: boolean; message?: string }) => [b.verified, b.message]),
      [
        [true, undefined],
        [false, 'condition: column 6: expected a value, found the end'],
      ],
    );
    await client.request('continue', { threadId: 1 });
    assert.deepEqual(await client.event('stopped'), {
      threadId: 1,
      allThreadsStopped: true,
      reason: 'data breakpoint',
      description: 'Paused on data breakpoint',
      text: '1 byte at va:0x40080104 <helper+0x4>: 0x5a → 0x5a, written by va:0x4008000c <main+0x4>',
      hitBreakpointIds: [breakpoints[0].id],
    });
    assert.equal(target.executed, 4);
  });
  it('what a name stands for', async () => {
    const { client, frame } = await stopped();
    const { scopes } = await client.request('scopes', { frameId: frame.id });
    const variablesReference = scopes[0].variablesReference;
    const rows = [
      [{ name: '[sp]' }, 'va:0x40080800/8'],
      [{ name: '*(u16*)(sp + 2)', frameId: frame.id }, 'va:0x40080802/2'],
      [{ name: 'ipa:0x40080004' }, 'ipa:0x40080004/4'],
      [{ name: 'pa:0x1000000000', bytes: 100 }, 'pa:0x1000000000/100'],
      [{ name: '0x40080001', asAddress: true }, 'va:0x40080001/1'],
      [{ name: 'sp', asAddress: true, bytes: 16 }, 'va:0x40080800/16'],
    ] as const;
    for (const [args, expected] of rows)
      assert.equal((await client.request('dataBreakpointInfo', args)).dataId, expected, JSON.stringify(args));
    const refused = [
      [{ name: 'x0', variablesReference }, /\$x0 is not in memory: watch what it points to with \[\$x0\]/],
      [{ name: 'x99', variablesReference }, /no variable "x99"/],
      [{ name: 'nothing' }, /nothing/],
      [{ name: 'va:0x0', bytes: 0 }, /1 to \d+ bytes/],
    ] as const;
    for (const [args, why] of refused) {
      const { dataId, description } = await client.request('dataBreakpointInfo', args);
      assert.equal(dataId, null);
      assert.match(description, why);
    }
  });
});
