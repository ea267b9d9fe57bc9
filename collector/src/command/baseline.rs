//! `collector baseline show`: which state is approved, and by whom.

use std::io::Write;

use verify_core::model::{ApprovalDocument, Kind};

use super::{CommandError, open};
use crate::chain::{ChainError, StoredPackage, manifest_at};
use crate::cli::{BaselineCommand, Format};
use crate::config::Config;
use crate::exit::Ending;
use crate::session::SessionError;

/// Runs the command.
pub(super) fn run(command: &BaselineCommand, out: &mut dyn Write) -> Result<Ending, CommandError> {
    let BaselineCommand::Show { config, format } = command;
    let session = open::without_key(&Config::read(&config.config)?)?;
    let chain = open::existing_chain(&session)?;
    let Some(approved) = &chain.approved else {
        match format {
            Format::Json => writeln!(out, "null")?,
            Format::Text => writeln!(
                out,
                "no baseline is approved yet\nnext: collector approve baseline --config {} --by … --ticket … --reason …",
                config.config.display()
            )?,
        }
        return Ok(Ending::Done);
    };
    let sequence = approved.baseline.approval_sequence;
    let (manifest, _) = manifest_at(session.store.as_ref(), sequence).map_err(SessionError::from)?;
    let bytes = StoredPackage::open(session.store.as_ref(), &manifest.payload_path)
        .and_then(|package| package.payload(&Kind::Approval.payload_member(), manifest.payload_sha256))
        .map_err(|source| SessionError::from(ChainError::Package { sequence, source }))?;
    let document: ApprovalDocument = serde_json::from_slice(&bytes)
        .map_err(|source| SessionError::from(ChainError::Fields { sequence, source }))?;
    let approval = document.approval;
    match format {
        Format::Json => {
            let document = serde_json::json!({
                "baseline": approved.baseline,
                "approval": approval,
                "resources": approved.resources,
            });
            serde_json::to_writer_pretty(&mut *out, &document).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Text => {
            writeln!(out, "baseline     {}", approved.baseline.collection_id)?;
            writeln!(out, "record       {}", approved.baseline.sequence)?;
            writeln!(out, "state        {}", approved.baseline.state_sha256)?;
            writeln!(out, "approved by  {} at {}", approval.approved_by, approval.approved_utc)?;
            writeln!(out, "ticket       {}", approval.ticket)?;
            writeln!(out, "reason       {}", approval.reason)?;
            writeln!(out, "approval     record {sequence}")?;
            writeln!(out, "resources")?;
            for (resource, digest) in &approved.resources {
                writeln!(out, "  {resource:<24} {digest}")?;
            }
        }
    }
    Ok(Ending::Done)
}
