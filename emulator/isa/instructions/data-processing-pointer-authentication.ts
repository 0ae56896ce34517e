import { type InstructionDefinition, instructions } from '../instruction.ts';
import { addPointerAuthentication, authenticate, pointerKeys, stripPointerAuthentication } from './pointer-authentication-operations.ts';

type Key = keyof typeof pointerKeys;
const keys = Object.keys(pointerKeys) as Key[];

/** PAC* and AUT* with a modifier register, and their forms with modifier zero. */
function forms(key: Key): [string, InstructionDefinition][] {
  const index = pointerKeys[key];
  const opcode = index.toString(2).padStart(2, '0');
  const define = (verb: 'PAC' | 'AUT', zero: boolean): [string, InstructionDefinition] => {
    const name = verb === 'PAC' ? `PAC${zero ? key.replace(/^(.)/, '$1Z') : key}` : `AUT${zero ? key.replace(/^(.)/, '$1Z') : key}`;
    const act = verb === 'PAC' ? addPointerAuthentication : authenticate;
    return [
      name,
      {
        encoding: `1 1 0 1 1 0 1 0 1 1 0 00001 00 ${zero ? 1 : 0} ${verb === 'PAC' ? 0 : 1} ${opcode} ${zero ? '11111' : 'Rn'} Rd`,
        feature: 'FEAT_PAuth',
        assembly: `${name.toLowerCase()} <Xd>${zero ? '' : ', <Xn|SP>'}`,
        operation: (b) => b.setX(1, 'Rd', act(b, b.x(1, 'Rd'), zero ? b.i64(0) : b.xsp(1, 'Rn'), index)),
      },
    ];
  };
  return [define('PAC', false), define('PAC', true), define('AUT', false), define('AUT', true)];
}

const strip = (name: string, data: 0 | 1): InstructionDefinition => ({
  encoding: `1 1 0 1 1 0 1 0 1 1 0 00001 01000 ${data} 11111 Rd`,
  feature: 'FEAT_PAuth',
  assembly: `${name.toLowerCase()} <Xd>`,
  operation: (b) => b.setX(1, 'Rd', stripPointerAuthentication(b, b.x(1, 'Rd'), data)),
});

export const pointerAuthentication = instructions('Data-processing (1 source), pointer authentication', {
  ...Object.fromEntries(keys.flatMap(forms)),
  XPACI: strip('XPACI', 0),
  XPACD: strip('XPACD', 1),
});
