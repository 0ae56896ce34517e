/** ESR_ELx row by row: exception classes, status codes, layouts of ISS. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DescribedField, describeSyndrome, describe as fieldsOf, registerNamed } from '../../../emulator/isa/registers/describe.ts';

const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
const find = (fields: readonly DescribedField[], name: string): DescribedField | undefined =>
  fields.reduce<DescribedField | undefined>(
    (found, field) => found ?? (field.name === name ? field : find(field.children, name)),
    undefined,
  );
/** Leaves and their bits. */
const layout = (field: DescribedField | undefined): string =>
  (field?.children ?? []).map((child) => (child.children.length > 0 ? layout(child) : `${child.name}[${child.bits}]`)).join(' ');
const esrOf = (ec: number, iss = 0n): bigint => (BigInt(ec) << 26n) | iss;

const classes: readonly (readonly [number, string])[] = [
  [0x00, 'unknown reason'],
  [0x01, 'trapped WFI or WFE'],
  [0x03, 'trapped MCR or MRC, coproc 0b1111'],
  [0x04, 'trapped MCRR or MRRC, coproc 0b1111'],
  [0x05, 'trapped MCR or MRC, coproc 0b1110'],
  [0x06, 'trapped LDC or STC'],
  [0x07, 'access to SVE, Advanced SIMD or floating-point trapped by CPACR or CPTR'],
  [0x08, 'trapped VMRS'],
  [0x09, 'trapped pointer authentication instruction'],
  [0x0a, 'trapped LD64B, ST64B or other instruction'],
  [0x0c, 'trapped MRRC, coproc 0b1110'],
  [0x0d, 'branch target exception'],
  [0x0e, 'illegal execution state'],
  [0x11, 'SVC in AArch32 state'],
  [0x12, 'HVC in AArch32 state'],
  [0x13, 'SMC in AArch32 state'],
  [0x14, 'trapped MSRR, MRRS or 128-bit system instruction'],
  [0x15, 'SVC in AArch64 state'],
  [0x16, 'HVC in AArch64 state'],
  [0x17, 'SMC in AArch64 state'],
  [0x18, 'trapped MSR, MRS or system instruction'],
  [0x19, 'access to SVE trapped'],
  [0x1a, 'trapped ERET, ERETAA or ERETAB'],
  [0x1b, 'trapped TSTART'],
  [0x1c, 'pointer authentication failure'],
  [0x1d, 'access to SME trapped'],
  [0x1e, 'granule protection check'],
  [0x1f, 'IMPLEMENTATION DEFINED exception to EL3'],
  [0x20, 'instruction abort from a lower Exception level'],
  [0x21, 'instruction abort from the current Exception level'],
  [0x22, 'PC alignment fault'],
  [0x24, 'data abort from a lower Exception level'],
  [0x25, 'data abort from the current Exception level'],
  [0x26, 'SP alignment fault'],
  [0x27, 'memory copy or memory set exception'],
  [0x28, 'trapped floating-point exception in AArch32 state'],
  [0x2c, 'trapped floating-point exception in AArch64 state'],
  [0x2d, 'guarded control stack exception'],
  [0x2f, 'SError interrupt'],
  [0x30, 'breakpoint from a lower Exception level'],
  [0x31, 'breakpoint from the current Exception level'],
  [0x32, 'software step from a lower Exception level'],
  [0x33, 'software step from the current Exception level'],
  [0x34, 'watchpoint from a lower Exception level'],
  [0x35, 'watchpoint from the current Exception level'],
  [0x38, 'BKPT in AArch32 state'],
  [0x3a, 'vector catch in AArch32 state'],
  [0x3c, 'BRK in AArch64 state'],
  [0x3d, 'profiling exception'],
];

describe('exception classes', () => {
  for (const [ec, name] of classes)
    test(`esr §2: EC ${hex(ec)}: ${name}`, () => assert.equal(find(describeSyndrome(esrOf(ec)), 'EC')?.meaning, name));
  test('esr §2: every other EC is reserved', () => {
    for (let ec = 0; ec < 64; ec++)
      if (!classes.some(([known]) => known === ec))
        assert.match(find(describeSyndrome(esrOf(ec)), 'EC')?.meaning ?? 'reserved', /reserved/i, hex(ec));
  });
});

const levels = (first: number, what: string): [number, string][] => [0, 1, 2, 3].map((level) => [first + level, `${what}, level ${level}`]);
const codes: readonly (readonly [number, string])[] = [
  ...levels(0x00, 'address size fault'),
  ...levels(0x04, 'translation fault'),
  ...levels(0x08, 'access flag fault'),
  ...levels(0x0c, 'permission fault'),
  [0x10, 'synchronous external abort'],
  [0x11, 'synchronous tag check fault'],
  [0x12, 'synchronous external abort on table walk, level -2'],
  [0x13, 'synchronous external abort on table walk, level -1'],
  ...levels(0x14, 'synchronous external abort on table walk'),
  [0x18, 'synchronous parity or ECC error'],
  [0x1a, 'synchronous parity or ECC error on table walk, level -2'],
  [0x1b, 'synchronous parity or ECC error on table walk, level -1'],
  ...levels(0x1c, 'synchronous parity or ECC error on table walk'),
  [0x21, 'alignment fault'],
  [0x22, 'debug exception; on an abort: granule protection fault on table walk, level -2'],
  [0x23, 'granule protection fault on table walk, level -1'],
  ...levels(0x24, 'granule protection fault on table walk'),
  [0x28, 'granule protection fault'],
  [0x29, 'address size fault, level -1'],
  [0x2a, 'translation fault, level -2'],
  [0x2b, 'translation fault, level -1'],
  [0x2c, 'address size fault, level -2'],
  [0x30, 'TLB conflict abort'],
  [0x31, 'unsupported atomic hardware update fault'],
  [0x34, 'IMPLEMENTATION DEFINED fault (lockdown)'],
  [0x35, 'IMPLEMENTATION DEFINED fault (unsupported exclusive or atomic access)'],
];
/** Codes that only data accesses have. */
const dataOnly: ReadonlySet<number> = new Set([0x11, 0x21, 0x35]);

describe('status codes', () => {
  for (const [code, name] of codes)
    test(`esr §3: ${hex(code)}: ${name}`, () => {
      assert.equal(find(describeSyndrome(esrOf(0x24, BigInt(code))), 'DFSC')?.meaning, name);
      if (!dataOnly.has(code)) assert.equal(find(describeSyndrome(esrOf(0x20, BigInt(code))), 'IFSC')?.meaning, name);
    });
});

const transfer = 'VNCR[13] LST[12:11] FnV[10] EA[9] CM[8] S1PTW[7] WnR[6] DFSC[5:0]';
const coprocessor = 'CV[24] COND[23:20] Opc2[19:17] Opc1[16:14] CRn[13:10] Rt[9:5] CRm[4:1] Direction[0]';
const coprocessor64 = 'CV[24] COND[23:20] Opc1[19:16] Rt2[14:10] Rt[9:5] CRm[4:1] Direction[0]';
const floatingPoint = 'TFV[23] VECITR[10:8] IDF[7] IXF[4] UFF[3] OFF[2] DZF[1] IOF[0]';
const watchpoint = 'WPT[23:18] WPTV[17] WPF[16] FnP[15] VNCR[13] FnV[10] CM[8] WnR[6] DFSC[5:0]';

/** What it is, class, ISS that chooses, fields. */
const layouts: readonly (readonly [string, number, bigint, string])[] = [
  ['data abort, ISV = 1', 0x24, 1n << 24n, `ISV[24] SAS[23:22] SSE[21] SRT[20:16] SF[15] AR[14] ${transfer}`],
  ['data abort, ISV = 0: TopLevel', 0x24, 0x0fn, `ISV[24] TopLevel[21] ${transfer}`],
  ['data abort, DFSC 0x10: SET', 0x25, 0x10n, `ISV[24] TopLevel[21] ${transfer.replace('LST', 'SET')}`],
  ['instruction abort', 0x20, 0n, 'SET[12:11] FnV[10] EA[9] S1PTW[7] IFSC[5:0]'],
  ['SVC', 0x15, 0n, 'imm16[15:0]'],
  ['HVC', 0x16, 0n, 'imm16[15:0]'],
  ['SMC', 0x17, 0n, 'imm16[15:0]'],
  ['SMC of AArch32', 0x13, 0n, 'CV[24] COND[23:20] CCKNOWNPASS[19]'],
  ['MSR, MRS, SYS', 0x18, 0n, 'Register[21:1] Op0[21:20] Op2[19:17] Op1[16:14] CRn[13:10] Rt[9:5] CRm[4:1] Direction[0]'],
  ['coprocessor 15, 32 bits', 0x03, 0n, coprocessor],
  ['coprocessor 14, 32 bits', 0x05, 0n, coprocessor],
  ['VMRS', 0x08, 0n, coprocessor],
  ['coprocessor 15, 64 bits', 0x04, 0n, coprocessor64],
  ['coprocessor 14, 64 bits', 0x0c, 0n, coprocessor64],
  ['LDC and STC', 0x06, 0n, 'CV[24] COND[23:20] imm8[19:12] Rn[9:5] Offset[4] AM[3:1] Direction[0]'],
  ['WFx', 0x01, 0n, 'CV[24] COND[23:20] RN[9:5] RV[2] TI[1:0]'],
  ['FP and SIMD access', 0x07, 0n, 'CV[24] COND[23:20]'],
  ['SVE access', 0x19, 0n, 'CV[24] COND[23:20]'],
  ['SME', 0x1d, 0n, 'SMTC[2:0]'],
  ['SError, IDS = 0', 0x2f, 0x11n, 'IDS[24] WnRV[18] WnR[17] WU[16:15] IESB[13] AET[12:10] EA[9] DFSC[5:0]'],
  ['SError, IDS = 1', 0x2f, 1n << 24n, 'IDS[24] IMPLEMENTATION_DEFINED[23:0]'],
  ['breakpoint', 0x30, 0n, 'IFSC[5:0]'],
  ['software step', 0x32, 0n, 'ISV[24] EX[6] IFSC[5:0]'],
  ['watchpoint', 0x34, 0n, watchpoint],
  ['vector catch', 0x3a, 0n, 'IFSC[5:0]'],
  ['BKPT', 0x38, 0n, 'imm16[15:0]'],
  ['BRK', 0x3c, 0n, 'Comment[15:0]'],
  ['PC alignment', 0x22, 0n, ''],
  ['SP alignment', 0x26, 0n, ''],
  ['illegal state', 0x0e, 0n, ''],
  ['unknown reason', 0x00, 0n, ''],
  ['PAC trap', 0x09, 0n, ''],
  ['PAC failure', 0x1c, 0n, 'Data[1] Key[0]'],
  ['branch target', 0x0d, 0n, 'BTYPE[1:0]'],
  ['ERET', 0x1a, 0n, 'ERET[1] ERETA[0]'],
  ['LD64B, ST64B and others', 0x0a, 0n, 'Instruction[24:0]'],
  ['floating-point exception, AArch32', 0x28, 0n, floatingPoint],
  ['floating-point exception, AArch64', 0x2c, 0n, floatingPoint],
  [
    'memory copy and set',
    0x27,
    0n,
    'MemInst[24] isSETG[23] Options[22:19] FromEpilogue[18] WrongOption[17] OptionA[16] DestReg[14:10] SrcReg[9:5] SizeReg[4:0]',
  ],
  ['guarded control stack', 0x2d, 0n, 'ExType[23:20] Raddr[14:10] Rn/Rvalue[9:5] IT[4:0]'],
];

describe('layouts of ISS', () => {
  for (const [what, ec, iss, fields] of layouts)
    test(`esr §4: ${what}: ${fields || 'no fields'}`, () => assert.equal(layout(find(describeSyndrome(esrOf(ec, iss)), 'ISS')), fields));

  const meanings: readonly (readonly [string, number, bigint, string, RegExp])[] = [
    ['SET 0 is UER', 0x24, 0x10n, 'SET', /UER/],
    ['SET 2 is UC', 0x24, 0x1010n, 'SET', /UC/],
    ['SET 3 is UEO', 0x24, 0x1810n, 'SET', /UEO/],
    ['AET 0 is UC', 0x2f, 0x11n, 'AET', /UC/],
    ['AET 1 is UEU', 0x2f, 0x411n, 'AET', /UEU/],
    ['AET 2 is UEO', 0x2f, 0x811n, 'AET', /UEO/],
    ['AET 3 is UER', 0x2f, 0xc11n, 'AET', /UER/],
    ['AET 6 is CE', 0x2f, 0x1811n, 'AET', /CE/],
    ['DFSC 0x11 of an SError is asynchronous', 0x2f, 0x11n, 'DFSC', /asynchronous SError/],
    ['DFSC 0 of an SError is uncategorized', 0x2f, 0n, 'DFSC', /uncategori[sz]ed/],
    ['SAS 0 is a byte', 0x24, 1n << 24n, 'SAS', /byte/],
    ['SAS 3 is a doubleword', 0x24, (1n << 24n) | (3n << 22n), 'SAS', /doubleword/],
    ['SRT 31 is ZR', 0x24, (1n << 24n) | (31n << 16n), 'SRT', /ZR/],
    ['TI 0 is WFI', 0x01, 0n, 'TI', /^WFI$/],
    ['TI 1 is WFE', 0x01, 1n, 'TI', /^WFE$/],
    ['TI 2 is WFIT', 0x01, 2n, 'TI', /^WFIT$/],
    ['TI 3 is WFET', 0x01, 3n, 'TI', /^WFET$/],
    ['Direction 1 is a read', 0x18, 1n, 'Direction', /read/],
    ['breakpoint, step and watchpoint have status 0x22', 0x32, 0x22n, 'IFSC', /debug exception/],
  ];
  for (const [what, ec, iss, field, meaning] of meanings)
    test(`esr §4: ${what}`, () => assert.match(find(describeSyndrome(esrOf(ec, iss)), field)?.meaning ?? '', meaning));

  test('esr §4: ISS2 of aborts: HDBSSF 43, TnD 42, TagAccess 41, GCS 40, AssuredOnly 39, Overlay 38, DirtyBit 37, Xs 36:32', () =>
    assert.equal(
      layout(find(describeSyndrome(esrOf(0x24)), 'ISS2')),
      'HDBSSF[43] TnD[42] TagAccess[41] GCS[40] AssuredOnly[39] Overlay[38] DirtyBit[37] Xs[36:32]',
    ));
});

describe('registers beside', () => {
  const fields = (name: string): string =>
    fieldsOf(registerNamed(name)!.fields!, 0n)
      .map((f) => `${f.name}[${f.bits}]`)
      .join(' ');
  test('esr §1: ESR: ISS2 55:32, EC 31:26, IL 25, ISS 24:0; the rest is unknown where it is not 0', () => {
    assert.deepEqual(
      describeSyndrome(0n).map((f) => `${f.name}[${f.bits}]`),
      ['ISS2[55:32]', 'EC[31:26]', 'IL[25]', 'ISS[24:0]'],
    );
  });
  test('esr §5: HPFAR_EL2: NS 63, FIPA 47:4, which is IPA[55:12]', () => {
    assert.equal(fields('hpfar'), 'NS[63] FIPA[47:4]');
    assert.equal(find(fieldsOf(registerNamed('hpfar')!.fields!, 0x40_0810n), 'FIPA')?.meaning, 'IPA 0x40081000');
  });
  test('esr §5: VSESR_EL2: IDS 24, ISS 23:0', () => assert.equal(fields('VSESR_EL2'), 'IDS[24] ISS[23:0]'));
  test('esr §5: DISR_EL1: A 31, IDS 24, AET 12:10, EA 9, DFSC 5:0', () =>
    assert.equal(fields('DISR_EL1'), 'A[31] IDS[24] AET[12:10] EA[9] DFSC[5:0]'));
});
