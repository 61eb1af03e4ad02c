export function compile(target: string, files?: string[], extra?: string[]): Promise<Uint8Array<ArrayBuffer>>;
export const modules: Readonly<Record<string, readonly string[]>>;
