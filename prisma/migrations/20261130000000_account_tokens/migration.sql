-- AlterTable
ALTER TABLE "api_token" ALTER COLUMN "user_id" DROP NOT NULL;
ALTER TABLE "api_token" ADD COLUMN "account_id" CHAR(32);
ALTER TABLE "api_token" ADD COLUMN "creator_email" TEXT;
ALTER TABLE "api_token" ADD COLUMN "last_used_on" TIMESTAMPTZ(6);

-- A token is a user's or an account's.
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_owner" CHECK (num_nonnulls("user_id", "account_id") = 1);

-- CreateIndex
CREATE INDEX "api_token_account_id_idx" ON "api_token"("account_id");

-- AddForeignKey
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
