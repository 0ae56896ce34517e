import { REGION_INFO_OFFSET, regionInfo } from '../layout.ts';
import type { LoopFrame } from './frame.ts';
import { builtinHandlers } from './handlers.ts';
import { pushRegionInfo } from './region-entry.ts';

/**
 * The record has a breakpoint: the host is asked, with the registers where it can read them. If the guest is to stop, the loop is left; otherwise the
 * instruction runs by its own handler, which is kept beside the record: passing over a breakpoint changes no record and drops no region.
 */
export function writeBreakpoint(frame: LoopFrame): void {
  const { code } = frame;
  frame.storeState(() => frame.pushRecordPc());
  code.call(frame.imports.breakpoint);
  code.if();
  frame.leave('breakpoint');
  code.end();
  pushRegionInfo(code, frame.record);
  code.memory('i32.load16_u', REGION_INFO_OFFSET + regionInfo.handler);
  code.tee(frame.handler);
  // Inside this handler only those of higher number are still open; an instruction's own handler always is one.
  const { labels, cold } = frame.handlers;
  const first = builtinHandlers.breakpoint + 1;
  code.i32(first);
  code.op('i32.sub');
  code.brTable(labels.slice(first), cold);
}
