export type Random = () => number;
export function randomOf(seed: number): Random;
export function pick<T>(random: Random, list: readonly T[]): T;
export function validExpression(random: Random, kind: 'http' | 'dns', depth?: number): string;
export function tokenSoup(random: Random): string;
export function mutatedExpression(random: Random): string;
export function noise(random: Random): string;
