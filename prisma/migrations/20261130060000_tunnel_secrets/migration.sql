-- CreateTable
CREATE TABLE "tunnel_secret" (
    "tunnel_id" UUID NOT NULL,
    "secret" BYTEA NOT NULL,

    CONSTRAINT "tunnel_secret_pkey" PRIMARY KEY ("tunnel_id")
);

INSERT INTO "tunnel_secret" ("tunnel_id", "secret") SELECT "id", "secret" FROM "tunnel";

-- AddForeignKey
ALTER TABLE "tunnel_secret" ADD CONSTRAINT "tunnel_secret_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "tunnel" DROP COLUMN "secret";

-- AlterTable
ALTER TABLE "tunnel_configuration" ALTER COLUMN "config" DROP NOT NULL;

-- No configuration has been JSON's null so far.
UPDATE "tunnel_configuration" SET "config" = NULL WHERE "config" = 'null';
