-- AlterTable
ALTER TABLE "revision" ADD COLUMN "transaction" UUID;
