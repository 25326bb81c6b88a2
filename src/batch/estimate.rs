//! How long a fleet takes and how much room it needs, before it runs.

/// What one release, or all of them, will take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Seconds of one run at a time.
    pub seconds: f64,
    /// Bytes of releases.
    pub bytes: u64,
    /// Bytes of the largest of them, which is there twice for a moment.
    pub largest: u64,
}

/// How often the bytes of a model are read, hashed or written on the way to a release.
const PASSES: f64 = 6.0;
/// Whole runs on two idle cores (`benches/RESULTS.md`, heads of many classes): seconds that each takes, and seconds for each
/// million weights of the head, of methods in closed form and of those that train.
const CLOSED: [f64; 2] = [0.3, 0.9];
const TRAINED: [f64; 2] = [5.0, 4.5];

impl Estimate {
    /// Of a model of so many bytes and classes, with embeddings of this width, where bytes are hashed at this many a second.
    #[must_use]
    pub fn of(bytes: u64, [classes, width]: [usize; 2], trains: bool, rate: f64) -> Self {
        let [each, million] = if trains { TRAINED } else { CLOSED };
        let weights = classes as f64 * width as f64 / 1e6;
        let seconds = each + million * weights + PASSES * bytes as f64 / rate.max(1.0);
        Self { seconds, bytes, largest: bytes }
    }

    /// One after the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            seconds: self.seconds + other.seconds,
            bytes: self.bytes.saturating_add(other.bytes),
            largest: self.largest.max(other.largest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_those_of_the_table_they_are_made_of() {
        // Seconds that were measured, of heads without an encoder.
        for (size, trains, measured) in [
            ([1000, 2048], false, 2.6),
            ([21_843, 1024], false, 18.4),
            ([1000, 2048], true, 16.2),
            ([21_843, 1024], true, 97.7),
        ] {
            let found = Estimate::of(0, size, trains, 1e9).seconds;
            assert!((0.7..1.5).contains(&(found / measured)), "{found} {measured}");
        }
        let two = Estimate::of(6_000_000_000, [2, 2], false, 1e9).and(Estimate::of(5, [2, 2], false, 1e9));
        assert!((36.0..37.0).contains(&two.seconds), "{two:?}");
        assert_eq!((two.bytes, two.largest), (6_000_000_005, 6_000_000_000));
    }
}
