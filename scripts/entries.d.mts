export function specs(root?: URL): { folder: string; file: string; doc: string; name: string; module: string | undefined }[];
