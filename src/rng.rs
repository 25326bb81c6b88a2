//! The one source of randomness: a counter-based generator on the host.
//!
//! Every stream is addressed by (seed, purpose, index) and generated from scratch, so that what is drawn does
//! not depend on the device, on the number of threads or on the order in which streams are asked for.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// What a stream is for; streams of different purposes are independent for the same seed.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Order of the training samples, one stream per epoch.
    Shuffle = 1,
    /// Targets drawn by a method, one stream per epoch.
    Targets,
    /// Training embeddings, one stream per batch of draws.
    Training,
    /// Embeddings on which unlearning stops.
    Stopping,
    /// Embeddings on which the result is verified.
    Verification,
    /// Labelled embeddings from which a forgotten class is relearnt, one stream per class and repetition.
    Shots,
    /// Which labelled embeddings a probe is fitted on, one stream per class and repetition.
    Splitting,
    /// Members and non-members made equally many, two streams per class.
    Balancing,
    /// Made-up inputs of whole networks, one stream per run.
    Inputs,
    /// Which of a user's examples are used, one stream per class.
    Examples,
    /// Which of them layers are compared on, and how they are paired at random.
    Layers,
}

/// Where streams begin that are for one thing.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// The seed of a run.
    pub seed: u64,
    /// What the streams are for.
    pub purpose: Purpose,
}

impl Address {
    /// Opens the stream `index`.
    #[must_use]
    pub fn stream(self, index: u64) -> ChaCha8Rng {
        stream(self.seed, self.purpose, index)
    }
}

/// Opens the stream `index` of a purpose.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

/// Index of a stream within a purpose that is neither a batch of draws nor an epoch: by what it is for, and
/// by class.
#[must_use]
pub(crate) fn index(kind: u8, class: usize, part: u64) -> u64 {
    (u64::from(kind) << 56) | ((class as u64 & 0xff_ffff) << 32) | (part & 0xffff_ffff)
}

/// A permutation of `0..n` (Fisher-Yates).
#[must_use]
pub fn permutation(n: usize, rng: &mut impl RngCore) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        order.swap(i, below(i as u64 + 1, rng) as usize);
    }
    order
}

/// A number in `0..bound`. The bias of the multiplication is below `bound / 2^64`.
#[must_use]
pub fn below(bound: u64, rng: &mut impl RngCore) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_every_part_of_their_address() {
        let first = |seed, purpose, index| stream(seed, purpose, index).next_u64();
        let base = first(1, Purpose::Training, 0);
        assert_eq!(base, first(1, Purpose::Training, 0));
        assert_ne!(base, first(2, Purpose::Training, 0));
        assert_ne!(base, first(1, Purpose::Stopping, 0));
        assert_ne!(base, first(1, Purpose::Training, 1));
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        let mut order = permutation(1000, &mut stream(7, Purpose::Shuffle, 0));
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }
}
