//! What a removal is held against: by the search for a learning rate, which aims, and by the gate, which
//! decides.
//!
//! Both draw embeddings of their own, so a head that just met the gate's threshold on one sample would miss
//! it on another half the time. The search therefore asks for a little more, by a margin above what two
//! samples differ by.

/// Least share of retained embeddings that must keep their class.
pub const RETAINED_AGREEMENT: f64 = hundredths(RETAINED);
/// The same for every single retained class with [enough](ENOUGH) embeddings.
pub const WORST_CLASS_AGREEMENT: f64 = hundredths(WORST_CLASS);
/// Largest mean divergence of the retained probabilities, in nats.
pub const RETAINED_DIVERGENCE: f64 = hundredths(DIVERGENCE);
/// Largest share of any stratum's embeddings of any forgotten class that may still be recognised. The search
/// wants none.
pub const RECOGNISED: f64 = 0.005;

/// Fewest embeddings of a class that tell how it fares: of fewer, one embedding is more than 5 % of them.
pub const ENOUGH: u64 = 20;

/// What the search for a learning rate aims at.
pub mod aim {
    use super::{DIVERGENCE, RETAINED, WORST_CLASS, hundredths};

    /// One point above the gate.
    pub const RETAINED_AGREEMENT: f64 = hundredths(RETAINED + 1);
    /// Two points above the gate: a single class has fewer embeddings, and two samples of it differ by more.
    pub const WORST_CLASS_AGREEMENT: f64 = hundredths(WORST_CLASS + 2);
    /// A tenth below the gate.
    pub const RETAINED_DIVERGENCE: f64 = hundredths(DIVERGENCE - 1);
}

// Whole numbers of hundredths, so that a margin of one is exactly that: 0.93 + 0.01 is not the number next to
// 0.94.
const RETAINED: u8 = 93;
const WORST_CLASS: u8 = 85;
const DIVERGENCE: u8 = 10;

const fn hundredths(number: u8) -> f64 {
    number as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A last bit more or less could change which attempt is kept, and with it the model.
    #[test]
    fn margins_give_the_numbers_that_earlier_versions_used() {
        assert_eq!([RETAINED_AGREEMENT, WORST_CLASS_AGREEMENT, RETAINED_DIVERGENCE], [0.93, 0.85, 0.1]);
        assert_eq!(
            [aim::RETAINED_AGREEMENT, aim::WORST_CLASS_AGREEMENT, aim::RETAINED_DIVERGENCE],
            [0.94, 0.87, 0.09]
        );
    }
}
