-- CreateTable
CREATE TABLE "revision" (
    "number" BIGINT NOT NULL,
    "changes" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "revision_pkey" PRIMARY KEY ("number")
);

-- CreateTable
CREATE TABLE "account" (
    "id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL DEFAULT 'standard',
    "settings" JSONB NOT NULL,
    "created_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "zone" (
    "id" CHAR(32) NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "created_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "zone_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "monitor" (
    "id" CHAR(32) NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "type" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "header" JSONB NOT NULL,
    "port" INTEGER NOT NULL,
    "timeout" INTEGER NOT NULL,
    "retries" INTEGER NOT NULL,
    "interval" INTEGER NOT NULL,
    "consecutive_up" INTEGER NOT NULL,
    "consecutive_down" INTEGER NOT NULL,
    "expected_body" TEXT NOT NULL,
    "expected_codes" TEXT NOT NULL,
    "follow_redirects" BOOLEAN NOT NULL,
    "allow_insecure" BOOLEAN NOT NULL,
    "probe_zone" TEXT NOT NULL,
    "created_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "monitor_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pool" (
    "id" CHAR(32) NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "disabled_at" TIMESTAMPTZ(6),
    "minimum_origins" INTEGER NOT NULL,
    "monitor_id" CHAR(32),
    "check_regions" JSONB,
    "health_sources" JSONB,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "load_shedding" JSONB,
    "origin_steering" JSONB,
    "notification_email" TEXT NOT NULL,
    "notification_filter" JSONB,
    "networks" JSONB,
    "created_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "pool_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "origin" (
    "pool_id" CHAR(32) NOT NULL,
    "position" INTEGER NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "ip" TEXT,
    "enabled" BOOLEAN NOT NULL,
    "weight" DOUBLE PRECISION NOT NULL,
    "port" INTEGER NOT NULL,
    "header" JSONB,
    "flatten_cname" BOOLEAN NOT NULL,
    "virtual_network_id" UUID,
    "disabled_at" TIMESTAMPTZ(6),

    CONSTRAINT "origin_pkey" PRIMARY KEY ("pool_id","position")
);

-- CreateTable
CREATE TABLE "load_balancer" (
    "id" CHAR(32) NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "zone_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "proxied" BOOLEAN NOT NULL,
    "ttl" INTEGER,
    "fallback_pool" CHAR(32) NOT NULL,
    "default_pools" JSONB NOT NULL,
    "region_pools" JSONB NOT NULL,
    "country_pools" JSONB NOT NULL,
    "pop_pools" JSONB NOT NULL,
    "steering_policy" TEXT NOT NULL,
    "session_affinity" TEXT NOT NULL,
    "session_affinity_ttl" INTEGER,
    "session_affinity_attributes" JSONB,
    "random_steering" JSONB,
    "adaptive_routing" JSONB,
    "location_strategy" JSONB,
    "rules" JSONB NOT NULL,
    "networks" JSONB,
    "created_on" TIMESTAMPTZ(6) NOT NULL,
    "modified_on" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "load_balancer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "load_balancer_pool" (
    "load_balancer_id" CHAR(32) NOT NULL,
    "pool_id" CHAR(32) NOT NULL,

    CONSTRAINT "load_balancer_pool_pkey" PRIMARY KEY ("load_balancer_id","pool_id")
);

-- CreateTable
CREATE TABLE "virtual_network" (
    "id" UUID NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "comment" TEXT NOT NULL,
    "is_default" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "virtual_network_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tunnel" (
    "id" UUID NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "name" TEXT NOT NULL,
    "config_src" TEXT NOT NULL,
    "secret" BYTEA NOT NULL,
    "conns_active_at" TIMESTAMPTZ(6),
    "conns_inactive_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "tunnel_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "route" (
    "id" UUID NOT NULL,
    "account_id" CHAR(32) NOT NULL,
    "network" TEXT NOT NULL,
    "virtual_network_id" UUID NOT NULL,
    "tunnel_id" UUID NOT NULL,
    "comment" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "route_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" CHAR(32) NOT NULL,
    "first_name" TEXT,
    "last_name" TEXT,
    "telephone" TEXT,
    "country" TEXT,
    "zipcode" TEXT,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "zone_name_key" ON "zone"("name");

-- CreateIndex
CREATE INDEX "zone_account_id_idx" ON "zone"("account_id");

-- CreateIndex
CREATE INDEX "monitor_account_id_idx" ON "monitor"("account_id");

-- CreateIndex
CREATE INDEX "pool_monitor_id_idx" ON "pool"("monitor_id");

-- CreateIndex
CREATE UNIQUE INDEX "pool_account_id_name_key" ON "pool"("account_id", "name");

-- CreateIndex
CREATE INDEX "origin_account_id_ip_idx" ON "origin"("account_id", "ip");

-- CreateIndex
CREATE INDEX "origin_virtual_network_id_idx" ON "origin"("virtual_network_id");

-- CreateIndex
CREATE INDEX "load_balancer_account_id_idx" ON "load_balancer"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "load_balancer_zone_id_name_key" ON "load_balancer"("zone_id", "name");

-- CreateIndex
CREATE INDEX "load_balancer_pool_pool_id_idx" ON "load_balancer_pool"("pool_id");

-- CreateIndex
CREATE INDEX "virtual_network_account_id_name_idx" ON "virtual_network"("account_id", "name");

-- CreateIndex
CREATE INDEX "tunnel_account_id_name_idx" ON "tunnel"("account_id", "name");

-- CreateIndex
CREATE INDEX "route_virtual_network_id_network_idx" ON "route"("virtual_network_id", "network");

-- CreateIndex
CREATE INDEX "route_tunnel_id_idx" ON "route"("tunnel_id");

-- AddForeignKey
ALTER TABLE "zone" ADD CONSTRAINT "zone_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "monitor" ADD CONSTRAINT "monitor_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pool" ADD CONSTRAINT "pool_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pool" ADD CONSTRAINT "pool_monitor_id_fkey" FOREIGN KEY ("monitor_id") REFERENCES "monitor"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "origin" ADD CONSTRAINT "origin_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pool"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "origin" ADD CONSTRAINT "origin_virtual_network_id_fkey" FOREIGN KEY ("virtual_network_id") REFERENCES "virtual_network"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "load_balancer" ADD CONSTRAINT "load_balancer_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "load_balancer" ADD CONSTRAINT "load_balancer_zone_id_fkey" FOREIGN KEY ("zone_id") REFERENCES "zone"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "load_balancer_pool" ADD CONSTRAINT "load_balancer_pool_load_balancer_id_fkey" FOREIGN KEY ("load_balancer_id") REFERENCES "load_balancer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "load_balancer_pool" ADD CONSTRAINT "load_balancer_pool_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pool"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "virtual_network" ADD CONSTRAINT "virtual_network_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tunnel" ADD CONSTRAINT "tunnel_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "route" ADD CONSTRAINT "route_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "route" ADD CONSTRAINT "route_virtual_network_id_fkey" FOREIGN KEY ("virtual_network_id") REFERENCES "virtual_network"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "route" ADD CONSTRAINT "route_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
