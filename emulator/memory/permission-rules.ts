import { rightsIndex } from '../isa/descriptor.ts';
import { describeRights, executeNever2, stage1Rights, stage2Rights } from './permissions.ts';

const binary = (value: number, width: number): string => `0b${value.toString(2).padStart(width, '0')}`;

const names: readonly [number, string][] = [
  [1, 'EL1 read'],
  [2, 'EL1 write'],
  [4, 'EL1 execute'],
  [8, 'EL0 read'],
  [16, 'EL0 write'],
  [32, 'EL0 execute'],
];

/** `EL1 read, EL0 write`. */
export const namesOfRights = (rights: number): string =>
  names
    .filter(([bit]) => (rights & bit) !== 0)
    .map(([, name]) => name)
    .join(', ');

const AP = 0x3;
const TABLE = 0xc;
const PXN = 0x10;
const UXN = 0x20;
const EL1_EXECUTE = 4;

/**
 * Why stage 1 gives the rights it gives: what AP[2:1] grants, then every bit that takes something away.
 * @param index Into `stage1Rights`.
 * @param tables The part of it that table descriptors gave (APTable, PXNTable, UXNTable).
 */
export function stage1RightsRules(index: number, tables: number): string[] {
  let used = index & AP;
  let rights = stage1Rights[used]!;
  const rules = [
    `AP[2:1] = ${binary(used, 2)}: ${describeRights(rights)}${rights & EL1_EXECUTE ? '' : ' (EL1 never executes what EL0 can write)'}`,
  ];
  const take = (bits: number, name: string): void => {
    if ((index & bits) === 0) return;
    used |= index & bits;
    const left = stage1Rights[used]!;
    if ((rights & ~left) !== 0) rules.push(`${name} takes ${namesOfRights(rights & ~left)}`);
    if ((left & ~rights) !== 0) rules.push(`${name}: EL0 cannot write, so EL1 may execute`);
    rights = left;
  };
  take(TABLE, `APTable[1:0] = ${binary((index & TABLE) >> 2, 2)}`);
  take(UXN, tables & UXN ? 'UXNTable = 1' : 'UXN = 1');
  take(PXN, tables & PXN ? 'PXNTable = 1' : 'PXN = 1');
  take(rightsIndex.wxn, 'SCTLR_EL1.WXN = 1');
  return rules;
}

/** Why stage 2 gives the rights it gives. @param index Into `stage2Rights`. */
export function stage2RightsRules(index: number): string[] {
  const [s2ap, xn] = [index & 3, index >> 2];
  const data = ['no access', 'read-only', 'write-only', 'read/write'][s2ap];
  return [
    `S2AP[1:0] = ${binary(s2ap, 2)} (${data}), XN[1:0] = ${binary(xn, 2)} (${executeNever2[xn]}): ${describeRights(stage2Rights[index]!)}`,
  ];
}
