/** The text in a LIKE pattern, which is what Prisma makes of `contains` and the like: there `%`, `_` and `\` stand for something else. */
export const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
