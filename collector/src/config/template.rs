//! The commented configuration that `collector init` writes.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Every key with a comment. A test reads it back with the strict reader.
pub const TEMPLATE: &str = r#"# Configuration of one evidence chain: one tenant in one environment.
# Relative paths start at the folder of this file. Unknown keys are refused.

# Name of the chain. It never changes; evidence of another origin is refused in it.
origin = "evidence.example.com/acme-corp/production"

[tenant]
region = "us-east-1"
# The organization that must answer. If another one does, the cycle fails and says so.
organization_id = "00000000-0000-0000-0000-000000000000"
subdomain = "acme-corp"
# Replaces {domain} in the addresses of the platform profile.
domain = "mypurecloud.com"
# Only for a gateway or a test server; plain http is accepted for 127.0.0.1 alone.
# api_base = "https://api.example.com"
# sign_in_base = "https://login.example.com"

[identity]
# A service identity with read-only permissions, never a person's account.
service_account_id = "svc-evidence-collector-01"
client_id = "00000000-0000-0000-0000-000000000000"
# Where the secret is, never the secret itself: file:PATH, which only its owner may read, or
# aws-secretsmanager:NAME-OR-ARN, or azure-keyvault:https://VAULT.vault.azure.net/secrets/NAME; with #KEY for
# one member of a JSON object. env:NAME works too, with a warning: a variable is seen by too many.
client_secret = "env:COLLECTOR_CLIENT_SECRET"

[schedule]
# Name of the cycle as it stands in the evidence.
cycle = "daily_0800"
# Minute, hour, day of month, month, day of week; always UTC.
cron = "0 8 * * *"
# A cycle may start this long after its slot. Later, the slot counts as missed.
tolerance_seconds = 14400
# Waited before reading, so that changes can reach the whole platform. Stated in the evidence.
propagation_wait_seconds = 0

[rules]
# reference, genesys-cloud, or the path of your own profile.
profile = "genesys-cloud"
# "built-in", or the path of your own folder. A change needs `collector approve`.
schemas = "built-in"
policies = "built-in"

[inputs]
# Registers that policies read, one JSON file each, e.g. schedule-approvals.json.
# folder = "inputs"

[store]
# Folder of the evidence. Nothing in it is ever overwritten.
# A folder has no storage class, object lock, retention or key: the evidence records null.
root = "evidence"
# Or a bucket with object lock; `collector store plan` prints one, `collector doctor` examines it.
# root = "s3://acme-evidence/soc2"
# Days in which nobody can delete what was written. Under COMPLIANCE they can never be shortened.
# retention_days = 400
# COMPLIANCE, or GOVERNANCE, which privileged users can bypass.
# object_lock_mode = "COMPLIANCE"
# A hold on every object, besides, until a person lifts it.
# legal_hold = false
# STANDARD, STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR.
# storage_class = "STANDARD"
# Id or ARN of the KMS key that encrypts every object. Without it the bucket's default applies.
# encryption_key_id = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# Or a container with version-level immutability in Azure, with retention_days and legal_hold as above.
# root = "https://acme.blob.core.windows.net/evidence/soc2"
# Locked, which nobody can shorten, or Unlocked, which privileged users can.
# immutability_mode = "Locked"
# Hot, Cool or Cold.
# access_tier = "Hot"
# Scope of the account that encrypts every blob. Without it the container's default applies.
# encryption_scope = "evidence"
# Folder of this machine, for the collector alone, in which cycles wait while the store cannot be reached. They are
# committed in their order by the next run, or by `collector store flush`. Without it such a cycle is not sealed.
# spool = "/var/lib/collector/spool"

[signing]
# Where the private key is that signs every checkpoint of the chain, never the key itself:
# any place of a secret, as for client_secret, e.g. file:PATH.
# Make one with `collector key generate --config FILE --out keys/log.key` before the first run.
# A key that never leaves AWS KMS is aws-kms:KEY-ID-OR-ALIAS-OR-ARN; make it with
# `aws kms create-key --key-spec ECC_NIST_EDWARDS25519 --key-usage SIGN_VERIFY`.
# Without a key the chain is not signed: whoever owns the store can then rewrite it unseen.
# key = "file:keys/log.key"

[aws]
# Only for evidence or keys at AWS. What is absent follows AWS's own order: environment, profile files, role.
# region = "eu-central-1"
# profile = "evidence"
# Only for a gateway or a test server; plain http is accepted for 127.0.0.1 alone.
# endpoint_url = "https://aws.example.com"

[azure]
# Only for evidence or secrets in Azure. What is absent follows Azure's own variables (AZURE_TENANT_ID,
# AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE), then the machine's managed identity.
# tenant_id = "00000000-0000-0000-0000-000000000000"
# client_id = "00000000-0000-0000-0000-000000000000"
# Where the application's secret is: file:PATH or env:NAME.
# client_secret = "file:keys/azure-secret"
# Where a shared access signature for the container is, in place of an identity.
# sas = "file:keys/azure-sas"
# Resource id of the storage account, so that `collector doctor` can ask how it is set.
# account_id = "/subscriptions/…/resourceGroups/…/providers/Microsoft.Storage/storageAccounts/…"
# Only for another cloud or a test server; plain http is accepted for 127.0.0.1 alone.
# authority_host = "https://login.microsoftonline.com"
# management_url = "https://management.azure.com"

[timestamp]
# A time-stamping authority (RFC 3161) of your choice, asked for a token over every checkpoint.
# It learns a digest and nothing else. While it is down, records say so and later runs ask again.
# url = "http://timestamp.example.com"
# Seconds it has for an answer, 1 to 60.
# timeout_seconds = 10

[genesis]
# Who approved the rules that the chain starts with.
approved_by = "security.officer@example.com"
ticket = "CHG-0001"
reason = "first approval of profile, schemas, policies and schedule"
"#;

/// Writes the template to a new file; an existing one is never touched.
pub fn write_template(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(TEMPLATE.as_bytes())?;
    file.sync_all()
}
