import type { Random } from './random-expressions.mjs';
export const originals: readonly Buffer[];
export function randomFrame(random: Random): Buffer;
export function repeated(count: number, words: number): Buffer;
export function inChunks(random: Random, bytes: Buffer): readonly Buffer[];
