import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Btf } from '../../../../debug-adapter/symbols/btf/btf.ts';
import { findBtf } from '../../../../debug-adapter/symbols/btf/find.ts';
import { declaration, definition, typeName } from '../../../../debug-adapter/symbols/declaration.ts';
import { memberOf, sizeOf, stripped, type Type, TypeInformationError } from '../../../../debug-adapter/symbols/types.ts';
import { bpftoolDump, skipWithoutBpftool } from './bpftool.ts';
import { rawDump } from './raw-dump.ts';
import { everyKind, type WrittenType, writeBtf } from './write.ts';

const btf = new Btf(writeBtf(everyKind));
const node = btf.find('struct', 'node')!;

describe('BTF', () => {
  it('every kind as bpftool prints it', { skip: skipWithoutBpftool() }, () =>
    assert.deepEqual([...rawDump(btf.records), ''], bpftoolDump(writeBtf(everyKind))),
  );

  it('a struct in C, its anonymous union and bit-fields', () =>
    assert.equal(
      definition(node),
      `struct node {
	struct node *next;
	char comm[16];
	int low: 3;
	colour_t high: 5;
	union {
		unsigned long value;
		void (*handler)(struct node *, ...);
	};
}`.replace('(struct node *, ...)', '(struct node *self, ...)'),
    ));

  it('names of types', () => {
    assert.equal(declaration(memberOf(node, 'handler')!.type, 'f'), 'void (*f)(struct node *self, ...)');
    assert.equal(typeName(memberOf(node, 'comm')!.type), 'char [16]');
    assert.equal(typeName(btf.type(16)), 'struct node *volatile');
    assert.equal(definition(btf.find('enum', 'colour')!), 'enum colour {\n\tNONE = -1,\n\tRED = 0,\n\tGREEN = 7,\n}');
    assert.equal(definition(btf.find('enum', 'wide')!), 'enum wide {\n\tTOP = 9223372036854775809,\n}');
  });

  it('sizes, and members inside anonymous ones', () => {
    assert.equal(sizeOf(node), 48);
    assert.equal(sizeOf(memberOf(node, 'comm')!.type), 16);
    assert.equal(memberOf(node, 'value')!.bitOffset, 256);
    assert.deepEqual([memberOf(node, 'high')!.bitOffset, memberOf(node, 'high')!.bitSize], [195, 5]);
    assert.equal(memberOf(node, 'absent'), undefined);
    assert.equal(memberOf(node, ''), undefined);
  });

  it('a type asked for twice is one object; a tag is what it tags', () => {
    assert.equal(btf.find('struct', 'node'), node);
    assert.equal(btf.type(23), node);
    assert.equal(btf.find('variable', 'runqueue'), node);
    assert.equal(typeName(btf.find('function', 'visit')!), 'void (struct node *self, ...)');
  });

  it('what is only declared says so', () => assert.ok((stripped(btf.type(13)) as { incomplete: boolean }).incomplete));
});

describe('BTF inside an image', () => {
  const many = Array.from({ length: 400 }, (_, i): WrittenType => ({ kind: 'STRUCT', name: `s${i}`, sizeOrType: i }));
  const whole = writeBtf(many);
  it('is told from its magic in code', () => {
    const image = new Uint8Array(16 + 4096 + whole.length + 100);
    image.set([0x9f, 0xeb, 1, 0], 8);
    image.set(whole.subarray(0, 4096), 12);
    image.set(whole, 16 + 4096);
    assert.equal(sizeOf(findBtf(image)!.find('struct', 's399')!), 399);
    assert.ok(findBtf(image, 16 + 4096));
    assert.equal(findBtf(image, 8), undefined);
  });
  it('an image that has none, or the beginning of one', () => {
    assert.equal(findBtf(new Uint8Array(100_000)), undefined);
    assert.equal(findBtf(whole.subarray(0, whole.length - 1)), undefined);
  });
});

describe('damaged BTF', () => {
  const refused = (change: (bytes: Uint8Array, view: DataView) => void, message: RegExp) => () => {
    const bytes = writeBtf(everyKind);
    change(bytes, new DataView(bytes.buffer));
    assert.throws(
      () => new Btf(bytes),
      (error) => error instanceof TypeInformationError && message.test(error.message),
    );
  };
  it(
    'big-endian',
    refused((bytes) => bytes.set([0xeb, 0x9f]), /big-endian/),
  );
  it(
    'another magic',
    refused((bytes) => bytes.set([1, 2]), /begins with 0x201/),
  );
  it(
    'another version',
    refused((bytes) => bytes.set([2], 2), /version 2/),
  );
  it(
    'a kind that is not known',
    refused((bytes) => bytes.set([31], 24 + 7), /kind 31/),
  );
  it(
    'more members than bytes',
    refused((_, view) => view.setUint16(24 + 84 + 4, 0xffff, true), /cut off|not known/),
  );
  it(
    'strings that do not end',
    refused((bytes) => bytes.set([65], bytes.length - 1), /begin and end with 0/),
  );

  it('types that are their own', () => {
    const loops = new Btf(
      writeBtf([
        { kind: 'TYPEDEF', name: 'a', sizeOrType: 2 },
        { kind: 'CONST', sizeOrType: 1 },
        { kind: 'ARRAY', words: [3, 3, 2] },
        { kind: 'TYPE_TAG', name: 't', sizeOrType: 4 },
        { kind: 'STRUCT', name: 'self', length: 1, sizeOrType: 8, words: ['', 5, 0] },
        { kind: 'PTR', sizeOrType: 6 },
        { kind: 'STRUCT', length: 2, sizeOrType: 8, words: ['', 7, 0, '', 7, 64] },
        { kind: 'FUNC_PROTO', length: 2, sizeOrType: 8, words: ['f', 8, 0, 'g', 8, 0].slice(0, 4) },
      ]),
    );
    assert.throws(() => sizeOf(loops.type(1)), TypeInformationError);
    assert.throws(() => sizeOf(loops.type(3)), TypeInformationError);
    assert.throws(() => loops.type(4), TypeInformationError);
    assert.throws(() => memberOf(loops.type(5), 'x'), TypeInformationError);
    assert.throws(() => memberOf(loops.type(7), 'x'), TypeInformationError);
    assert.throws(() => definition(loops.type(7)), TypeInformationError);
    for (let id = 1; id <= 8; id++) if (id !== 4) exercise(loops.type(id));
  });

  it('cut off anywhere, and with random words: an error of ours or an answer, never a crash', () => {
    const whole = writeBtf(everyKind);
    for (let length = 0; length < whole.length; length++) assert.throws(() => new Btf(whole.slice(0, length)), TypeInformationError);
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 1000; round++) {
      const bytes = whole.slice();
      for (let changes = 1 + random(4); changes > 0; changes--) {
        if (random(2)) bytes[random(bytes.length)] = random(256);
        else new DataView(bytes.buffer).setUint32(random(bytes.length / 4 - 1) * 4, random(40), true);
      }
      try {
        const damaged = new Btf(bytes);
        damaged.find('struct', 'node');
        for (let id = 1; id < damaged.records.count; id++) {
          try {
            exercise(damaged.type(id));
          } catch (error) {
            assert.ok(error instanceof TypeInformationError, String(error));
          }
        }
      } catch (error) {
        assert.ok(error instanceof TypeInformationError, String(error));
      }
    }
  });
});

/** What the views do with a type. */
function exercise(type: Type): void {
  for (const ask of [() => definition(type), () => typeName(type), () => sizeOf(type), () => memberOf(type, 'x')]) {
    try {
      ask();
    } catch (error) {
      assert.ok(error instanceof TypeInformationError, String(error));
    }
  }
}
