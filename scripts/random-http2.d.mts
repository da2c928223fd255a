import type { Reader } from './frame-readers.mjs';
import type { Random } from './random-expressions.mjs';
export function randomHttp2(random: Random): Buffer;
export function headerBlock(random: Random): Buffer;
export const FRAME_READERS: Readonly<Record<string, Reader>>;
export const BLOCK_READERS: Readonly<Record<string, Reader>>;
export function isReadableHttp2(reader: Reader, chunks: readonly Buffer[]): boolean;
