-- Tunnels may take each other's names in one statement: a name is looked at when it ends, not at each row.
DROP INDEX "magic_tunnel_account_id_kind_name_key";
ALTER TABLE "magic_tunnel" ADD CONSTRAINT "magic_tunnel_account_id_kind_name_key"
  UNIQUE ("account_id", "kind", "name") DEFERRABLE INITIALLY IMMEDIATE;
