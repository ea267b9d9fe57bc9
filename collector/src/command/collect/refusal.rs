//! How a run of `collector collect` ends that could not begin or finish its cycle, and what to do about it.

use super::super::CommandError;
use crate::cycle::CycleError;
use crate::exit::Ending;
use crate::extract::SchemasError;
use crate::http::{AddressError, ClientError};
use crate::registers::RegistersError;
use crate::secret::SecretError;
use crate::slot::SlotError;

impl From<SlotError> for CommandError {
    fn from(error: SlotError) -> Self {
        let hint = match &error {
            SlotError::NotDue { next: Some(next), .. } => format!("the next cycle can start at {next}"),
            SlotError::NotDue { next: None, .. } | SlotError::Schedule(_) => {
                "correct schedule.cron".to_owned()
            }
            SlotError::NoSlot { .. } => {
                "leave --scheduled out to answer the slot that is open now".to_owned()
            }
            SlotError::Closed { .. } => {
                "a missed slot stays missed; say why with `collector record explanation`".to_owned()
            }
        };
        Self::new(Ending::Usage, error).hint(hint)
    }
}

impl From<CycleError> for CommandError {
    fn from(error: CycleError) -> Self {
        match error {
            CycleError::Session(error) => (*error).into(),
            CycleError::Judge(_) => Self::new(Ending::StoreRefused, error)
                .hint("run `verifier verify` on the evidence: it names what is wrong"),
            CycleError::Canonical { .. } | CycleError::Pack(_) | CycleError::Name(_) => {
                Self::new(Ending::Internal, error)
            }
        }
    }
}

impl From<RegistersError> for CommandError {
    fn from(error: RegistersError) -> Self {
        Self::new(Ending::Usage, error)
            .hint("create the folder, or remove inputs.folder from the configuration")
    }
}

impl From<SecretError> for CommandError {
    fn from(error: SecretError) -> Self {
        let hint = error.hint("identity.client_secret");
        Self::new(Ending::Usage, error).hint(hint)
    }
}

impl From<SchemasError> for CommandError {
    fn from(error: SchemasError) -> Self {
        Self::new(Ending::Usage, error).hint("correct the schema, or use the built-in ones")
    }
}

impl From<AddressError> for CommandError {
    fn from(error: AddressError) -> Self {
        Self::new(Ending::Usage, error).hint("check the addresses of profile and configuration")
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        Self::new(Ending::Internal, error)
    }
}
