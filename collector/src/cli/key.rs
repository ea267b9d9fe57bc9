//! The command line of `collector key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigArgument, Decision};

/// Subcommands of `key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a private key for the chain, in a file that only its owner may read.
    #[command(
        after_help = "A key can be kept by a service instead. In AWS KMS, where it never leaves the service; then name it as \
                      key = \"aws-kms:ID\":\n  aws kms create-key --key-spec ECC_NIST_EDWARDS25519 --key-usage \
                      SIGN_VERIFY\nOr in AWS Secrets Manager, as key = \"aws-secretsmanager:NAME\"; delete the file \
                      afterwards:\n  aws secretsmanager create-secret --name NAME --secret-string \
                      file://keys/log.key\nOr in Azure Key Vault, as key = \"azure-keyvault:https://VAULT.vault.azure.net/secrets/NAME\":\n  \
                      az keyvault secret set --vault-name VAULT --name NAME --file keys/log.key\n\nExample:\n  collector key generate --config collector.toml --out \
                      keys/log.key"
    )]
    Generate {
        /// The chain; its origin becomes the name of the key.
        #[command(flatten)]
        config: ConfigArgument,
        /// File to write; an existing one is never touched.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show the public key and since which record it signs.
    #[command(after_help = "Examples:\n  collector key show --config collector.toml\n  collector key show \
                      --config collector.toml --pem > log.pem")]
    Show {
        /// The chain.
        #[command(flatten)]
        config: ConfigArgument,
        /// Only the key in force, as PEM, for tools like openssl.
        #[arg(long)]
        pem: bool,
    },
    /// Change the chain's key: a record that both keys sign.
    #[command(
        after_help = "The configuration names the outgoing key until the change is done, the new one afterwards. \
                      A change that\nbroke off is completed by the same command. On a chain that is not signed the \
                      new key signs from then on.\n\nExamples:\n  collector key rotate --config collector.toml \
                      --new file:keys/next.key --by j.doe --ticket CHG-50 --reason \"yearly change\"\n  collector \
                      key rotate --config collector.toml --new file:keys/next.key --emergency --by j.doe --ticket \
                      INC-9 \\\n    --reason \"the old key was lost\""
    )]
    Rotate(RotateArguments),
}

/// Arguments of `key rotate`.
#[derive(Debug, Args)]
pub struct RotateArguments {
    /// The chain.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Where the new private key is: `file:PATH`, `aws-kms:KEY`, `aws-secretsmanager:NAME`, `azure-keyvault:ADDRESS`
    /// or `env:NAME`. Never the key itself.
    #[arg(long, value_name = "SOURCE")]
    pub new: String,
    /// The outgoing key is lost or stolen and cannot sign: a finding for ever.
    #[arg(long)]
    pub emergency: bool,
    /// Who, ticket, why.
    #[command(flatten)]
    pub decision: Decision,
}
