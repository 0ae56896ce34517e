export function scriptedSession(program: string): Promise<void>;
