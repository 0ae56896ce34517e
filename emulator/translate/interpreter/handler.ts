import { OperationEmitter } from '../ir/emitter.ts';
import type { Surroundings } from '../ir/surroundings.ts';
import type { Handler, HandlerTable } from './handlers.ts';
import { RecordReading } from './record-reading.ts';

/** A handler's place: beside what every operation needs, the record it reads and the short way to another record of its page. */
export interface HandlerSurroundings extends Surroundings {
  /** Local that holds the address of the record. */
  readonly record: number;
  /** i32 distance in records' bytes, from the next record, on the stack. */
  jumpNear(): void;
}

/** A combination of statics that the operation refuses is never decoded; should it be, it stops loudly. */
export function emitHandler(surroundings: HandlerSurroundings, table: HandlerTable, handler: Handler): void {
  let recorded: ReturnType<HandlerTable['recorded']>;
  try {
    recorded = table.recorded(handler.number, handler);
  } catch {
    surroundings.exit('unimplemented');
    return;
  }
  const reading = new RecordReading(surroundings.code, surroundings.record, recorded.layout, handler.near, surroundings);
  new OperationEmitter(surroundings, reading).emit(recorded.operation);
}
