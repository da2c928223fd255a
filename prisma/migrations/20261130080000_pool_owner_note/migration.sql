-- AlterTable
ALTER TABLE "pool" ADD COLUMN "owner_note" TEXT NOT NULL DEFAULT '';
