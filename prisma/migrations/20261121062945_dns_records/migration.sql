-- CreateTable
CREATE TABLE "dns_record" (
    "id" CHAR(32) NOT NULL,
    "zone_id" CHAR(32) NOT NULL,
    "type" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "proxied" BOOLEAN NOT NULL,
    "ttl" INTEGER NOT NULL,
    "settings" JSONB NOT NULL,
    "comment" TEXT,
    "comment_modified_on" TIMESTAMPTZ(6),
    "tags" JSONB NOT NULL,
    "tags_modified_on" TIMESTAMPTZ(6),
    "created_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "dns_record_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "dns_record_zone_id_name_idx" ON "dns_record"("zone_id", "name");

-- AddForeignKey
ALTER TABLE "dns_record" ADD CONSTRAINT "dns_record_zone_id_fkey" FOREIGN KEY ("zone_id") REFERENCES "zone"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
