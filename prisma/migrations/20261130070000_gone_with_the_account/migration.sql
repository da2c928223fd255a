-- What memory does not hold of an account goes with the row of the account, and of a tunnel or a network with theirs.

-- DropForeignKey
ALTER TABLE "tunnel" DROP CONSTRAINT "tunnel_account_id_fkey";

-- DropForeignKey
ALTER TABLE "route" DROP CONSTRAINT "route_account_id_fkey";

-- DropForeignKey
ALTER TABLE "hostname_route" DROP CONSTRAINT "hostname_route_account_id_fkey";

-- DropForeignKey
ALTER TABLE "subnet" DROP CONSTRAINT "subnet_account_id_fkey";

-- DropForeignKey
ALTER TABLE "virtual_network" DROP CONSTRAINT "virtual_network_account_id_fkey";

-- DropForeignKey
ALTER TABLE "health_event" DROP CONSTRAINT "health_event_account_id_fkey";

-- DropForeignKey
ALTER TABLE "tunnel_configuration" DROP CONSTRAINT "tunnel_configuration_tunnel_id_fkey";

-- DropForeignKey
ALTER TABLE "warp_configuration" DROP CONSTRAINT "warp_configuration_tunnel_id_fkey";

-- DropForeignKey
ALTER TABLE "route" DROP CONSTRAINT "route_tunnel_id_fkey";

-- DropForeignKey
ALTER TABLE "hostname_route" DROP CONSTRAINT "hostname_route_tunnel_id_fkey";

-- DropForeignKey
ALTER TABLE "route" DROP CONSTRAINT "route_virtual_network_id_fkey";

-- AddForeignKey
ALTER TABLE "tunnel" ADD CONSTRAINT "tunnel_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "route" ADD CONSTRAINT "route_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "hostname_route" ADD CONSTRAINT "hostname_route_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subnet" ADD CONSTRAINT "subnet_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "virtual_network" ADD CONSTRAINT "virtual_network_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "health_event" ADD CONSTRAINT "health_event_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tunnel_configuration" ADD CONSTRAINT "tunnel_configuration_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "warp_configuration" ADD CONSTRAINT "warp_configuration_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "route" ADD CONSTRAINT "route_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "hostname_route" ADD CONSTRAINT "hostname_route_tunnel_id_fkey" FOREIGN KEY ("tunnel_id") REFERENCES "tunnel"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "route" ADD CONSTRAINT "route_virtual_network_id_fkey" FOREIGN KEY ("virtual_network_id") REFERENCES "virtual_network"("id") ON DELETE CASCADE ON UPDATE CASCADE;
