export function makeWorkspace(folder: string): string;
