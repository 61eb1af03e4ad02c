export function compile(target: string, files?: string[], extra?: string[]): Promise<Uint8Array<ArrayBuffer>>;
