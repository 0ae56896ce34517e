import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pl011 } from '../../emulator/vmm/devices/pl011.ts';
import { Pl031 } from '../../emulator/vmm/devices/pl031.ts';
import { Pl061 } from '../../emulator/vmm/devices/pl061.ts';

const DR = 0;
const FR = 0x18;
const LCR_H = 0x2c;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const RX = 0x10;
const TX = 0x20;
const RT = 0x40;

function uart() {
  const sent: number[] = [];
  const line = { level: false };
  const device = new Pl011(
    (byte) => sent.push(byte),
    (level) => {
      line.level = level;
    },
  );
  return { device, sent, line };
}

describe('PL011', () => {
  test('registers after reset', () => {
    const { device } = uart();
    assert.equal(device.read(FR), 0x90);
    assert.equal(device.read(0x30), 0x300);
    assert.equal(device.read(IFLS), 0x12);
  });

  test('identifies itself as Linux wants: 0x41011 and PrimeCell 0xb105f00d', () => {
    const { device } = uart();
    const id = (from: number) => [0, 4, 8, 12].reduce((value, i) => value + device.read(from + i) * 2 ** (i * 2), 0);
    assert.equal(id(0xfe0) & 0xfffff, 0x41011);
    assert.equal(id(0xff0), 0xb105f00d);
  });

  test('sends at once and raises TX when unmasked', () => {
    const { device, sent, line } = uart();
    device.write(DR, 0x41);
    assert.deepEqual(sent, [0x41]);
    assert.equal(line.level, false);
    device.write(IMSC, TX);
    assert.equal(line.level, true);
    device.write(ICR, TX);
    assert.equal(line.level, false);
  });

  test('without FIFO: one byte, RX interrupt, full flag', () => {
    const { device, line } = uart();
    device.write(IMSC, RX | RT);
    device.receive(0x61);
    assert.equal(device.read(FR) & 0x50, 0x40);
    assert.equal(device.read(MIS), RX | RT);
    assert.equal(line.level, true);
    assert.equal(device.read(DR), 0x61);
    assert.equal(line.level, false);
    assert.equal(device.read(FR) & 0x50, 0x10);
  });

  test('FIFO of 16: RX at the chosen level, RT from the first byte, overrun beyond', () => {
    const { device } = uart();
    device.write(LCR_H, 0x70);
    for (let i = 0; i < 7; i++) device.receive(i);
    assert.equal(device.read(RIS), RT);
    device.receive(7);
    assert.equal(device.read(RIS), RT | RX);
    for (let i = 8; i < 16; i++) device.receive(i);
    assert.equal(device.room, 0);
    device.receive(16);
    assert.equal(device.read(0x04), 8);
    for (let i = 0; i < 16; i++) assert.equal(device.read(DR), i);
    assert.equal(device.read(FR) & 0x10, 0x10);
    assert.equal(device.read(RIS) & (RX | RT), 0);
  });

  test('loopback sends to itself', () => {
    const { device, sent } = uart();
    device.write(0x30, 0x380);
    device.write(DR, 0x55);
    assert.deepEqual(sent, []);
    assert.equal(device.read(DR), 0x55);
  });
});

describe('PL031', () => {
  test('counts seconds of machine time from the epoch; the load register sets it', () => {
    let seconds = 0;
    const rtc = new Pl031(
      () => seconds,
      1000,
      () => {},
    );
    assert.equal(rtc.read(0), 1000);
    seconds = 5;
    assert.equal(rtc.read(0), 1005);
    rtc.write(8, 2000);
    seconds = 7;
    assert.equal(rtc.read(0), 2002);
  });

  test('alarm: raises its interrupt when the match is reached, until cleared', () => {
    let seconds = 0;
    let level = false;
    const rtc = new Pl031(
      () => seconds,
      1000,
      (on) => {
        level = on;
      },
    );
    rtc.write(0x10, 1);
    rtc.write(4, 1003);
    assert.equal(rtc.alarm, 3);
    seconds = 3;
    rtc.tick();
    assert.equal(level, true);
    rtc.write(0x1c, 1);
    assert.equal(level, false);
  });
});

test('PL061: an address masks the data it reads and writes; inputs raise edge interrupts', () => {
  let level = false;
  const gpio = new Pl061((on) => {
    level = on;
  });
  gpio.write(0x400, 0xff);
  gpio.write(0x3fc, 0xa5);
  assert.equal(gpio.read(0x3fc), 0xa5);
  assert.equal(gpio.read(0x0f << 2), 0x05);
  gpio.write(0x400, 0);
  gpio.write(0x410, 8);
  gpio.write(0x40c, 8);
  gpio.setInput(3, true);
  assert.equal(level, true);
  gpio.write(0x41c, 8);
  assert.equal(level, false);
});
