-- AlterTable
ALTER TABLE "load_balancer" ADD COLUMN     "pool_sets" JSONB NOT NULL DEFAULT '[]',
ALTER COLUMN "zone_id" DROP NOT NULL;

-- AlterTable
ALTER TABLE "pool" ADD COLUMN     "monitor_group_id" CHAR(32);

-- AlterTable
ALTER TABLE "tunnel" ADD COLUMN     "tun_type" TEXT NOT NULL DEFAULT 'cfd_tunnel';

-- AlterTable
ALTER TABLE "zone" ADD COLUMN     "vanity_name_servers" JSONB NOT NULL DEFAULT '[]';

-- CreateTable
CREATE TABLE "monitor_group" (
    "id" CHAR(32) NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "description" TEXT NOT NULL,
    "created_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "monitor_group_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "monitor_group_member" (
    "group_id" CHAR(32) NOT NULL,
    "position" INTEGER NOT NULL,
    "monitor_id" CHAR(32) NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "monitoring_only" BOOLEAN NOT NULL,
    "must_be_healthy" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "monitor_group_member_pkey" PRIMARY KEY ("group_id","position")
);

-- CreateTable
CREATE TABLE "tunnel_configuration" (
    "tunnel_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "config" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "tunnel_configuration_pkey" PRIMARY KEY ("tunnel_id")
);

-- CreateTable
CREATE TABLE "warp_configuration" (
    "tunnel_id" UUID NOT NULL,
    "ha_mode" TEXT NOT NULL,
    "config" JSONB,
    "version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_at" TIMESTAMPTZ(6),

    CONSTRAINT "warp_configuration_pkey" PRIMARY KEY ("tunnel_id")
);

-- CreateTable
CREATE TABLE "hostname_route" (
    "id" UUID NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "hostname" TEXT NOT NULL,
    "tunnel_id" UUID NOT NULL,
    "comment" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "hostname_route_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subnet" (
    "id" UUID NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "network" TEXT NOT NULL,
    "comment" TEXT NOT NULL,
    "is_default" BOOLEAN NOT NULL,
    "subnet_type" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "subnet_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "connectivity_settings" (
    "account_id" CHAR(32) NOT NULL,
    "icmp_proxy_enabled" BOOLEAN NOT NULL,
    "offramp_warp_enabled" BOOLEAN NOT NULL,

    CONSTRAINT "connectivity_settings_pkey" PRIMARY KEY ("account_id")
);

-- CreateTable
CREATE TABLE "magic_tunnel" (
    "id" CHAR(32) NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "fields" JSONB NOT NULL,
    "psk_digest" BYTEA,
    "psk_generated_on" TIMESTAMPTZ(6),
    "created_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "magic_tunnel_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" CHAR(32) NOT NULL,
    "user_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "policies" JSONB NOT NULL,
    "condition" JSONB,
    "issued_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,
    "not_before" TIMESTAMPTZ(6),
    "expires_on" TIMESTAMPTZ(6),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "health_event" (
    "id" BIGSERIAL NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "pool_id" CHAR(32) NOT NULL,
    "pool_name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "pool" JSONB NOT NULL,
    "origins" JSONB NOT NULL,

    CONSTRAINT "health_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "monitor_group_account_id_idx" ON "monitor_group"("account_id");

-- CreateIndex
CREATE INDEX "monitor_group_member_monitor_id_idx" ON "monitor_group_member"("monitor_id");

-- CreateIndex
CREATE INDEX "hostname_route_account_id_hostname_idx" ON "hostname_route"("account_id", "hostname");

-- CreateIndex
CREATE INDEX "hostname_route_tunnel_id_idx" ON "hostname_route"("tunnel_id");

-- CreateIndex
CREATE INDEX "subnet_account_id_idx" ON "subnet"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "magic_tunnel_account_id_kind_name_key" ON "magic_tunnel"("account_id", "kind", "name");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_digest_key" ON "api_token"("digest");

-- CreateIndex
CREATE INDEX "api_token_user_id_idx" ON "api_token"("user_id");

-- CreateIndex
CREATE INDEX "health_event_account_id_at_idx" ON "health_event"("account_id", "at");

-- CreateIndex
CREATE INDEX "pool_monitor_group_id_idx" ON "pool"("monitor_group_id");

-- AddForeignKey
ALTER TABLE "monitor_group" ADD CONSTRAINT "monitor_group_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "monitor_group_member" ADD CONSTRAINT "monitor_group_member_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "monitor_group"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "monitor_group_member" ADD CONSTRAINT "monitor_group_member_monitor_id_fkey" FOREIGN KEY ("monitor_id") REFERENCES "monitor"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pool" ADD CONSTRAINT "pool_monitor_group_id_fkey" FOREIGN KEY ("monitor_group_id") REFERENCES "monitor_group"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tunnel_configuration" ADD CONSTRAINT "tunnel_configuration_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "warp_configuration" ADD CONSTRAINT "warp_configuration_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "hostname_route" ADD CONSTRAINT "hostname_route_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "hostname_route" ADD CONSTRAINT "hostname_route_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subnet" ADD CONSTRAINT "subnet_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "connectivity_settings" ADD CONSTRAINT "connectivity_settings_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "magic_tunnel" ADD CONSTRAINT "magic_tunnel_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "health_event" ADD CONSTRAINT "health_event_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Accounts that are older than subnets get the ones that every new account has; resources/subnets/defaults.ts says the same.
INSERT INTO "subnet" ("id", "account_id", "name", "network", "comment", "is_default", "subnet_type", "created_at")
SELECT gen_random_uuid(), "account"."id", "given"."name", "given"."network", '', "given"."is_default", "given"."subnet_type", "account"."created_on"
FROM "account" CROSS JOIN (VALUES
    ('IPv4 Cloudflare Source IPs', '100.64.0.0/12', false, 'cloudflare_source'),
    ('IPv6 Cloudflare Source IPs', '2606:4700:cf1:5000::/64', false, 'cloudflare_source'),
    ('IPv4 Initial Resolved IPs', '172.64.128.0/20', false, 'initial_resolved_ip'),
    ('IPv6 Initial Resolved IPs', '2606:4700:cf1:4000::/64', false, 'initial_resolved_ip'),
    ('IPv4 Device IPs', '100.96.0.0/12', true, 'warp'),
    ('IPv6 Device IPs', '2606:4700:cf1:1000::/64', false, 'warp')
) AS "given" ("name", "network", "is_default", "subnet_type");
