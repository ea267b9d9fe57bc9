//! Names that are never used twice: eight hexadecimal digits for every attempt at sealing (F-22).

use std::sync::{Mutex, PoisonError};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Source of nonces.
pub trait Nonces: Send + Sync {
    /// The next nonce.
    fn next(&self) -> u32;
}

/// Nonces from a generator: seeded by the system for real runs, by the caller for reproducible ones.
#[derive(Debug)]
pub struct GeneratedNonces(Mutex<ChaCha12Rng>);

impl GeneratedNonces {
    /// Unpredictable nonces.
    pub fn from_system() -> Result<Self, getrandom::Error> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self(Mutex::new(ChaCha12Rng::from_seed(seed))))
    }

    /// The same nonces for the same seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(Mutex::new(ChaCha12Rng::seed_from_u64(seed)))
    }
}

impl Nonces for GeneratedNonces {
    fn next(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random()
    }
}
