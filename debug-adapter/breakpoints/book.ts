import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Breakpoint, DataBreakpoint, ExceptionFilter, ExitFilter, StopPoints } from '../../emulator/machine/machine.ts';
import type { Guest } from '../session-state.ts';

/** What a requested breakpoint became: what the client is told, and what the machine is given. */
export interface Resolution {
  readonly shown: Omit<DebugProtocol.Breakpoint, 'id'>;
  readonly breakpoint?: Breakpoint;
  readonly data?: DataBreakpoint;
  readonly exit?: ExitFilter;
  readonly exception?: ExceptionFilter;
}

/** A breakpoint as it was asked for. It is resolved again when the guest is restarted. */
export interface Wish {
  /** Equal keys are the same breakpoint asked for again: it keeps its number and its hit count. */
  readonly key: string;
  resolve(id: number, guest: Guest): Resolution;
}

interface Entry {
  readonly id: number;
  readonly wish: Wish;
  resolution: Resolution;
}

/** Every breakpoint of the session, by the list the client sets as a whole (a source, functions, instructions, data, exceptions). */
export class BreakpointBook {
  private readonly lists = new Map<string, readonly Entry[]>();
  private nextId = 1;

  /** Replaces a list and arms the machine. */
  async set(list: string, wishes: readonly Wish[], guest: Guest): Promise<DebugProtocol.Breakpoint[]> {
    const before = [...(this.lists.get(list) ?? [])];
    const entries = wishes.map((wish) => {
      const known = before.findIndex((entry) => entry.wish.key === wish.key);
      const id = known >= 0 ? before.splice(known, 1)[0]!.id : this.nextId++;
      return { id, wish, resolution: wish.resolve(id, guest) };
    });
    this.lists.set(list, entries);
    await this.arm(guest);
    return entries.map(shown);
  }

  /** Resolves everything against another guest (a restart); returns what the client should be told. */
  async rebind(guest: Guest): Promise<DebugProtocol.Breakpoint[]> {
    const all = [...this.lists.values()].flat();
    for (const entry of all) entry.resolution = entry.wish.resolve(entry.id, guest);
    await this.arm(guest);
    return all.map(shown);
  }

  private async arm({ machine, configuration }: Guest): Promise<void> {
    const all = configuration.noDebug ? [] : [...this.lists.values()].flat().map((entry) => entry.resolution);
    const points: StopPoints = {
      breakpoints: all.flatMap((r) => r.breakpoint ?? []),
      exits: all.flatMap((r) => r.exit ?? []),
      exceptions: all.flatMap((r) => r.exception ?? []),
      data: all.flatMap((r) => r.data ?? []),
    };
    await machine.setStopPoints(points);
  }
}

const shown = ({ id, resolution }: Entry): DebugProtocol.Breakpoint => ({ id, ...resolution.shown });
