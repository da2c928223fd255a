-- AlterTable
ALTER TABLE "load_balancer" ADD COLUMN "hostname" TEXT;

-- Names of zones' load balancers have been kept in this form so far.
UPDATE "load_balancer" SET "hostname" = "name" WHERE "zone_id" IS NOT NULL;

-- DropIndex
DROP INDEX "load_balancer_zone_id_name_key";

-- CreateIndex
CREATE UNIQUE INDEX "load_balancer_zone_id_hostname_key" ON "load_balancer"("zone_id", "hostname");
