/** The filter of what was there at a moment: made by then, and not deleted before. */
export const existedAt = (at: Date) => ({
  createdAt: { lte: at },
  OR: [{ deletedAt: null }, { deletedAt: { gt: at } }],
});
