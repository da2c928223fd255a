export type Reader = (chunks: readonly Buffer[]) => void;
export const READERS: Readonly<Record<string, Reader>>;
export function isReadable(reader: Reader, chunks: readonly Buffer[]): boolean;
