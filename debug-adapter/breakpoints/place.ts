import type { Expression } from '../../emulator/machine/expression/ast.ts';
import { parseExpression } from '../../emulator/machine/expression/parser.ts';
import type { AddressSpace } from '../../emulator/machine/machine.ts';
import { memoryReference, parseMemoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { Guest, NamedGuest } from '../session-state.ts';
import { imageStart } from '../symbols/kernel-image.ts';
import type { Resolution } from './book.ts';
import { type ConditionTexts, parseConditions } from './conditions.ts';

/** Where a breakpoint goes. */
export interface Place {
  readonly space: AddressSpace;
  readonly address: bigint;
}

/**
 * The place of a function. One of the kernel image is put on the guest physical address it was loaded to: it then stops before the MMU is on and wherever KASLR
 * maps the image. Others are virtual. Also takes an address (`va:0x…`) and `symbol + offset`. Throws RequestError.
 */
export function placeOfFunction(text: string, guest: NamedGuest): Place {
  const name = text.trim();
  const symbol = guest.symbols.find(name);
  if (symbol) return imagePlace(symbol.address, guest) ?? { space: 'va', address: symbol.address };
  if (/^(va|ipa|pa):/i.test(name)) return parseMemoryReference(name);
  const link = constant(parseLinkAddress(name, guest));
  if (link === undefined)
    throw new RequestError(`"${name}" is no address that stays the same: name a symbol, symbol + offset or an address`);
  return imagePlace(link, guest) ?? { space: 'va', address: link };
}

function parseLinkAddress(text: string, guest: NamedGuest): Expression {
  const hint = guest.symbols.size === 0 ? ' (no symbols are loaded: give "symbols" in the launch configuration)' : '';
  try {
    return parseExpression(text, {
      ...guest.names,
      register: () => undefined,
      event: () => undefined,
      symbol: (name) => guest.symbols.find(name)?.address,
    });
  } catch (error) {
    throw new RequestError(`${(error as Error).message.replace('register or symbol', 'function')}${hint}`);
  }
}

/** Where an address of the kernel image was loaded; undefined for what is not in the image. */
export function imagePlace(address: bigint, { symbols, loaded }: NamedGuest): Place | undefined {
  const start = imageStart(symbols);
  if (start === undefined || address < start) return undefined;
  const offset = address - start;
  return offset < BigInt(loaded.size) ? { space: 'ipa', address: loaded.base + offset } : undefined;
}

function constant(e: Expression): bigint | undefined {
  if (e.kind === 'number') return e.value;
  if (e.kind !== 'binary' || (e.operator !== '+' && e.operator !== '-')) return undefined;
  const left = constant(e.left);
  const right = constant(e.right);
  if (left === undefined || right === undefined) return undefined;
  return BigInt.asUintN(64, e.operator === '+' ? left + right : left - right);
}

/** A breakpoint at a place with its conditions, or the reason why it is none. */
export function resolveAt(
  id: number,
  texts: ConditionTexts,
  guest: Guest,
  where: () => Place,
  extra: (place: Place) => object = () => ({}),
): Resolution {
  try {
    const { space, address } = where();
    if (address % 4n !== 0n) throw new RequestError(`0x${address.toString(16)} is no multiple of 4: instructions are`);
    const conditions = parseConditions(texts, guest.names);
    return {
      shown: { verified: true, instructionReference: memoryReference({ space, address }), ...extra({ space, address }) },
      breakpoint: { id, space, address, ...conditions },
    };
  } catch (error) {
    return { shown: { verified: false, message: (error as Error).message, reason: 'failed' } };
  }
}
